"""``sla-engine serve``, the real process, on a clock that runs fast, killed again and again.

All samples are in Prometheus from the beginning; the engine asks for none that its clock has not
come to. Its notices go to the local Slack.
"""

import json
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from service_catalogue import load_catalogue
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import outage_id
from sla_engine.ledger import Books, Ledger, Outbox
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client
from tests.measurement.test_increments import facts
from tests.past import past, write_openmetrics
from tests.programs.ports import free_port
from tests.programs.prometheus import create_blocks, running_prometheus
from tests.programs.slack import TOKEN, Slack, local_slack

START = 1_790_812_800_000
HOUR = 3_600_000
STEP = 15_000
KINDS = ("steady", "outages", "flapping", "gaps", "both")
NAMES = [f"s{i}" for i in range(10)]
CATALOGUE = """\
organization: Example
timezone: UTC
prometheus: {{url: "{prometheus}", scrape_interval: 15s}}
slack: {{api_url: "{slack}", flood_limit: 10000}}
services:
{services}"""
SERVICE = "  - {{id: {0}, name: {0}, probes: [{{type: http, url: 'http://127.0.0.1:1'}}]}}\n"
_TICK = 0.2
_LIFE = 1.5  # seconds, at most, that an engine serves before it is killed
_EARLY = 0.1  # the part of the kills that an engine meets while it starts
_SPEED = 300  # how many times faster its clock goes
_WAIT_SECONDS = 600

# Only the clock is not the real one, and how long it waits between two looks for notices.
_BOOT = f"""
import sys, time
real, (began, origin, end, speed) = time.time_ns, map(int, sys.argv[1:5])
time.time_ns = time.monotonic_ns = lambda: min(origin + (real() - began) * speed, end)
from sla_engine.app import scheduler
scheduler._SEND_SECONDS = {_TICK}
from sla_engine.cli import main
sys.exit(main(sys.argv[5:]))
"""


class Verdict(NamedTuple):
    """What a run came to; ``wrong`` says what was lost or doubled."""

    killed: int
    outages: int
    told: int
    wrong: list[str]


def served(folder: Path, kills: int, hours: int, seed: int = 0) -> Verdict:
    """Kill an engine so many times, let it reach the end of so many hours, compare with a backfill.

    The first hour is backfilled; what is open at its end goes on in the engine.
    """
    period = Interval(START, START + hours * HOUR)
    series = {
        f'service_up{{service="{name}"}}': past(period, STEP, KINDS[i % 5], seed + i).samples
        for i, name in enumerate(NAMES)
    }
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, series)
    create_blocks(folder / "prometheus", folder / "past.om", block="500h")
    with running_prometheus(folder / "prometheus") as prometheus, local_slack() as slack:
        services = "".join(SERVICE.format(name) for name in NAMES)
        text = CATALOGUE.format(prometheus=prometheus.url, slack=slack.api_url, services=services)
        (folder / "services.yml").write_text(text)
        book = load_catalogue(folder / "services.yml")
        with Client(book.prometheus) as client:
            for name, end in (("once", period.end), ("killed", START + HOUR)):
                with Ledger.open(f"sqlite:///{folder}/{name}.db") as ledger:
                    # From before the first sample: a tick reaches back before an open outage.
                    backfill(Books(book, ledger), client, Interval(START - HOUR, end), end)
        killed = _kill(folder, period, kills, random.Random(seed))
        return _judged(folder, slack, killed)


def _kill(folder: Path, period: Interval, kills: int, chance: random.Random) -> int:
    """Kill engines at random moments, let the last one finish; return how many died of it."""
    clock = (time.time_ns(), (START + HOUR) * 1_000_000, period.end * 1_000_000, _SPEED)
    killed = 0
    for _ in range(kills):
        early = chance.random() < _EARLY
        with _running(folder, clock) as (process, port):
            if not early:
                _serves(process, port)
            time.sleep(chance.uniform(0, _LIFE))
            process.kill()
        killed += process.returncode == -signal.SIGKILL
    url = f"sqlite:///{folder}/killed.db"
    with _running(folder, clock) as (process, _), Ledger.open(url) as ledger:
        outbox, deadline = Outbox(ledger.engine), time.monotonic() + _WAIT_SECONDS
        while min(ledger.covered_until().values()) < period.end or outbox.pending():
            if time.monotonic() > deadline:
                raise TimeoutError("the last engine does not finish")
            time.sleep(_TICK)
        process.terminate()
    return killed


def _serves(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until an engine serves."""
    while process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"the engine ended by itself: {process.returncode}")


@contextmanager
def _running(folder: Path, clock: tuple[int, ...]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    command = [
        *(sys.executable, "-c", _BOOT, *map(str, clock)),
        *("serve", f"--tick={_TICK * 1000:.0f}ms", f"--config.file={folder / 'services.yml'}"),
        f"--storage.ledger=sqlite:///{folder}/killed.db",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(
            command, stdout=log, stderr=log, env={"SLACK_BOT_TOKEN": TOKEN}
        ) as process,
    ):
        try:
            yield process, port
        except BaseException:
            process.kill()
            raise


def _judged(folder: Path, slack: Slack, killed: int) -> Verdict:
    wrong = []
    found: dict[str, list[bytes]] = {}
    for name in ("once", "killed"):
        with Ledger.open(f"sqlite:///{folder}/{name}.db") as ledger:
            found[name] = facts(ledger)
            wrong += [f"{name}: {finding}" for finding in ledger.verify()]
            histories = ledger.histories(Interval(START + HOUR, 2**62))
    wrong += [f"lost: {row!r}" for row in set(found["once"]) - set(found["killed"])]
    wrong += [f"doubled: {row!r}" for row in set(found["killed"]) - set(found["once"])]
    told = dict(_expected(histories))
    alone = {outage for outage in told if any(outage in json.dumps(m) for m in slack.roots())}
    wrong += [text for outage in sorted(alone) for text in _thread(slack, outage, told[outage])]
    grouped = sum(_members(m) for m in slack.roots() if not any(o in json.dumps(m) for o in told))
    if len(alone) + grouped != len(told):
        wrong.append(f"{len(alone)} outages alone and {grouped} in groups, of {len(told)}")
    if len(slack.roots()) > len(told):
        wrong.append(f"{len(slack.roots())} threads of {len(told)} outages")
    return Verdict(killed, len(told), len(slack.messages), wrong)


def _expected(histories: Mapping[str, History]) -> Iterator[tuple[str, str]]:
    """Yield the outages that began or ended in the engine, each with a word of its last state."""
    for service, history in histories.items():
        for outage in history.outages:
            if outage.end is not None and outage.end > START + HOUR:
                yield outage_id(service, outage.start), "was"
            elif outage.end is None and outage.start >= START + HOUR:
                yield outage_id(service, outage.start), "is"


def _members(message: Mapping[str, Any]) -> int:
    """Return how many outages a message for several tells: a line each, and those it sums up."""
    [text] = [block["text"]["text"] for block in message["blocks"] if block["type"] == "section"]
    lines: list[str] = text.splitlines()
    more = re.fullmatch(r"and (\d+) more", lines[-1])
    return len(lines) - 1 + int(more[1]) if more else len(lines)


def _thread(slack: Slack, outage: str, state: str) -> Iterator[str]:
    """Yield what is wrong with an outage's thread: there is one, with one final state."""
    roots = [m for m in slack.roots() if outage in json.dumps(m)]
    if len(roots) != 1:
        yield f"{outage}: {len(roots)} threads"
        return
    if f" {state} down" not in roots[0]["text"]:
        yield f"{outage}: its last state is {roots[0]['text']!r}"
    answers = [m["text"] for m in slack.replies(roots[0]["ts"])]
    if len(answers) != len(set(answers)) or sum(" was down" in text for text in answers) > 1:
        yield f"{outage}: answers {answers}"
