"""``sla-engine assets``."""

import argparse
import shutil
import sys
from pathlib import Path

import sla_engine
from sla_engine.app.errors import JobError
from sla_engine.commands.flags import Subparsers, log_flags_only
from uptime_common.humanize import counted

ASSETS = (
    "alert_rules",
    "deploy/prometheus",
    "deploy/systemd",
    "examples",
    "grafana_dashboards/json",
    "grafana_dashboards/provisioning",
)
"""What is installed beside the code, by its folders."""


def register(commands: Subparsers) -> None:
    """Add ``assets``."""
    command = log_flags_only(
        commands, "assets", assets, "write rules, dashboards, units and examples"
    )
    command.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="a new or empty folder: nothing of yours is written over",
    )


def assets(options: argparse.Namespace) -> int:
    """``sla-engine assets``."""
    target: Path = options.output
    home = Path(sla_engine.__file__).parent.parent
    count = 0
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise JobError(f"{target} is there and not empty; name a new folder and compare")
        for folder in ASSETS:
            for path in sorted((home / folder).rglob("*")):
                if path.is_file() and path.suffix not in {".py", ".pyc"}:
                    place = target / path.relative_to(home)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, place)
                    count += 1
    except OSError as error:
        raise JobError(f"{error.filename}: {error.strerror}") from error
    check = f"promtool check rules {target}/alert_rules/*.rules.yml"
    sys.stdout.write(f"{target}: {counted(count, 'file')}; next: {check}\n")
    sys.stdout.write(f"Then name them under rule_files in prometheus.yml; see {target}/deploy/\n")
    return 0
