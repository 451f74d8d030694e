"""The installed name: every other name of ours lies in this folder; imported by console scripts.

So our names are out of the way of others.
A wheel has our packages and what goes with them (alert rules, dashboards, units, examples) in here,
a checkout has the same beside this folder. Only the two console scripts come in this way.
"""

import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def home() -> Path:
    """Return the folder that holds our packages."""
    return _FOLDER if (_FOLDER / "uptime_common").is_dir() else _FOLDER.parent


def engine() -> int:
    """Run sla-engine; return its exit code."""
    _come_first()
    from sla_engine.cli import main  # noqa: PLC0415 - not to be found before

    return main()


def exporter() -> int:
    """Run sla-exporter; return its exit code."""
    _come_first()
    from exporter.cli import main  # noqa: PLC0415 - not to be found before

    return main()


def _come_first() -> None:
    # Others may have installed an exporter, too: of two, the first on the path is imported.
    sys.path.insert(0, str(home()))
