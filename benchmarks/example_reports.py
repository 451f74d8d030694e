"""The reports of an example company, as files to look at: 15 services, 14 months, 3 customers.

python -m benchmarks.example_reports FOLDER [YYYY-MM [LANGUAGE [PAPER]]]

Writes the monthly report and that of a customer in every format, the mail with its picture, and the
daily message of Slack. Server health is invented as `Capacity`; all else comes out of a ledger.
"""

import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from service_catalogue import Catalogue
from sla_engine.accounting.corrections import correct
from sla_engine.accounting.past import noted
from sla_engine.accounting.report import make_report
from sla_engine.domain.actor import Actor
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import outage_id
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import (
    Capacity,
    Certificate,
    Host,
    HostEvent,
    Latency,
    PeriodReport,
)
from sla_engine.domain.timeline import Segment, State, Timeline, joined
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.composites import composites
from sla_engine.reports import FORMATS, PICTURE, to_mail

BERLIN = ZoneInfo("Europe/Berlin")
_MINUTE = 60_000
_HOUR = 60 * _MINUTE

# id, name, owner, tier, objective, cost an hour
_SERVICES = (
    ("web-shop", "Web shop", "sales", "gold", 99.9, 8_000),
    ("payments", "Payments", "sales", "gold", 99.95, 12_000),
    ("search", "Search", "sales", "silver", 99.5, 900),
    ("warehouse", "Warehouse management of the northern centre", "logistics", "gold", 99.9, 4_000),
    ("labels", "Label printing", "logistics", "silver", 99.5, 600),
    ("tracking", "Parcel tracking", "logistics", "silver", 99.5, 350),
    ("erp", "ERP", "finance", "gold", 99.9, 3_000),
    ("payroll", "Payroll", "finance", "silver", 99.5, None),
    ("mail", "Mail", "office", "silver", 99.9, 500),
    ("telephony", "Telephony", "office", "silver", 99.9, 700),
    ("intranet", "Intranet", "office", "bronze", 99.0, None),
    ("wiki", "Wiki", "office", "bronze", None, None),
)
_WEB = ("web-1", "web-2", "web-3")
# service, began, minutes, what people wrote of it: cause, ticket, note
_OUTAGES: tuple[tuple[str, str, float, tuple[tuple[str, str], ...]], ...] = (
    (
        "payments", "2026-10-05T14:00:15", 50.5,
        (("cause", "Disk full on db-1"), ("ticket", "OPS-712"),
         ("note", "Disk doubled on 6 October; alert at 80 % by 15 November")),
    ),
    ("web-shop", "2026-10-05T14:00:45", 49, (("cause", "Payments down"), ("ticket", "OPS-712"))),
    ("web-shop", "2026-10-18T03:30:00", 45, (("note", "A shorter runbook by 1 December"),)),
    (
        "warehouse", "2026-10-21T09:12:00", 31.25,
        (("cause", "Switch of hall 3"), ("ticket", "NET-81")),
    ),
    ("mail", "2026-10-12T06:58:00", 26, ()),
    ("telephony", "2026-10-27T11:00:00", 94, (("cause", "Provider"), ("ticket", "TEL-5"))),
    ("tracking", "2026-10-29T22:10:00", 12.5, ()),
    ("erp", "2026-10-10T02:10:00", 75, ()),
    ("web-2", "2026-10-08T04:00:00", 140, (("cause", "Memory module"),)),
    ("intranet", "2026-10-31T23:50:00", 30, ()),
)  # fmt: skip


def main() -> None:
    folder, month = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "2026-10"
    folder.mkdir(parents=True, exist_ok=True)
    with Ledger.open("sqlite://") as ledger:
        books = filled(ledger)
        monthly, weekly, daily = (
            made(books, name, *sys.argv[3:5]) for name in (month, "2026-W41", "2026-10-05")
        )
        customers = made(books, month, *sys.argv[3:5], agreement="retail")
    for name, format_ in FORMATS.items():
        (folder / f"monthly.{name}.{format_.extension}").write_bytes(format_.render(monthly))
        (folder / f"customer.{name}.{format_.extension}").write_bytes(format_.render(customers))
    (folder / "monthly.png").write_bytes(PICTURE.render(monthly))
    mail = to_mail.message(monthly, "picture", ["monthly.pdf", "monthly.csv"])
    page = mail.html.replace("cid:picture", "monthly.png")
    (folder / "mail.html").write_text(page, encoding="utf-8")
    (folder / "mail.txt").write_text(f"{mail.title}\n\n{mail.text}\n", encoding="utf-8")
    (folder / "daily.slack.json").write_bytes(FORMATS["slack"].render(daily))
    (folder / "weekly.slack.json").write_bytes(FORMATS["slack"].render(weekly))
    (folder / "weekly.html").write_bytes(FORMATS["html"].render(weekly))
    (folder / "daily.html").write_bytes(FORMATS["html"].render(daily))


def made(
    books: Books,
    name: str,
    language: str = "en",
    paper: str = "A4",
    *,
    agreement: str | None = None,
) -> PeriodReport:
    """Return the report of a period, or of an agreement in it, made at nine the morning after."""
    period = parse_period(name, BERLIN, 0)
    now = period.end + 9 * _HOUR
    formats = [*FORMATS.values(), PICTURE]
    found = make_report(
        books, period, now, formats, agreement=agreement, language=language, paper=paper
    )
    if agreement is not None:
        return found
    seconds = {"web-shop": 0.231, "payments": 0.412, "search": 0.094}
    random = Random(3)
    services = tuple(
        replace(s, latency_p95=seconds[s.id], latency=_latency(random, seconds[s.id]))
        if s.id in seconds
        else s
        for s in found.services
    )
    return replace(found, services=services, capacity=_capacity())


def _latency(random: Random, p95: float) -> Latency:
    days = tuple(p95 * random.uniform(0.7, 1.1) for _ in range(31))
    return Latency(p95, p95 * 1.2, days, 0.3, 0.99, 0.9962 if p95 < 0.3 else 0.9412)


def _capacity() -> Capacity:
    end = at("2026-11-01T00:00")
    debian = {"system": "Debian GNU/Linux 12 (bookworm)", "listed": end - 5 * _HOUR}
    hosts = (
        Host("db-1", 0.31, 0.72, "/var", 0.91, 12.4, 14, reboot=True, filling="/var", security=3,
             applied=end - 40 * 24 * _HOUR, outdated=True, **debian),
        Host("web-1", 0.12, 0.40, "/", 0.35, None, 0, reboot=False, security=0,
             applied=end - 3 * 24 * _HOUR, outdated=False, **debian),
        Host("web-2", 0.14, 0.41, "/", 0.36, 210, 3, reboot=False, filling="/srv", security=0,
             applied=end - 3 * 24 * _HOUR, outdated=False, **debian),
        Host("old-1", 0.02, 0.22, "/", 0.58, None, 0, reboot=False, system="Debian GNU/Linux 10",
             support_end=at("2026-11-30T00:00")),
    )  # fmt: skip
    events = (
        HostEvent("web-2", "reboot", at("2026-10-08T03:58")),
        HostEvent("db-1", "upgraded", at("2026-10-05T13:20")),
        HostEvent("web-1", "upgraded", at("2026-10-28T04:00")),
        HostEvent("web-1", "reboot", at("2026-10-28T04:12")),
    )
    certificate = Certificate("web-shop (shop.example.com:443)", at("2026-11-20T12:00"))
    return Capacity(hosts, (certificate,), events)


def at(text: str) -> int:
    """Return a local time in ms UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


def filled(ledger: Ledger) -> Books:
    """Return the example company's books."""
    catalogue = Catalogue.model_validate(document())
    first, end = at("2025-09-01T00:00"), at("2026-11-01T12:00")
    random = Random(7)
    books = noted(Books(catalogue, ledger), first)
    ledger.apply(
        Derived(service.id, _timeline(random, service.id, first, end), first)
        for service in catalogue.services
        if not service.components
    )
    ledger.apply(composites(books, catalogue.services, Interval(first, end), ()))
    by = Actor("Ada Example", "ada")
    for name, began, _, said in _OUTAGES:
        if said:
            identifier, now = outage_id(name, at(began)), at(began) + 20 * _HOUR
            correct(ledger, identifier, dict(said), by=by, reason="post-mortem", now=now)
    return books


def _timeline(random: Random, service: str, first: int, end: int) -> Timeline:
    """Return what happened to a service: what is told of it, and some of before at random."""
    told = {
        at(began): round(length * _MINUTE) for name, began, length, _ in _OUTAGES if name == service
    }
    for _ in range(random.randrange(10)):
        moment = random.randrange(first, at("2026-09-28T00:00"), 15_000)
        told[moment] = random.choice((30_000, 4 * _MINUTE, 20 * _MINUTE, 55 * _MINUTE))
    pieces, cursor = [], first
    for start, length in sorted(told.items()):
        if start > cursor:
            pieces += [Segment(cursor, start, State.UP), Segment(start, start + length, State.DOWN)]
            cursor = start + length
    return joined([*pieces, Segment(cursor, end, State.UP)])


def document() -> dict[str, Any]:
    """Return the example company's catalogue."""
    services: list[dict[str, Any]] = [
        {"id": name, "name": title, "owner": owner, "tier": tier, "sli": {"promql": "up"}}
        | ({} if objective is None else {"objective": objective})
        | ({} if cost is None else {"cost_per_hour": cost})
        for name, title, owner, tier, objective, cost in _SERVICES
    ]
    services += [
        {"id": name, "name": f"Web server {name[-1]}", "owner": "platform", "tier": "silver",
         "objective": 99.0, "sli": {"promql": "up"}}
        for name in _WEB
    ]  # fmt: skip
    services.append(
        {"id": "web-farm", "name": "Web farm", "owner": "platform", "tier": "gold",
         "objective": 99.9, "components": list(_WEB), "need": 2}
    )  # fmt: skip
    services[6]["window"] = "quarter"
    steps = [{"below": 99.9, "credit": 10}, {"below": 99.5, "credit": 25}]
    return {
        "organization": "Example Company",
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "external_url": "https://uptime.example.org",
        "services": services,
        "agreements": [
            {"id": "retail", "customer": "Retail AG", "services": ["web-shop", "payments"],
             "objective": 99.9, "rule": "all", "fee": 42_000, "credits": steps},
            {"id": "north", "customer": "North Logistics", "services": ["warehouse", "tracking"],
             "objective": 99.5, "rule": "worst", "fee": 18_000, "credits": steps[1:]},
            {"id": "group", "customer": "Group office", "services": ["mail", "telephony"],
             "objective": 99.9, "window": "quarter", "fee": 9_000, "credits": steps},
        ],
        "maintenance": [
            {"id": "storage", "title": "Storage upgrade", "services": ["web-shop", "payments"],
             "start": "2026-10-18T02:00", "end": "2026-10-18T04:00", "requester": "ann",
             "approver": "bob"},
            {"id": "patch-day", "title": "Monthly patches", "services": ["erp"],
             "start": "2026-01-10T02:00", "duration": "2h", "rrule": "FREQ=MONTHLY;BYDAY=2SA",
             "requester": "infrastructure", "approver": "change board"},
        ],
    }  # fmt: skip


if __name__ == "__main__":
    main()
