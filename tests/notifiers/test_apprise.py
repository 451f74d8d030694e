"""Reports that go elsewhere by apprise, against a local receiver of its json:// scheme."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from babel import dates

from service_catalogue.notifications import Report
from sla_engine.ledger import Books, Ledger, Outbox
from sla_engine.notices.reports import due_reports
from sla_engine.notices.sender import Sender
from sla_engine.notifiers import AppriseNotifier, apprise_notifier
from sla_engine.slack.notifier import SlackBot, SlackWebhook
from tests.notices.october import HOUR, MINUTE, at, book
from tests.programs.slack import TOKEN, Slack

pytestmark = pytest.mark.usefixtures("blank_paper")

DUE = "2026-11-01T09:00"


@dataclass
class Receiver:
    """What arrived, by path; ``broken`` paths answer 500, ``silent`` ones not at all."""

    port: int = 0
    got: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)

    def url(self, path: str) -> str:
        return f"json://127.0.0.1:{self.port}{path}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path not in found.broken:
                found.got.append((self.path, body))
            if self.path in found.silent:
                self.close_connection = True
                return
            self.send_response(500 if self.path in found.broken else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@dataclass
class Engine:
    """An engine that may start anew at any moment: all that it knows is in the ledger."""

    ledger: Ledger
    slack: Slack
    urls: Path
    webhook: bool = False
    fields: dict[str, object] = field(default_factory=dict)

    def run(self, now: int) -> None:
        catalogue = book(apprise_file=str(self.urls), **self.fields)
        outbox = Outbox(self.ledger.engine)
        others = apprise_notifier(catalogue.reports, {})
        books = Books(catalogue, self.ledger)
        addresses = {r.id: others.addresses(r.id) for r in catalogue.reports}
        outbox.add(due_reports(books, outbox, now, addresses))
        bot = SlackBot(TOKEN, self.slack.api_url, timeout=1)
        hook = SlackWebhook(self.slack.hook_url, timeout=1)
        notifiers = {"slack": hook if self.webhook else bot, "apprise": others}
        Sender(books, outbox, notifiers, lambda: now).run()


@pytest.fixture
def engine(ledger: Ledger, slack: Slack, receiver: Receiver, tmp_path: Path) -> Engine:
    urls = tmp_path / "urls"
    urls.write_text(f"# the board\n{receiver.url('/board')}\n\n{receiver.url('/press')}\n")
    return Engine(ledger, slack, urls)


def test_the_text_report_goes_to_every_url_once_and_to_slack(
    engine: Engine, receiver: Receiver
) -> None:
    for minute in range(3):
        engine.run(at(DUE) + minute * MINUTE)
    assert [path for path, _ in receiver.got] == ["/board", "/press"]
    body = receiver.got[0][1]
    assert body["title"] == "October 2026: 1 of 2 services met the objective; shop did not."
    assert body["message"].startswith("Service levels of Example, October 2026\n")
    assert "2026-10-05 14:00:00 CEST  2026-10-05 15:00:00 CEST" in body["message"]
    assert len(engine.slack.roots()) == 1


def test_what_failed_is_sent_again_and_what_arrived_is_not(
    engine: Engine, receiver: Receiver
) -> None:
    receiver.broken = {"/press"}
    for minute in range(3):
        engine.run(at(DUE) + minute * MINUTE)
    assert [path for path, _ in receiver.got] == ["/board"]
    receiver.broken = set()
    engine.run(at(DUE) + HOUR)
    engine.run(at(DUE) + 2 * HOUR)
    assert [path for path, _ in receiver.got] == ["/board", "/press"]


def test_an_attempt_without_an_answer_comes_twice_rather_than_never(
    engine: Engine, receiver: Receiver
) -> None:
    receiver.silent = {"/press"}
    engine.run(at(DUE))
    receiver.silent = set()
    engine.run(at(DUE) + HOUR)
    engine.run(at(DUE) + 2 * HOUR)
    assert [path for path, _ in receiver.got] == ["/board", "/press", "/press"]


def test_a_service_that_stays_broken_is_given_up_after_a_day(
    engine: Engine, receiver: Receiver
) -> None:
    receiver.broken = {"/board", "/press"}
    for hour in (0, 12, 25):
        engine.run(at(DUE) + hour * HOUR)
    receiver.broken = set()
    engine.run(at(DUE) + 26 * HOUR)
    assert receiver.got == []
    assert Outbox(engine.ledger.engine).pending() == 0


def test_a_late_report_says_so_and_speaks_its_language(engine: Engine, receiver: Receiver) -> None:
    engine.fields = {"language": "de"}
    engine.run(at("2026-11-01T13:00"))
    message = receiver.got[0][1]["message"]
    month = dates.format_skeleton("yMMMM", date(2026, 10, 1), locale="de")
    assert f"Service-Levels von Example, {month}" in message
    assert "Dieser Bericht ist 4\N{NARROW NO-BREAK SPACE}h verspätet." in message


def test_a_webhook_keeps_its_channel_and_other_services_theirs(
    engine: Engine, receiver: Receiver
) -> None:
    engine.webhook = True
    engine.run(at(DUE))
    assert [path for path, _ in receiver.got] == ["/board", "/press"]
    assert len(engine.slack.messages) == 1


def test_without_a_channel_slack_is_left_out(engine: Engine, receiver: Receiver) -> None:
    engine.fields = {"channel": None}
    engine.run(at(DUE))
    assert len(receiver.got) == 2
    assert engine.slack.messages == []


def test_the_ledger_holds_no_secret(engine: Engine) -> None:
    engine.run(at(DUE))
    exported = b"".join(engine.ledger.export())
    [notice] = Outbox(engine.ledger.engine).with_key_like("report:")
    assert b"/board" not in exported
    assert all("board" not in channel for channel in notice.facts["channels"])


def asked(**fields: object) -> AppriseNotifier:
    entry = {"id": "seniors", "period": "monthly", "cron": "0 9 1 * *"} | fields
    return apprise_notifier([Report.model_validate(entry)], {"PLACES": "json://127.0.0.1:1/\n"})


def test_urls_come_from_the_environment_too() -> None:
    assert len(asked(apprise_variable="PLACES").addresses("seniors")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n", "urls holds no URL"),
        ("json://127.0.0.1/\nnonsense\n", "urls, line 2, is no URL that apprise knows"),
    ],
)
def test_what_is_wrong_with_urls_is_said_without_their_text(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "urls").write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        asked(apprise_file=str(tmp_path / "urls"))
    assert "nonsense" not in str(caught.value)


def test_missing_urls_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        asked(apprise_file=str(tmp_path / "none"))
    with pytest.raises(ValueError, match=r"\$OTHER holds no URL"):
        asked(apprise_variable="OTHER")
