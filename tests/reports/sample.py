"""A month to render: October 2026 in Berlin, in which the clocks change."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sla_engine.domain.availability import AccountingInput, Terms, figures
from sla_engine.domain.interval import Interval, Intervals, clip, intersect, total
from sla_engine.domain.objective import ratio
from sla_engine.domain.outage import Correction, Outage
from sla_engine.domain.period import containing, parse_period, shifted
from sla_engine.domain.report import (
    Capacity,
    Cause,
    Certificate,
    Coming,
    Day,
    Host,
    HostEvent,
    Latency,
    PeriodReport,
    Planned,
    Restatement,
    SaidAfterwards,
    ServiceReport,
    TermsInForce,
    Work,
)
from sla_engine.domain.trend import PeriodTotals, joined

BERLIN = ZoneInfo("Europe/Berlin")
OCTOBER = parse_period("2026-10", BERLIN, 0)
MONTH = Interval(OCTOBER.start, OCTOBER.end)
SEPTEMBER = Interval(*(getattr(shifted(OCTOBER, -1), edge) for edge in ("start", "end")))
NOVEMBER = Interval(*(getattr(shifted(OCTOBER, 1), edge) for edge in ("start", "end")))
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp() * 1000)


def outage(service: str, start: str, minutes: float | None, **fields: object) -> Outage:
    begin = at(start)
    end = None if minutes is None else begin + round(minutes * MINUTE)
    return Outage(service, begin, end, **fields)  # type: ignore[arg-type]


def service(
    id_: str,
    *outages: Outage,
    objective: float | None = 99.9,
    planned: Intervals = (),
    gaps: Intervals = (),
    agreed: Intervals = (MONTH,),
    covered: Intervals = (MONTH,),
    min_outage: int = 0,
    owner: str = "platform",
    tier: str = "silver",
    impact: float | None = None,
    hourly: float | None = None,
    credit: float | None = None,
    latency: Latency | None = None,
) -> ServiceReport:
    goal = None if objective is None else ratio(objective)
    facts = AccountingInput(outages, gaps, covered, agreed, planned)
    terms = Terms(goal, min_outage=min_outage)
    return ServiceReport(
        id_,
        id_.replace("-", " ").title(),
        owner,
        tier,
        None if goal is None else float(goal),
        figures(facts, terms, MONTH.end),
        previous=figures(_before(facts, outages), terms, MONTH.end),
        days=_days(facts, terms),
        windows=total(intersect(agreed, planned)),
        windows_used=total(intersect(planned, tuple(o.until(MONTH.end) for o in outages))),
        impact=impact,
        cost_per_hour=hourly,
        credit=credit,
        latency_p95=latency.value if latency else None,
        latency=latency,
    )


def _before(facts: AccountingInput, outages: tuple[Outage, ...]) -> AccountingInput:
    """Return a September with the same first outage, 25 minutes long."""
    first = [
        Outage(o.service, o.start - 30 * DAY, o.start - 30 * DAY + 25 * MINUTE) for o in outages[:1]
    ]
    return replace(facts, outages=first, agreed=(SEPTEMBER,), covered=(SEPTEMBER,), gaps=())


def _days(facts: AccountingInput, terms: Terms) -> tuple[Day, ...]:
    found = []
    for number in range(31):
        day = shifted(containing("day", MONTH.start, BERLIN), number)
        span = Interval(day.start, day.end)
        f = figures(replace(facts, agreed=clip(facts.agreed, span)), terms, MONTH.end)
        found.append(Day(span, f.agreed, f.availability, f.planned, f.unplanned, f.unknown))
    return tuple(found)


NIGHT = Interval(at("2026-10-18T02:00"), at("2026-10-18T04:00"))
FOUND = Correction(
    at("2026-10-06T10:00"), "ada", "cause", None, "Disk full on db-1", "post-mortem 12"
)

SERVICES = (
    service(
        "web-shop",
        outage(
            "web-shop",
            "2026-10-05T14:00:15",
            50.5,
            cause="Disk full on db-1",
            ticket="OPS-7",
            corrections=(FOUND,),
        ),
        outage("web-shop", "2026-10-18T03:30:00", 45),
        planned=(NIGHT,),
        owner="shop",
        tier="gold",
        impact=8_733.33,
        hourly=8_000,
        credit=10,
        latency=Latency(0.2314, 0.1987, (0.2, None, 0.23), 0.3, 0.99, 0.9962),
    ),
    service("payments", outage("payments", "2026-10-18T02:10:00", 30), planned=(NIGHT,)),
    service("search", outage("search", "2026-10-25T02:59:50", 0.25), min_outage=MINUTE),
    service(
        "mail",
        outage("mail", "2026-10-31T23:50:00", None),
        gaps=(Interval(at("2026-10-10T00:00"), at("2026-10-10T12:00")),),
    ),
    service("wiki", objective=None, owner="team <docs> & co"),
    service("lake", covered=()),
)


def _totals(span: Interval, met: int, unplanned: float, planned: float) -> PeriodTotals:
    found = PeriodTotals(span, 4, met, 4 * span.length, 0, round(planned), round(unplanned), 2)
    return replace(found, cost=unplanned / HOUR * 8_000, owed={"EUR": 250.0} if met < 4 else {})


AUGUST = Interval(*(getattr(shifted(OCTOBER, -2), edge) for edge in ("start", "end")))
TREND = (
    _totals(AUGUST, 4, 0.5 * HOUR, 0),
    _totals(SEPTEMBER, 3, 2 * HOUR, 0.75 * HOUR),
    _totals(MONTH, 3, 1.25 * HOUR, HOUR),
)

REPORT = PeriodReport(
    organization="Example Corp",
    currency="EUR",
    source="http://127.0.0.1:9090",
    generated_at=MONTH.end + 9 * HOUR,
    period=MONTH,
    timezone="Europe/Berlin",
    services=SERVICES,
    previous=SEPTEMBER,
    works=(
        Work("w1", "Storage upgrade", NIGHT, ("Web Shop", "Payments"), "ada", "bob", HOUR),
        Work("w2", "Patches", NIGHT, ("Wiki",), "ada", None, 0, retroactive=True),
    ),
    coming=Coming(
        NOVEMBER,
        MONTH.end + 9 * HOUR,
        (
            Planned(
                "w3",
                "Database upgrade",
                Interval(at("2026-11-07T22:00"), at("2026-11-08T02:00")),
                ("web-shop", "payments"),
                ("Web Shop", "Payments"),
                "ada",
                "bob",
            ),
            Planned(
                "w4",
                "New switches",
                Interval(at("2026-11-21T22:00"), at("2026-11-22T00:30")),
                ("wiki",),
                ("Wiki",),
                "ada",
                None,
            ),
        ),
    ),
    restatements=(
        Restatement(
            "Payments",
            0.9993,
            1.0,
            "ada",
            "approved afterwards",
            (Cause("window", "ada", "approved afterwards", at("2026-11-02T10:00")),),
        ),
    ),
    terms=(
        TermsInForce(
            ("Web Shop", "Payments"),
            MONTH,
            (("objective", "99.9"), ("window", "month")),
            at("2026-09-01T12:00"),
            "ab" * 32,
        ),
        TermsInForce(
            ("Wiki",),
            Interval(MONTH.start, at("2026-10-16T00:00")),
            (("window", "month"),),
            at("2026-09-01T12:00"),
            "",
            upgrade=True,
        ),
    ),
    afterwards=(
        SaidAfterwards("Web Shop", "objective", NIGHT, "99.9", "99.0", at("2026-11-02T10:00")),
    ),
    capacity=Capacity(
        (
            Host(
                "db-1",
                0.31,
                0.72,
                "/var",
                0.91,
                12.4,
                14,
                reboot=True,
                filling="/var",
                security=3,
                listed=at("2026-10-30T06:00:00"),
                applied=at("2026-10-05T13:20:00"),
                outdated=True,
                system="Debian 12",
                support_end=at("2028-06-30T02:00:00"),
            ),
            Host("web-1", 0.12, 0.4, "/", 0.35, None, 0, reboot=False),
        ),
        (Certificate("shop.example.com:443", at("2026-11-20T12:00:00")),),
        (
            HostEvent("db-1", "upgraded", at("2026-10-05T13:20:00")),
            HostEvent("web-1", "reboot", at("2026-10-08T04:00:00")),
        ),
    ),
    trend=TREND,
    year=joined(TREND),
    external_url="https://uptime.example.org",
)
