"""``sla-engine serve``, the real process, on a clock that runs fast, killed again and again.

All samples are in Prometheus from the beginning; the engine asks for none that its clock has not
come to. Its notices go to the local Slack.
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from catalogue import load_catalogue
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import outage_id
from sla_engine.jobs.backfill import backfill
from sla_engine.ledger import Ledger, Outbox
from sla_engine.prometheus import Client
from tests.jobs.test_increments import facts
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
_LIFE = (0.3, 3.0)  # seconds after which an engine is killed; it takes one to start
_WAIT_SECONDS = 600

# Only the clock is not the real one, and how long it waits between two looks for notices.
_BOOT = f"""
import sys, time
real, (began, origin, end, speed) = time.time_ns, map(int, sys.argv[1:5])
time.time_ns = lambda: min(origin + (real() - began) * speed, end)
from sla_engine.app import clockwork
clockwork._SEND_SECONDS = {_TICK}
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
    """Let an engine be killed so many times while so many hours pass, and compare with a backfill.

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
            for name, part in (("once", period), ("killed", Interval(START, START + HOUR))):
                with Ledger.open(f"sqlite:///{folder}/{name}.db") as ledger:
                    backfill(book, client, ledger, part, part.end)
        killed = _kill(folder, period, kills, random.Random(seed))
        return _judged(folder, slack, killed)


def _kill(folder: Path, period: Interval, kills: int, chance: random.Random) -> int:
    """Kill engines at random moments, let the last one finish; return how many died of it."""
    lives = [chance.uniform(*_LIFE) for _ in range(kills)]
    speed = max(1, round(period.length / 1000 / sum(lives)))
    clock = (time.time_ns(), (START + HOUR) * 1_000_000, period.end * 1_000_000, speed)
    killed = 0
    for life in lives:
        with _running(folder, clock) as process:
            time.sleep(life)
            process.kill()
        killed += process.returncode == -signal.SIGKILL
    with _running(folder, clock) as process, Ledger.open(f"sqlite:///{folder}/killed.db") as ledger:
        outbox, deadline = Outbox(ledger.engine), time.monotonic() + _WAIT_SECONDS
        while min(ledger.covered_until().values()) < period.end or outbox.pending():
            if time.monotonic() > deadline:
                raise TimeoutError("the last engine does not finish")
            time.sleep(_TICK)
        process.terminate()
    return killed


@contextmanager
def _running(folder: Path, clock: tuple[int, ...]) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        *(sys.executable, "-c", _BOOT, *map(str, clock)),
        *("serve", f"--tick={_TICK * 1000:.0f}ms", f"--config.file={folder / 'services.yml'}"),
        f"--storage.ledger=sqlite:///{folder}/killed.db",
        f"--web.listen-address=127.0.0.1:{free_port()}",
    ]
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(
            command, stdout=log, stderr=log, env={"SLACK_BOT_TOKEN": TOKEN}
        ) as process,
    ):
        try:
            yield process
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
    wrong += [text for outage, state in told.items() for text in _thread(slack, outage, state)]
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
