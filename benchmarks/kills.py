"""kill -9 at random moments, many times: python -m benchmarks.kills [--backfill 100] [--serve 100].

Of a backfill, and of a running engine with real Prometheus, outages that open and close while it is
killed, and notices to a local Slack; both as the test suite does it three times.
"""

import argparse
import tempfile
from pathlib import Path

from tests.measurement import test_killed
from tests.measurement.served import served

_KILLS_AN_HOUR = 4


def main() -> int:
    """Kill both as often as asked for, and print what was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backfill", type=int, default=100, help="kills of a backfill")
    parser.add_argument("--serve", type=int, default=100, help="kills of an engine")
    options = parser.parse_args()
    if options.backfill:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            filled = test_killed.killed_backfills(Path(folder), options.backfill)
        print(
            f"backfill: {options.backfill} kills, {filled} ledgers: nothing lost, nothing doubled"
        )
    if not options.serve:
        return 0
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        hours = 1 + -(-options.serve // _KILLS_AN_HOUR)
        found = served(Path(folder), options.serve, hours)
    print(
        f"serve: {found.killed} kills in {hours} hours of its clock, {found.outages} outages, "
        f"{found.told} messages: {len(found.wrong)} lost or doubled"
    )
    print("\n".join(found.wrong[:20]))
    return bool(found.wrong)


if __name__ == "__main__":
    raise SystemExit(main())
