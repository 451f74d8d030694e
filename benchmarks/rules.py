"""CPU of rule evaluation: our rules, whose number is constant, beside Sloth's 17 per SLO.

    python -m benchmarks.rules [--services 10 100 1000] [--seconds 60] [--prometheus PATH]
    python -m benchmarks.rules --sloth PATH    # a program of Sloth, instead of its layout
    python -m benchmarks.rules --month 100     # the 30-day windows, over 30 days of blocks

Each run is a real Prometheus on one core that scrapes the services every 15 s, over six hours of
past. The CPU of a run without rules is subtracted. Our groups run six times as often as they are
delivered, so that a minute of the clock holds six minutes' work, that of the slow groups too;
Sloth's run every 30 s. Printed is CPU per minute of service.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import requests
import yaml

from benchmarks.cpu import cpu_seconds
from benchmarks.rules_world import blocks, ours, past, real_sloth, services, sloth, target
from tests.programs import process
from tests.programs.prometheus import Prometheus, create_blocks, running_prometheus

SPEED = 6
WARM_SECONDS = 20
TIMES = 5


class Cost(NamedTuple):
    """CPU seconds per minute, and which part of the evaluations that were due were done."""

    per_minute: float
    share: float


def main() -> None:
    """Measure and print a table."""
    process.READY_SECONDS = 900  # 17,000 rules take a while to load on a busy core
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--services", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--month", type=int, metavar="SERVICES")
    parser.add_argument("--prometheus", metavar="PATH", help="another one than the installed")
    parser.add_argument("--sloth", metavar="PATH", help="the real one, instead of its layout")
    parser.add_argument("--sli", choices=["events", "raw"], default="events")
    options = parser.parse_args()
    if options.month:
        month(services(options.month))
        return
    print("services  rules: ours  Sloth's   CPU s/min: ours  Sloth's   ratio", flush=True)
    for count in options.services:
        ids = services(count)
        theirs = real(options.sloth, ids, options.sli) if options.sloth else sloth(ids)
        rounds = ({}, quicker(ours()), theirs)
        costs = [measure(ids, rules, options.seconds, options.prometheus) for rules in rounds]
        alone = costs[0].per_minute
        our_cost = (costs[1].per_minute - alone) / costs[1].share / SPEED
        their_cost = (costs[2].per_minute - alone) / costs[2].share
        print(
            f"{count:8}  {number(ours()):11}  {number(theirs):7}   {our_cost:15.3f}  "
            f"{their_cost:7.2f}   {their_cost / our_cost:5.1f}",
            flush=True,
        )


def real(program: str, ids: list[str], kind: str) -> dict[str, str]:
    """Return what a Sloth program writes for these services."""
    with tempfile.TemporaryDirectory(prefix="sloth-") as folder:
        return real_sloth(program, ids, Path(folder), kind)


def month(ids: list[str]) -> None:
    """Print the CPU of one evaluation of the group `slo_month`."""
    groups = yaml.safe_load(ours()["slo.rules.yml"])["groups"]
    (group,) = (g for g in groups if g["name"] == "slo_month")
    with tempfile.TemporaryDirectory(prefix="rules-") as name:
        folder, now = Path(name), int(time.time())
        path = folder / "past.om"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(blocks(ids, now))
        create_blocks(folder, path)
        path.unlink()
        with running_prometheus(folder) as prometheus:
            time.sleep(WARM_SECONDS)
            before = cpu_seconds(prometheus.pid)
            for _ in range(TIMES):
                for rule in group["rules"]:
                    found = prometheus.query(rule["expr"], now)
                    assert len(found) == len(ids), rule["record"]
            spent = (cpu_seconds(prometheus.pid) - before) / TIMES
    print(f"{len(ids)} services, {group['interval']}: {spent:.3f} CPU s per evaluation")


def number(files: Mapping[str, str]) -> int:
    """Return how many rules these files hold."""
    found = [yaml.load(text, Loader=yaml.CSafeLoader) for text in files.values()]
    return sum(len(group["rules"]) for document in found for group in document["groups"])


def quicker(files: Mapping[str, str]) -> dict[str, str]:
    """Return the files with every group's interval divided by `SPEED`."""

    def divided(match: re.Match[str]) -> str:
        seconds = int(match[1]) * {"s": 1, "m": 60}[match[2]]
        return f"interval: {seconds // SPEED}s"

    return {n: re.sub(r"interval: (\d+)([sm])", divided, text) for n, text in files.items()}


def measure(
    ids: list[str], files: Mapping[str, str], seconds: int, program: str | None = None
) -> Cost:
    """Return what a Prometheus with these rules takes."""
    with tempfile.TemporaryDirectory(prefix="rules-") as name, target(ids) as address:
        folder = Path(name)
        write_past(folder, ids)
        config = {
            "global": {"scrape_interval": "15s", "evaluation_interval": "30s"},
            "rule_files": ["*.rules.yml"],
            "scrape_configs": [
                {"job_name": "services", "static_configs": [{"targets": [address]}]}
            ],
        }
        flags = ["--query.max-concurrency=1"]
        os.environ["GOMAXPROCS"] = "1"
        with running_prometheus(
            folder, config=json.dumps(config), files=files, flags=flags, program=program
        ) as prometheus:
            return cpu_per_minute(prometheus, files, seconds)


def write_past(folder: Path, ids: list[str]) -> None:
    """Give Prometheus hours of samples."""
    path = folder / "past.om"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(past(ids, int(time.time())))
    create_blocks(folder, path)
    path.unlink()


def cpu_per_minute(prometheus: Prometheus, files: Mapping[str, str], seconds: int) -> Cost:
    """Measure after a while, when the start's work is done.

    On a busy machine rules are evaluated less often than due: which part of them were is told, else
    the dearer side would gain most by it.
    """
    time.sleep(WARM_SECONDS)
    before, began, done = cpu_seconds(prometheus.pid), time.monotonic(), evaluations(prometheus)
    time.sleep(seconds)
    spent, passed = cpu_seconds(prometheus.pid) - before, time.monotonic() - began
    if failures := counted(prometheus, "prometheus_rule_evaluation_failures_total"):
        raise RuntimeError(f"{failures:.0f} evaluations failed")
    due = sum(passed / interval * rules for interval, rules in paces(files))
    share = min(1.0, (evaluations(prometheus) - done) / due) if due else 1.0
    print(f"  {due:.0f} evaluations due, {share:.0%} done, {spent:.1f} CPU s", file=sys.stderr)
    return Cost(spent / passed * 60, share)


def evaluations(prometheus: Prometheus) -> float:
    """Return how many rules a server has evaluated."""
    return counted(prometheus, "prometheus_rule_evaluations_total")


def counted(prometheus: Prometheus, name: str) -> float:
    """Return the sum of a counter of the server's own; a query would wait for its rules."""
    text = requests.get(f"{prometheus.url}/metrics", timeout=300).text
    return sum(map(float, re.findall(rf"(?m)^{name}\{{.*\}} (\S+)$", text)))


def paces(files: Mapping[str, str]) -> Iterator[tuple[float, int]]:
    """Yield the interval (seconds) and the number of rules of each group."""
    for text in files.values():
        for group in yaml.load(text, Loader=yaml.CSafeLoader)["groups"]:
            match = re.fullmatch(r"(\d+)([sm])", group.get("interval", "30s"))
            if match:
                yield int(match[1]) * {"s": 1, "m": 60}[match[2]], len(group["rules"])


if __name__ == "__main__":
    main()
