"""promtool, run so that it costs little."""

import os
import subprocess
from pathlib import Path

from tests.programs.process import find_program

# Most of its time would go into collecting what it allocates for each rule that it evaluates.
_QUICK = {"GOGC": "400", "GOMAXPROCS": "1"}


def promtool(
    *arguments: str | Path, program: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run promtool, or another ``program`` of its kind; whether it succeeds is the caller's."""
    return subprocess.run(
        [program or find_program("promtool"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | _QUICK,
    )
