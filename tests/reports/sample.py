"""A month to render: October 2026 in Berlin, in which the clocks change."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sla_engine.domain.availability import Facts, Terms, figures
from sla_engine.domain.interval import Interval, Intervals
from sla_engine.domain.objective import ratio
from sla_engine.domain.outage import Correction, Outage
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import PeriodReport, ServiceReport

BERLIN = ZoneInfo("Europe/Berlin")
OCTOBER = parse_period("2026-10", BERLIN, 0)
MONTH = Interval(OCTOBER.start, OCTOBER.end)
MINUTE = 60_000
HOUR = 60 * MINUTE


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
) -> ServiceReport:
    goal = None if objective is None else ratio(objective)
    facts = Facts(outages, gaps, covered, agreed, planned)
    computed = figures(facts, Terms(goal, min_outage=min_outage), MONTH.end)
    name = id_.replace("-", " ").title()
    return ServiceReport(id_, name, owner, tier, None if goal is None else float(goal), computed)


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

REPORT = PeriodReport(
    organization="Example Corp",
    currency="EUR",
    source="http://127.0.0.1:9090",
    generated_at=MONTH.end + 9 * HOUR,
    period=MONTH,
    timezone="Europe/Berlin",
    services=SERVICES,
)
