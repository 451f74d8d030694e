"""A catalogue that changes under a running engine."""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
import requests

from service_catalogue import Catalogue
from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.app.errors import JobError
from sla_engine.app.scheduler import Scheduler
from sla_engine.app.slack_listener import SlackListener
from sla_engine.app.views import pages
from sla_engine.domain.interval import Interval
from sla_engine.domain.service_level import ServiceLevel
from sla_engine.ledger import Ledger
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.programs.ports import free_port
from tests.programs.process import running
from tests.programs.prometheus import running_prometheus
from tests.programs.slack import TOKEN, Slack, local_slack

DEADLINE_SECONDS = 30
BOOK = """\
organization: {organization}
timezone: UTC
prometheus: {{url: "{prometheus}", scrape_interval: 1s}}
slack: {{api_url: "{slack}", channel: "#uptime"}}
services:
  - {{id: shop, name: Shop, objective: 99.9, sli: {{promql: vector(1)}}}}
"""
LIBRARY = "  - {{id: library, name: Library, sli: {{promql: '{expression}'}}}}\n"


@dataclass
class World:
    """An engine of a process of its own, with all that it talks to."""

    url: str
    folder: Path
    slack: Slack
    prometheus: str
    process: Popen[bytes]

    def write(self, more: str = "", organization: str = "Example") -> None:
        text = BOOK.format(
            organization=organization, prometheus=self.prometheus, slack=self.slack.api_url
        )
        (self.folder / "services.yml").write_text(text + more)

    def reload(self) -> requests.Response:
        return requests.post(f"{self.url}/-/reload", timeout=30)

    def metrics(self) -> str:
        return requests.get(f"{self.url}/metrics", timeout=5).text

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        slack = stack.enter_context(local_slack())
        config = "rule_files: ['../*.rules.yml']\n"
        prometheus = stack.enter_context(running_prometheus(tmp_path / "prom", config=config))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [
            *(sys.executable, "-m", "sla_engine", "serve", "--tick=1s", "--web.enable-lifecycle"),
            f"--config.file={tmp_path / 'services.yml'}",
            f"--storage.ledger=sqlite:///{tmp_path}/ledger.db",
            f"--web.listen-address=127.0.0.1:{port}",
            f"--rules.file={tmp_path / 'made.rules.yml'}",
        ]
        made = World(url, tmp_path, slack, prometheus.url, None)  # type: ignore[arg-type]
        made.write()
        log, env = tmp_path / "log", {"SLACK_BOT_TOKEN": TOKEN}
        process = running(command, ready_url=f"{url}/-/ready", log=log, env=env)
        yield replace(made, process=stack.enter_context(process))


def _await(what: str, true: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def _rules(prometheus: str) -> str:
    return requests.get(f"{prometheus}/api/v1/rules", timeout=5).text


@pytest.mark.integration
def test_a_service_is_added_and_a_mistake_changes_nothing(world: World) -> None:
    assert 'service="library"' not in world.metrics()
    world.write(LIBRARY.format(expression="vector(0)"), "Renamed")
    assert world.reload().status_code == 200
    _await("the metrics", lambda: 'sla_outage_open_since_timestamp_seconds{service="library"}'
           in world.metrics())  # fmt: skip
    _await("the rules", lambda: "library" in (world.folder / "made.rules.yml").read_text())
    _await("Prometheus", lambda: "library" in _rules(world.prometheus))
    _await("the notice", lambda: "Library" in json.dumps(world.slack.roots()))
    page = requests.get(world.url, timeout=5).text
    assert "Renamed" in page
    assert "Library" in page
    with Ledger.open(f"sqlite:///{world.folder}/ledger.db") as ledger:
        assert set(ledger.open_outages()) == {"library"}
    world.write("  - {id: Bad, name: Bad}\n  - {id: worse}\n")
    answer = world.reload()
    assert answer.status_code == 500
    for mistake in ("services[1]: needs exactly one", "services[2]: needs exactly one"):
        assert mistake in answer.text
        assert mistake in world.log()
    assert "\nsla_engine_config_last_reload_successful 0.0" in world.metrics()
    assert 'service_maintenance_active{service="library"}' in world.metrics()
    world.write()
    world.process.send_signal(signal.SIGHUP)
    _await("the old catalogue", lambda: 'service="library"' not in world.metrics())
    assert "\nsla_engine_config_last_reload_successful 1.0" in world.metrics()
    assert len(world.slack.roots()) == 1


@pytest.mark.integration
def test_reloads_in_a_row_lose_and_double_nothing(world: World) -> None:
    down, up = time.time() + 3, time.time() + 6
    expression = (
        f"(vector(time()) >= bool {down:.0f}) - (vector(time()) >= bool {up:.0f}) == bool 0"
    )
    world.write(LIBRARY.format(expression=expression))
    reloads = 0

    def told(word: str) -> bool:
        nonlocal reloads
        assert world.reload().status_code == 200
        reloads += 1
        return word in json.dumps(world.slack.roots())

    _await("the outage", lambda: told("is down"))
    _await("its end", lambda: told("was down"))
    while reloads <= 20:  # a busy machine makes fewer of them meanwhile
        assert told("was down")
    [root] = world.slack.roots()
    # Slack hears of the end twice: the message is changed first, the reply follows it.
    _await("the reply", lambda: world.slack.replies(root["ts"]))
    assert world.reload().status_code == 200
    assert len(world.slack.replies(root["ts"])) == 1
    with Ledger.open(f"sqlite:///{world.folder}/ledger.db") as ledger:
        [outage] = ledger.histories(Interval(0, 2**62))["library"].outages
    assert outage == (round(down) * 1000, round(up) * 1000, *outage[2:])
    world.process.terminate()
    assert world.process.wait(10) == 0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with (
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Client(catalogue("a", "b").prometheus) as client,
    ):
        yield Engine(Context(catalogue("a", "b"), ledger, client), EngineMetrics("test"))


def _other(engine: Engine, book: Catalogue) -> Context:
    return replace(engine.context, catalogue=book, client=Client(book.prometheus))


def test_a_page_between_a_reload_and_the_next_tick_shows_the_services_that_are_left(
    engine: Engine,
) -> None:
    levels = tuple(ServiceLevel(name, 0.99, False, None) for name in ("a", "b"))
    engine.published = engine.published._replace(levels=levels)
    engine.adopt(_other(engine, catalogue("b", "c")))
    assert [level.service for level in engine.levels] == ["b"]
    assert b'service="a"' not in engine.exposition()
    assert ">b<" in pages(engine).status()


def test_a_catalogue_is_taken_over_between_ticks_and_never_in_one(engine: Engine) -> None:
    new = _other(engine, catalogue("b"))
    thread = threading.Thread(target=engine.adopt, args=(new,))
    with engine._busy:
        thread.start()
        thread.join(0.1)
        assert engine.context is not new
    thread.join()
    assert engine.context is new


def test_no_tick_waits_while_a_reload_waits_for_slack(engine: Engine) -> None:
    thread = threading.Thread(target=engine.adopt, args=(_other(engine, catalogue("b")),))
    with engine._sending:
        thread.start()
        thread.join(0.1)
        free = engine._busy.acquire(blocking=False)
        if free:
            engine._busy.release()
    thread.join()
    assert free


def test_a_notifier_that_cannot_be_had_leaves_everything_as_it_was(
    engine: Engine, tmp_path: Path
) -> None:
    before = engine.context
    missing: dict[str, Any] = {"slack": {"bot_token_file": str(tmp_path / "none")}}
    with pytest.raises(JobError, match="none"):
        engine.adopt(_other(engine, catalogue("b", **missing)))
    assert engine.context is before


def test_what_slack_asked_to_wait_for_outlives_a_reload(engine: Engine) -> None:
    engine._notifications.sender.held_until = {"slack": 7}
    engine.adopt(_other(engine, catalogue("b")))
    assert engine._notifications.sender.held_until == {"slack": 7}


def test_what_hangs_on_the_catalogue_is_due_at_once(engine: Engine) -> None:
    def feeds(*names: str) -> dict[str, Any]:
        return {"feeds": [{"id": n, "file": "x.ics", "services": ["b"]} for n in names]}

    engine.adopt(_other(engine, catalogue("b", maintenance=feeds("old", "kept"))))
    jobs = Scheduler(engine, SlackListener(engine), 3600, Path("made.rules.yml"))
    scheduler = jobs._scheduler
    scheduler.start(paused=True)
    later = datetime.now(UTC) + timedelta(hours=1)
    for job in scheduler.get_jobs():
        job.modify(next_run_time=later)
    engine.adopt(_other(engine, catalogue("b", maintenance=feeds("kept", "new"))))
    jobs.follow()
    due = {job.id: job.next_run_time < later for job in scheduler.get_jobs()}
    assert jobs.stop()
    at_once = ("tick", "rules", "silences", "annotations", "windows", "feed kept", "feed new")
    assert due == dict.fromkeys(at_once, True) | dict.fromkeys(
        ("send", "listen", "decisions"), False
    )


def test_a_job_that_a_change_overtakes_is_repeated(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, seen = _other(engine, catalogue("b")), []

    def tick() -> None:
        seen.append(engine.context)
        if len(seen) == 1:
            engine.adopt(new)

    monkeypatch.setattr(engine, "tick", tick)
    jobs = Scheduler(engine, SlackListener(engine), 3600, None)
    scheduler = jobs._scheduler
    scheduler.start(paused=True)
    scheduler.get_job("tick").func()
    assert jobs.stop()
    assert [context is new for context in seen] == [False, True]
