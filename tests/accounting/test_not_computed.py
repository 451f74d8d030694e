"""A service whose figures cannot be computed is named in the report, and leaves out no other."""

from typing import Any

import pytest

from sla_engine.accounting.report import make_report
from sla_engine.accounting.terms import agreed_time
from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue

NOW = 1_793_491_200_000  # 2026-11-01T00:00:00Z
NAMES = ("a", "b", "broken", "c")


@pytest.mark.parametrize("name", ["json", "text", "html", "slack"])
@pytest.mark.parametrize("wanted", [(), ("broken",)], ids=["all", "only the broken one"])
def test_a_report_names_what_could_not_be_computed(
    monkeypatch: pytest.MonkeyPatch, name: str, wanted: tuple[str, ...]
) -> None:
    def faulty(book: Any, service: Any, *rest: Any) -> Any:
        if service.id == "broken":
            raise ArithmeticError("terms that make no sense")
        return agreed_time(book, service, *rest)

    monkeypatch.setattr("sla_engine.accounting.figures.agreed_time", faulty)
    book, one = catalogue(*NAMES), FORMATS[name]
    with Ledger.open("sqlite://") as ledger:
        line = (Segment(NOW - 86_400_000, NOW, State.UP),)
        ledger.apply([Derived(service, line, NOW - 86_400_000) for service in NAMES])
        period = parse_period("2026-10", book.timezone, NOW)
        made = make_report(Books(book, ledger), period, NOW, (one,), services=wanted)
    assert [service.id for service in made.services] == ([] if wanted else ["a", "b", "c"])
    assert [failed.id for failed in made.not_computed] == ["broken"]
    assert b"terms that make no sense" in one.render(made)


@pytest.mark.parametrize("stage", ["own terms", "the agreement's"])
def test_a_customer_is_told_which_of_its_services_could_not_be_computed_once(
    monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def faulty(book: Any, service: Any, *rest: Any) -> Any:
        if service.id == "broken" and (service.objective == 99.9) == (stage != "own terms"):
            raise ArithmeticError("terms that make no sense")
        return agreed_time(book, service, *rest)

    monkeypatch.setattr("sla_engine.accounting.figures.agreed_time", faulty)
    promised = {"id": "acme", "customer": "ACME", "services": list(NAMES), "objective": 99.9}
    book, one = catalogue(*NAMES, agreements=[promised]), FORMATS["json"]
    with Ledger.open("sqlite://") as ledger:
        line = (Segment(NOW - 86_400_000, NOW, State.UP),)
        ledger.apply([Derived(service, line, NOW - 86_400_000) for service in NAMES])
        period = parse_period("2026-10", book.timezone, NOW)
        made = make_report(Books(book, ledger), period, NOW, (one,), agreement="acme")
    assert [service.id for service in made.services] == ["a", "b", "c"]
    assert [(failed.id, failed.reason) for failed in made.not_computed] == [("broken", "")]
    assert b"terms that make no sense" not in one.render(made)
