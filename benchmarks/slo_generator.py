"""slo-generator, the real one, on somebody's Prometheus: its queries, one service after another.

It is no dependency of ours: it is installed into a virtual environment of its own, which goes away.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import requests

from sla_engine.domain.interval import Interval

VERSION = "2.6.0"

# Runs in the other environment. It asks at its own "now", whatever the timestamp, so that the past
# is reached by an offset. Its answer is CPU seconds, and of which services it has no good or bad.
_SCRIPT = """
import json, sys, time
from slo_generator.backends.prometheus import PrometheusBackend
given = json.load(sys.stdin)
backend = PrometheusBackend(url=given["url"])
began, missing = time.process_time(), []
for service in given["services"]:
    series = 'service_up{service="%s"}[window] offset %ds' % (service, given["offset"])
    filters = {
        "filter_good": "sum(sum_over_time(%s))" % series,
        "filter_valid": "sum(count_over_time(%s))" % series,
        "operators": [],
    }
    config = {"spec": {"service_level_indicator": filters}}
    good, bad = backend.good_bad_ratio(None, given["window"], config)
    if good < 0 or bad < 0:
        missing.append([service, good, bad])
print(json.dumps([time.process_time() - began, missing]))
"""


Way = Callable[[str, Sequence[str], Interval], float]
"""Asks the Prometheus at a URL for every service over a period; returns its own CPU seconds."""


def installed(folder: Path) -> tuple[Way, str]:
    """Return slo-generator, installed into a folder, and its name; an imitation if that fails."""
    python = folder / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", f"slo-generator[prometheus]=={VERSION}"]
    try:
        for command in ([sys.executable, "-m", "venv", folder], install):
            subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        print("slo-generator cannot be installed:", error.stderr.strip().splitlines()[-1])
        return _imitated, "as slo-generator asks"
    return partial(_real, python), f"slo-generator {VERSION}"


def _real(python: Path, url: str, services: Sequence[str], period: Interval) -> float:
    given = {
        "url": url,
        "services": services,
        "window": period.length // 1000,
        "offset": round(time.time() - period.end / 1000),
    }
    done = subprocess.run(
        [python, "-c", _SCRIPT], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    cpu, missing = json.loads(done.stdout.splitlines()[-1])
    for service, good, bad in missing:
        print(f"slo-generator says of {service}: {good} good, {bad} bad")
    return float(cpu)


def _imitated(url: str, services: Sequence[str], period: Interval) -> float:
    began, end = time.process_time(), period.end / 1000 - 0.001
    for service in services:
        for function in ("sum_over_time", "count_over_time"):
            seconds = period.length // 1000
            query = f'sum({function}(service_up{{service="{service}"}}[{seconds}s]))'
            form = {"query": query, "time": str(end)}
            requests.get(f"{url}/api/v1/query", params=form, timeout=300).raise_for_status()
    return time.process_time() - began
