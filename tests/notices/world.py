"""A ledger, a sender and a local Slack, for the tests of what is told."""

from collections.abc import Callable

from service_catalogue import Catalogue
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.outage_changes import Change
from sla_engine.ledger import Books, Ledger, Outbox
from sla_engine.notices.outages import outage_notices
from sla_engine.notices.sender import Sender
from sla_engine.slack.notifier import SlackBot
from tests.programs.slack import TOKEN, Slack

T0 = 1_791_008_130_000  # 2026-10-03 08:15:30 CEST
MINUTE = 60_000


def catalogue(count: int = 3, **slack: object) -> Catalogue:
    services: list[dict[str, object]] = [
        {"id": f"s{i}", "name": f"S{i}", "sli": {"promql": "up"}, "tier": "gold" if i == 1 else "t"}
        for i in range(count)
    ]
    services.append({"id": "desk", "name": "Desk", "sli": {"promql": "up"}, "calendar": "office"})
    services.append({"id": "front", "name": "Front", "sli": {"promql": "up"}, "depends_on": ["s0"]})
    window = {
        "id": "w",
        "title": "Upgrade",
        "services": ["s2"],
        "start": "2026-10-03T08:00:00",
        "duration": "1h",
        "requester": "ada",
        "approver": "bob",
    }
    return Catalogue.model_validate(
        {
            "organization": "Example",
            "timezone": "Europe/Berlin",
            "calendars": {"office": {"weekly": [{"days": "mon-fri", "hours": ["08:00-18:00"]}]}},
            "services": services,
            "slack": slack,
            "maintenance": [window],
        }
    )


class World:
    """A ledger, a sender and a local Slack, with a clock that a test moves."""

    def __init__(self, ledger: Ledger, slack: Slack, **settings: object) -> None:
        self.now = T0
        self.ledger, self.slack = ledger, slack
        self.catalogue = catalogue(**settings)  # type: ignore[arg-type]
        self.outbox = Outbox(ledger.engine)
        bot = SlackBot(TOKEN, slack.api_url, timeout=1)
        books = Books(self.catalogue, ledger)
        self.sender = Sender(books, self.outbox, {"slack": bot}, lambda: self.now)

    def change(self, kind: str, service: str, start: int, end: int | None = None) -> None:
        after = None if kind == "withdrawn" else OutageSpan(start, end)
        before = None if kind == "opened" else OutageSpan(start, None)
        self.changes(Change(kind, service, before, after))  # type: ignore[arg-type]

    def changes(self, *changes: Change) -> None:
        self.outbox.add(outage_notices(Books(self.catalogue, self.ledger), self.now)(changes))

    def drain(self) -> None:
        """Run until nothing waits, moving the clock over every wait."""
        for _ in range(200):
            self.sender.run()
            if not self.outbox.pending():
                return
            self.now += MINUTE
        raise AssertionError("the outbox does not empty")


Make = Callable[..., World]
