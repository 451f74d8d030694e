"""kill -9 at random moments of a backfill, many times: python -m benchmarks.kills [--kills 200]."""

import argparse
import tempfile
from pathlib import Path

from tests.jobs import test_killed


def main() -> None:
    """Run the test of the suite with many kills; it raises when anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    test_killed.KILLS = parser.parse_args().kills
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        test_killed.test_a_backfill_killed_at_any_moment_is_resumed(Path(folder))
    print(f"{test_killed.KILLS} kills: nothing lost, nothing doubled")


if __name__ == "__main__":
    main()
