"""A ledger with an outage, and people who act on it from a local Slack."""

from typing import Any

from service_catalogue import Catalogue
from sla_engine.accounting.corrections import find_outage
from sla_engine.accounting.service_levels import service_levels
from sla_engine.app.context import Context
from sla_engine.app.engine import Published
from sla_engine.app.notifiers import SocketTokens
from sla_engine.app.slack_listener import SlackConnection, SocketModeSetup
from sla_engine.domain.outage import Outage, outage_id
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, Outbox
from sla_engine.metrics import EngineMetrics
from sla_engine.notices.outages import correction_notices, outage_notices
from sla_engine.notices.sender import Sender
from sla_engine.prometheus import Client
from sla_engine.slack.notifier import SlackBot
from tests.catalogues import catalogue
from tests.programs.slack import APP_TOKEN, TOKEN, Slack
from tests.programs.slack_people import ANN, BOB, GROUP

T0 = 1_791_008_130_000  # 2026-10-03 06:15:30 UTC
MINUTE = 60_000
TOKENS = SocketTokens(APP_TOKEN, TOKEN)
Json = dict[str, Any]


def book(slack: Slack, **maintenance: Any) -> Catalogue:
    front = {"id": "front", "name": "Front", "depends_on": ["shop"], "tier": "gold"}
    return catalogue(
        {"id": "shop", "name": "Web shop", "objective": 99.9},
        front,
        "mail",
        slack={"api_url": slack.api_url, "user_groups": [GROUP]},
        maintenance=maintenance,
    )


class World:
    """A ledger with an open outage of the shop, a sender with buttons, a local Slack."""

    def __init__(self, ledger: Ledger, slack: Slack, **maintenance: Any) -> None:
        self.now = T0 + 5 * MINUTE
        self.slack, self.ledger, self.outbox = slack, ledger, Outbox(ledger.engine)
        slack.groups[GROUP] = [ANN, BOB]
        self.book = book(slack, **maintenance)
        self.metrics = EngineMetrics("test")
        self.context = Context(self.book, ledger, Client(self.book.prometheus))
        setup = SocketModeSetup(TOKENS, slack.api_url, self.book.slack.user_groups)
        self.listener = SlackConnection(self.published, self.metrics, setup, lambda: self.now)
        bot = SlackBot(TOKEN, slack.api_url, timeout=1, buttons=True)
        books = Books(self.book, ledger)
        self.sender = Sender(books, self.outbox, {"slack": bot}, lambda: self.now)

    def published(self) -> Published:
        return Published(
            self.context, tuple(service_levels(Books(self.book, self.ledger), self.now, {}))
        )

    def fails(self, service: str, start: int = T0, end: int | None = None) -> str:
        line = [Segment(start - MINUTE, start, State.UP)]
        line.append(Segment(start, end or self.now, State.DOWN))
        notify = outage_notices(Books(self.book, self.ledger), self.now)
        self.ledger.apply([Derived(service, tuple(line), start)], notify=notify)
        return outage_id(service, start)

    def tell(self) -> None:
        """Let the sender say what is new."""
        self.outbox.add(correction_notices(Books(self.book, self.ledger), self.outbox, self.now))
        self.sender.run()

    def act(self, payload: Json) -> str:
        """Have something done in Slack; return what its doer alone was told."""
        said = len(self.slack.said)
        self.now += 1_000
        self.listener.hear("slash_commands" if "command" in payload else "interactive", payload)
        self.tell()
        assert len(self.slack.said) <= said + 1
        return self.slack.said[-1]["text"] if len(self.slack.said) > said else ""

    def outage(self, identifier: str) -> Outage:
        return find_outage(self.ledger, identifier)

    def count(self, result: str) -> float | None:
        return self.metrics.registry.get_sample_value(
            "sla_engine_slack_requests_total", {"result": result}
        )


SHOP = outage_id("shop", T0)
