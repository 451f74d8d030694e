"""A running stack takes over a changed services.yml."""

import json
import sys
from pathlib import Path

import requests

from stack.configs import JOBS

_PATIENCE_SECONDS = 60


def reload(var: Path) -> int:
    """Have exporter and engine of the stack in this folder read the catalogue again.

    Returns the exit code. What they complain of is printed; they go on with what they have.
    """
    try:
        answers = {name: _asked(address) for name, address in _addresses(var).items()}
    except (FileNotFoundError, requests.ConnectionError):
        print(f"uptime-ledger: no stack runs in {var}", file=sys.stderr)
        return 1
    for name, answer in answers.items():
        if answer.ok:
            print(f"uptime-ledger: {name} has read the catalogue")
        else:
            print(f"uptime-ledger: {name}: {answer.text.strip()}", file=sys.stderr)
    return 0 if all(answer.ok for answer in answers.values()) else 1


def _addresses(var: Path) -> dict[str, str]:
    """Return where Prometheus of this stack scrapes exporter and engine."""
    config = json.loads((var / "prometheus.yml").read_text(encoding="utf-8"))
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    return {
        program: jobs[JOBS[program]]["static_configs"][0]["targets"][0]
        for program in ("exporter", "engine")
    }


def _asked(address: str) -> requests.Response:
    return requests.post(f"http://{address}/-/reload", timeout=_PATIENCE_SECONDS)
