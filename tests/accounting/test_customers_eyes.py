"""Words planted wherever the ledger keeps something of ours are in no customer's document."""

import csv
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, get_args, get_type_hints

import pytest

from service_catalogue.terms import Subject
from sla_engine.accounting import report as module
from sla_engine.accounting.corrections import correct
from sla_engine.accounting.past import noted
from sla_engine.accounting.report import make_report
from sla_engine.accounting.restatements import _of_term
from sla_engine.domain.actor import Actor
from sla_engine.domain.customer import for_customer
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.outage import Correction, outage_id
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import (
    Capacity,
    Evidence,
    Host,
    NotComputed,
    PeriodReport,
    SaidAfterwards,
    Work,
)
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.ledger.reasons import OutageStart
from sla_engine.ledger.terms import Term
from sla_engine.reports import FORMATS, PICTURE, lists
from sla_engine.reports.drawings import picture
from sla_engine.reports.language import Language, language_of
from tests.accounting.test_agreements import DOWN, END, FIRST, MINUTE, STEPS, UTC, at
from tests.accounting.test_customers_report import NOW, SHOWN, printed
from tests.catalogues import catalogue
from uptime_common.failure import Failure, Failures

LATER = NOW + 86_400_000
HOUR = 60 * MINUTE
PLANTED = "zq"
"""Each word that is ours begins with it, and nothing else does."""
HOURS = {"weekly": [{"days": "mon-sun", "hours": ["00:00-20:00"]}]}


def services(edited: bool) -> list[dict[str, Any]]:
    usual: dict[str, Any] = {
        "objective": 99, "owner": "zqowner", "tier": "zqtier", "labels": {"of": "zqlabel"},
        "cost_per_hour": 7777, "runbook": "https://zqrunbook.example",
        "depends_on": ["zqdependency"], "group": "zqgroup",
    }  # fmt: skip
    late: dict[str, Any] = {
        "latency": {"below": "300ms", "histogram": 'zqhist_bucket{job="zqjob"}'}
    }
    probe: dict[str, Any] = {"type": "http", "url": "https://zquser:zqsecret@zqhost.example/"}
    probe |= {"name": "zqprobetwo" if edited else "zqprobe"}
    query = "zqquery > 0" if not edited else "zqqueryedited > 0"
    own: list[dict[str, Any]] = [
        {"id": "shop", "name": "Shop", "probes": [probe, probe | {"name": "zqother"}]} | late,
        {"id": "till", "sli": {"promql": query}},
        {"id": "wiki", "components": ["zqpart"]},
    ]
    hidden: list[dict[str, Any]] = [
        {"id": "zqpart", "calendar": "night" if edited else None},
        {"id": "zqdependency"},
        {"id": "zqgroup"},
    ]
    return [
        *(usual | one for one in own),
        *({key: value for key, value in one.items() if value} for one in hidden),
    ]


def books_of(ledger: Ledger, *, edited: bool = False, **terms: Any) -> Books:
    promised: dict[str, Any] = {"customer": "ACME", "credits": STEPS, "objective": 99.9}
    promised |= {"fee": 1000}
    rival = promised | {"id": "zqrival", "customer": "zqrival", "services": ["shop"]}
    mine = promised | {
        "id": "acme", "services": list(DOWN), "to": ["mail:zqmailbox@acme.example"],
        "labels": {"of": "zqlabel"}, "tiers": ["zqtier"],
    }  # fmt: skip
    if edited:
        mine |= {"to": ["slack:#zqchannel"], "fee": 2000, "calendar": "day"}
    mine |= terms
    window: dict[str, Any] = {
        "id": "upgrade", "title": "Upgrade", "services": ["shop", "zqdependency"],
        "start": "2026-10-05T01:00:00", "duration": "1h", "rrule": "FREQ=MONTHLY",
        "requester": "zqasked", "approver": "zqapproved",
    }  # fmt: skip
    if edited:
        window |= {"services": ["shop", "zqgroup"], "start": "2026-09-10T00:00:00"}
    return Books(
        catalogue(
            *services(edited),
            url="http://zqprometheus.example:9090",
            agreements=[mine, rival],
            external_url="https://zqengine.example/",
            calendars={"day": HOURS, "night": HOURS},
            maintenance={"windows": [window]},
        ),
        ledger,
    )


def measured(ledger: Ledger, name: str, start: int, end: int) -> None:
    line = (
        Segment(FIRST, start, State.UP),
        Segment(start, end, State.DOWN),
        Segment(end, END, State.UP),
    )
    why = {
        "shop": Failure("probe", "zqhost.example:443", "zqplace", "connect", "refused", "zqdetail"),
        "till": Failure("series", 'zqquery{job="zqjob"}', detail="0"),
        "wiki": Failure("component", "zqpart"),
    }
    ledger.apply(
        [Derived(name, line, FIRST)],
        seen={OutageStart(name, start): Failures((why[name],), 3)},
    )


def window(ledger: Ledger, name: str, start: int, told: str) -> None:
    asked = Request(
        name, "cli", "Patches", Scope(("shop", "zqdependency")), start, start + HOUR, "UTC"
    )
    ledger.windows.add(
        asked, WindowEvent(start - HOUR, "requested", "zqann", "zqwhyasked", "zqlogin")
    )
    ledger.windows.append(name, WindowEvent(NOW + 2, "approved", "zqbob", told, "zqlogintwo"))


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    """September was frozen, and then nearly everything was changed."""
    with Ledger.open("sqlite://") as found:
        books = noted(books_of(found), FIRST)
        for name, (start, minutes) in DOWN.items():
            measured(found, name, start, start + minutes * MINUTE)
            said = {"note": "zqnote", "owner": "zqoncall"}
            by = Actor("zqauthor", "login:zqaccount")
            correct(found, outage_id(name, start), said, by=by, reason="zqreason", now=NOW - 5)
        window(found, "M-1", at("2026-10-20"), "zqtold")
        september = parse_period("2026-09", UTC, NOW)
        make_report(books, september, NOW, [FORMATS["json"]], agreement="acme", frozen=True)
        class_ = Correction(
            NOW + 3, "zqeve", "class", None, "planned", "agreed by telephone", "login:zqeve"
        )
        found.corrections.add("till", DOWN["till"][0], class_)
        window(found, "M-2", DOWN["shop"][0], "moved with you")
        noted(books_of(found, edited=True), NOW + 4)
        measured(found, "wiki", DOWN["wiki"][0], DOWN["wiki"][0] + 45 * MINUTE)
        yield found


@cache
def made(ledger: Ledger, period: str = "2026-09", language: str = "en") -> PeriodReport:
    books = noted(books_of(ledger, edited=True), LATER)
    formats = [*FORMATS.values(), PICTURE]
    span = parse_period(period, UTC, LATER)
    return make_report(books, span, LATER, formats, agreement="acme", language=language)


def leaked(text: str) -> set[str]:
    return set(re.findall(rf"{PLANTED}\w*", text.lower()))


@pytest.mark.parametrize("form", SHOWN)
@pytest.mark.parametrize("period", ["2026-09", "2026-10"])
def test_nothing_that_is_ours_is_in_a_customers_document(
    ledger: Ledger, form: str, period: str
) -> None:
    assert leaked(SHOWN[form](made(ledger, period))) == set()


def test_what_two_windows_say_of_one_service_is_a_cause_beside_what_was_said_of_another(
    ledger: Ledger,
) -> None:
    *services, customer = made(ledger).restatements
    of_services = {(cause.kind, cause.reason) for one in services for cause in one.causes}
    assert {kind for kind, _ in of_services} == {"window", "correction", "samples"}
    of_all = {(cause.kind, cause.reason) for cause in customer.causes}
    assert of_services <= of_all
    assert {kind for kind, _ in of_all - of_services} == {"terms"}  # what samples hang on


@pytest.mark.parametrize("spoken", ["de", "es", "fr"])
def test_nor_is_it_in_another_language_or_in_the_picture(ledger: Ledger, spoken: str) -> None:
    report = made(ledger, language=spoken)
    for form in ("html", "text", "mail", "slack"):
        assert leaked(SHOWN[form](report)) == set()
    assert leaked(str(picture(report, "#000"))) == set()


@pytest.mark.parametrize("objective", [None, 99.9])
def test_of_a_services_terms_that_are_not_the_agreements_nothing_is_told(
    objective: float | None,
) -> None:
    with Ledger.open("sqlite://") as ledger:
        books = books_of(ledger, objective=objective, credits=[] if objective is None else STEPS)
        noted(books, FIRST)
        measured(ledger, "shop", DOWN["shop"][0], DOWN["shop"][0] + HOUR)
        span = parse_period("2026-09", UTC, NOW)
        found = make_report(books, span, NOW, [FORMATS["json"]], agreement="acme")
    own = {key for one in found.terms if one.agreement is None for key, _ in one.values}
    assert own == {"accounting", "quorum"} | ({"objective"} if objective is None else set())
    assert [dict(one.values).get("window") for one in found.terms if one.agreement] == ["month"]


@pytest.mark.parametrize(
    ("approver", "approved", "by_two", "told", "in_german"),
    [
        (None, None, False, "not approved", "nicht genehmigt"),
        ("", NOW, True, "approved by two people, 2026-11-03 00:00:00 UTC", "von zwei Personen"),
        ("", NOW, False, "approved, 2026-11-03 00:00:00 UTC", "genehmigt, 03.11.2026"),
        ("", None, True, "approved by two people", "von zwei Personen genehmigt"),
        ("", None, False, "approved", "genehmigt"),
    ],
)
def test_that_work_was_approved_is_told_without_names(
    approver: str | None, approved: int | None, by_two: bool, told: str, in_german: str
) -> None:
    work = Work("M-1", "Work", Interval(0, 1), ("Shop",), "", approver, 0, False, approved, by_two)
    assert lists.work(work, Language(UTC))[3] == told
    assert lists.work(work, language_of("de", UTC))[3].startswith(in_german)


def test_when_work_was_approved_and_by_how_many_is_told_to_programs(ledger: Ledger) -> None:
    data = json.loads(FORMATS["json"].render(made(ledger)))
    told = [(one["title"], one["approved_at"], one["approved_by_two"])
            for one in (*data["maintenance"], *data["maintenance_coming"]["windows"])]  # fmt: skip
    assert told == [
        ("Patches", "2026-11-03T00:00:00.002Z", True),
        ("Upgrade", "2026-11-03T00:00:00.004Z", True),
        ("Upgrade", "2026-09-01T00:00:00Z", True),
        ("Patches", None, False),
    ]
    rows = csv.DictReader(io.StringIO(FORMATS["csv"].render(made(ledger)).decode(), newline=""))
    coming = [(row["title"], row["state"], row["approved_at"], row["approved_by_two"])
              for row in rows if row["record"] == "coming"]  # fmt: skip
    assert coming == [
        ("Upgrade", "approved", "2026-09-01T00:00:00Z", "true"),
        ("Patches", "requested", "", "false"),
    ]


def test_what_was_said_afterwards_is_told_of_what_was_agreed_alone(whole: PeriodReport) -> None:
    span = whole.period
    told = {
        name: SaidAfterwards("Shop", name, span, f"zqbefore{name}", f"zqafter{name}", NOW)
        for name in ("quorum", "objective", "cost_per_hour", "credits", "calendar", "owner")
    }
    report = for_customer(replace(whole, afterwards=tuple(told.values())))
    assert report.afterwards == (told["quorum"], told["calendar"])
    for form in ("html", "text", "json", "pdf"):
        assert leaked(SHOWN[form](report)) == {
            "zqbeforequorum", "zqafterquorum", "zqbeforecalendar", "zqaftercalendar"
        }  # fmt: skip


def test_nothing_that_is_ours_is_in_a_papers_metadata(ledger: Ledger) -> None:
    paper = printed(made(ledger))
    plain = re.compile(rb"\nstream\n(.*?)\nendstream", re.DOTALL)
    packed = [zlib.decompressobj().decompress(one) for one in plain.findall(paper)]
    letters = (one for one in packed if not one.startswith((b"\0\1\0\0", b"OTTO")))  # no fonts
    parts = [plain.sub(b"", paper), *letters]
    assert any(b"ACME" in one for one in parts)
    assert [one for one in parts if re.search(rb"zq[a-z]{3}", one)] == []
    assert [one for one in parts if PLANTED.encode("utf-16-be") in one] == []


@pytest.mark.parametrize(
    ("kind", "before", "after", "told"),
    [
        ("agreement", {"to": ["mail:a@b.c"]}, {"to": ["slack:#zq"]}, ""),
        ("agreement", {"credits": []}, {"credits": [{"below": 99}]}, "credits none -> below 99"),
        ("agreement", {"tiers": ["gold"]}, {"tiers": ["zq"]}, "which services it is of"),
        ("service", {"owner": "zqa"}, {"owner": "zqb"}, ""),
        ("service", {"credits": []}, {"credits": [{"below": 99}]}, ""),
        ("service", {"sli": {"promql": "zq"}, "objective": 99}, {"objective": 98},
         "objective 99 -> 98; how it is measured"),
        ("service", {}, {"history": [{"cost_per_hour": 7}]}, "what held before"),
        ("service", {"components": ["zq"]}, {"components": []}, "what it is made of"),
        ("service", {}, {"since": "2026-09-01"}, "since none -> 2026-09-01"),
        ("window", {"requester": "zqa"}, {"requester": "zqb"}, ""),
        ("window", {}, {"approver": "zqbob"}, "its approval"),
        ("calendar", {"weekly": "a"}, {"weekly": "b"}, "weekly a -> b"),
    ],
)  # fmt: skip
def test_of_a_changed_term_a_customer_reads_what_was_agreed(
    kind: str, before: dict[str, Any], after: dict[str, Any], told: str
) -> None:
    more = {"id": "x"}
    term = Term(1, Subject(kind, "shop"), NOW, before | more, after | more, "", "seen")
    cause = _of_term(term, UTC, {"shop"})
    read = cause.reason if cause.told is None else cause.told
    assert read == (told and f"{kind} shop: {told} (first seen 2026-11-03 00:00:00 UTC)")
    other = _of_term(term._replace(subject=Subject(kind, "zqpart")), UTC, {"shop"})
    known = other.reason if other.told is None else other.told
    assert (PLANTED in known) == (kind != "service" and bool(told))


SHARED = {
    "PeriodReport": {
        "organization", "currency", "timezone", "policy_version", "language", "paper", "unsettled",
        "ledger_head", "customer", "why", "why_told", "named",
    },
    "ServiceReport": {"id", "name", "part_of", "during"},
    "NotComputed": {"id", "name"},
    "Outage": {"service", "cause", "ticket"},
    "Correction": {"field", "before", "after", "reason"},
    "Work": {"id", "title", "services"},
    "Planned": {"id", "title", "ids", "services"},
    "Restatement": {"service", "reason", "money"},
    "Cause": {"reason", "told"},
    "TermsInForce": {"services", "values", "digest", "agreement"},
    "SaidAfterwards": {"service", "field", "before", "after"},
    "AgreementReport": {"id", "customer", "window", "currency"},
    "AgreementWindow": {"currency"},
    "Part": {"service"},
    "Budget": {"service"},
    "Contract": {"window"},
    "PeriodTotals": {"owed"},
    "Evidence": {"head", "key", "signature"},
}  # fmt: skip
"""The texts of a report that a customer may read, by what they are of; all others are ours."""


def planted(value: Any) -> Any:
    """Return a report with a word of ours in each text that no customer may read."""
    names = getattr(value, "_fields", None)
    if names is not None:
        return value._replace(**_texts(value, names))
    if is_dataclass(value) and not isinstance(value, type):
        names = [one.name for one in fields(value) if one.init]
        return replace(value, **_texts(value, names))
    if isinstance(value, tuple | list):
        return tuple(map(planted, value))
    return value


def _texts(value: Any, names: Any) -> dict[str, Any]:
    kind, found = type(value), {}
    hints = get_type_hints(kind)
    for name in names:
        held = getattr(value, name)
        if name in SHARED.get(kind.__name__, ()):
            continue
        if hints[name] is str or str in get_args(hints[name]):
            texts = isinstance(held, tuple | Mapping)
            found[name] = (f"zq{name}",) if texts else f"zq{kind.__name__}{name}"
        else:
            found[name] = planted(held)
    return found


@pytest.fixture(scope="module")
def whole(ledger: Ledger) -> PeriodReport:
    """Return a report of the agreement before anything was left out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "for_customer", lambda report: report)
        found = made.__wrapped__(ledger)
    return replace(
        found,
        capacity=Capacity((Host("zqserver", 0.3, mount="/zqdisk"),)),
        not_computed=(NotComputed("mill", "Mill", "zqerror in /srv/zqpath"),),
        evidence=Evidence("1:ab", "key", "signature"),
    )


@pytest.mark.parametrize("form", SHOWN)
def test_a_text_that_nobody_said_may_be_shared_is_not(whole: PeriodReport, form: str) -> None:
    report = planted(whole)
    assert leaked(repr(report)) > {"zqworkrequester", "zqservicereportowner", "zqcauseauthor"}
    assert leaked(SHOWN[form](for_customer(report))) == set()


@pytest.mark.parametrize("form", ["text", "html", "slack", "pdf"])
def test_of_a_service_that_could_not_be_computed_a_customer_reads_whose_fault_it_is(
    whole: PeriodReport, form: str
) -> None:
    said = "Mill could not be computed: an error of our own"
    assert said in " ".join(SHOWN[form](for_customer(whole)).split())
    assert said not in " ".join(SHOWN[form](whole).split())
