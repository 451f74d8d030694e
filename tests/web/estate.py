"""An engine's books with outages of every kind, and all that was told of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from service_catalogue import Catalogue
from service_catalogue.terms import terms_of
from sla_engine.accounting.corrections import correct
from sla_engine.accounting.service_levels import service_levels, window_figures
from sla_engine.app.engine import Engine, Published
from sla_engine.app.views import pages
from sla_engine.domain.actor import Actor
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.notice import Message
from sla_engine.domain.outage import outage_id
from sla_engine.domain.report import POLICY_VERSION
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, Outbox
from sla_engine.ledger.reasons import OutageStart
from sla_engine.maintenance.requests import request
from sla_engine.notices.blips import blip_notices
from sla_engine.notices.budgets import budget_notices
from sla_engine.notices.kinds import Situation
from sla_engine.notices.outages import outage_notices
from sla_engine.notices.registry import due_notices
from sla_engine.notices.sender import Sender
from sla_engine.notifiers import Delivered, Notifier, Outcome
from sla_engine.web.routes import Pages
from tests.catalogues import catalogue
from uptime_common.failure import Failure, Failures

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW = 1_791_008_100_000  # 2026-10-03T06:15:00Z
START = NOW - 10 * DAY
SHOP_DOWN = NOW - 5 * MINUTE
MAIL_DOWN = NOW - 2 * DAY
WORK = {
    "id": "w",
    "title": "New disks",
    "services": ["mail"],
    "start": "2026-10-01T06:00:00",
    "duration": "1h",
    "requester": "ada",
    "approver": "bob",
}
NEXT = WORK | {"id": "next", "services": ["shop", "mail"], "start": "2026-10-03T06:40:00"}


def book(
    elsewhere: str = "http://elsewhere.example", own: str = "http://uptime.example", **more: Any
) -> Catalogue:
    """Return a catalogue whose Prometheus, Grafana, Alertmanager and runbooks are ``elsewhere``."""
    shop = {"id": "shop", "name": "Shop", "owner": "sales", "tier": "gold", "objective": 99.9,
            "runbook": f"{elsewhere}/runbooks/shop", "cost_per_hour": 1200,
            "credits": [{"below": 99.5, "credit": 10}]}  # fmt: skip
    mail = {"id": "mail", "name": "Mail", "objective": 99.9, "after": "1m", "owner": "it",
            "sli": {"promql": 'up{job="mail"}'}}  # fmt: skip
    pay = {"id": "pay", "name": "Pay", "objective": 99.5, "owner": "it",
           "sli": {"errors": "failed_total", "total": "all_total"}}  # fmt: skip
    silences = {"url": f"{elsewhere}/alertmanager"}
    return catalogue(
        shop,
        mail,
        pay,
        prometheus={"url": f"{elsewhere}/prometheus"},
        **{
            "external_url": own,
            "grafana": {"url": f"{elsewhere}/grafana"},
            "maintenance": {"windows": [WORK, NEXT], "silences": silences},
            "notifications": {"routes": [{"to": "webhook:pager"}]},
            "organization": "Example Ltd",
        }
        | more,
    )


@dataclass
class Heard(Notifier):
    """Keeps what it was given."""

    name: str = "webhook"
    messages: list[Message] = field(default_factory=list)

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        del key, thread
        self.messages.append(message)
        return Delivered(place)


def _line(*pieces: tuple[int, State]) -> tuple[Segment, ...]:
    """Return a timeline up to now of states with their starts."""
    ends = [*(start for start, _ in pieces[1:]), NOW]
    return tuple(Segment(start, end, how) for (start, how), end in zip(pieces, ends, strict=True))


class Estate:
    """Books in a folder, and an engine that shows them."""

    def __init__(self, ledger: Ledger, catalogue: Catalogue) -> None:
        self.books = Books(catalogue, ledger)
        self.heard, self.outbox, self.now = Heard(), Outbox(ledger.engine), NOW

    def fill(self) -> None:
        """Let Shop be down; Mail was down for work that overran, and for a blip."""
        up, down = State.UP, State.DOWN
        cart = "https://shop.example/cart"
        failed = (
            Failure("probe", cart, "berlin", "connect", "refused", "ECONNREFUSED"),
            Failure("probe", cart, "oslo", "connect", "timeout"),
        )
        seen = {OutageStart("shop", SHOP_DOWN): Failures(failed, 3)}
        early = MAIL_DOWN + 20 * MINUTE
        self._derive(
            "mail",
            _line(
                (START, up),
                (early, down),
                (early + 65 * MINUTE, up),
                (NOW - DAY, down),
                (NOW - DAY + 30_000, up),
            ),
            {},
        )
        self._derive("pay", _line((START, up)), {}, events=())
        short = _line(
            (START, up), (NOW - 4 * DAY, down), (NOW - 4 * DAY + 90_000, up), (SHOP_DOWN, down)
        )
        self._derive("shop", short, seen)
        correct(self.books.ledger, outage_id("mail", early), {"cause": "disks", "ticket": "OPS-7"},
                by=Actor("ann", "unix:ann"), reason="known", now=NOW - HOUR)  # fmt: skip
        terms = terms_of(self.books.catalogue, POLICY_VERSION)
        self.books.ledger.terms.note(terms, "digest", START)

    def _derive(
        self,
        service: str,
        line: tuple[Segment, ...],
        seen: Mapping[OutageStart, Failures],
        events: Any = None,
    ) -> None:
        item = Derived(service, line, START, events=events)
        notify = outage_notices(self.books, NOW)
        self.books.ledger.apply([item], notify, seen=seen, at=NOW)

    def ask(self) -> None:
        """Ask for approval of work."""
        asked = WindowEvent(NOW, "requested", "ann", "old")
        request(
            self.books,
            title="Cables",
            scope=Scope(("shop",)),
            start=NOW + DAY,
            end=NOW + DAY + HOUR,
            timezone="UTC",
            rrule=None,
            event=asked,
            source="cli",
        )

    def tell(self) -> list[Message]:
        """Tell all that is due; return every message."""
        figures = window_figures(self.books, NOW, self.books.catalogue.services)
        own = {s.id: figures[s.id][s.window] for s in self.books.catalogue.services}
        budgets = tuple(budget_notices(self.books.catalogue, own, NOW))
        self.outbox.add(due_notices(Situation(self.books, self.outbox, NOW, budgets=budgets)))
        self.outbox.add(blip_notices(self.books, self.outbox, NOW))
        sender = Sender(self.books, self.outbox, {"webhook": self.heard}, lambda: self.now)
        sender.figures = own
        for _ in range(40):
            sender.run()
            self.now += MINUTE
        return self.heard.messages

    def published(self, now: int = NOW) -> Published:
        """Return what an engine publishes of these books."""
        services = self.books.catalogue.services
        figures = window_figures(self.books, now, services)
        levels = service_levels(self.books, now, figures, {s.id: now for s in services})
        context: Any = SimpleNamespace(
            books=self.books, catalogue=self.books.catalogue, ledger=self.books.ledger, client=None
        )
        return Published(context, tuple(levels))

    def pages(self) -> Pages:
        """Return the pages of an engine."""
        found = self.published()
        engine = SimpleNamespace(published=found, context=found.context, exposition=lambda _: b"",
                                 unready=lambda: None)  # fmt: skip
        return pages(cast("Engine", engine))


@contextmanager
def estate(folder: Path, **fields: Any) -> Iterator[Estate]:
    """Yield the books, filled."""
    with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
        made = Estate(ledger, book(**fields))
        made.fill()
        yield made
