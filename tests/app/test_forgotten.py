"""What is added in one place and forgotten in another: kinds of notices."""

import re
from pathlib import Path
from typing import Any, cast, get_args

import pytest

from service_catalogue.notifications import Severity
from sla_engine.domain.notice import Notice, OutageSnapshot, Subject
from sla_engine.domain.outage_changes import ChangeKind
from sla_engine.ledger import Books, Delivery, Ledger, Thread
from sla_engine.notices.kinds import NoticeKind, Writing
from sla_engine.notices.outage_messages import reply_message
from sla_engine.notices.registry import NOTICES, OUTAGE_KINDS, SILENT_KINDS, severity_of
from sla_engine.notifiers import Capabilities
from sla_engine.reports.language import PLAIN
from tests.catalogues import catalogue

ONLY_THE_HEAD = {"changed", "running"}
SHOP = Subject("shop", "Shop", "team", "gold")
OVER = OutageSnapshot("O-1", 1_000, 2_000, acknowledged_by="ann", said_by="ann", said_why="so")
WORK = {"title": "New disks", "start": 0, "end": 60_000, "services": ["Shop"], "requester": "ann"}
DONE = WORK | {"approver": "bob", "down": ["Shop"]}
ASKED = WORK | {"id": "M-1", "rrule": None, "reason": "full", "decided": None}
FACTS: dict[str, dict[str, Any]] = {
    "maintenance_soon": DONE,
    "maintenance_started": DONE,
    "maintenance_ended": DONE,
    "maintenance_overrun": DONE,
    "maintenance_requested": ASKED,
    "maintenance_waiting": ASKED,
    "maintenance_decided": ASKED | {"decided": {"kind": "approved", "by": "bob", "why": "so"}},
    "blips": {"blips": [["shop", 0, 1_000]], "owner": "shop", "day": "1970-01-01"},
    "budget": {"left": 0.2, "window": "30d", "period": None, "gone_at": None, "objective": 99.9},
}
"""What is told of each kind but outages' and reports, whose words have tests of their own."""


@pytest.mark.parametrize(("name", "kind"), NOTICES.items())
def test_every_kind_of_notice_is_listed_under_its_name_and_in_the_docs(
    name: str, kind: NoticeKind
) -> None:
    assert kind.name == name
    text = Path("docs/slack.md").read_text(encoding="utf-8")
    severity = kind.severity or ("-" if name == "report" else "by class")
    [row] = re.findall(rf"^\| `{name}` \| (.*?) \| (.*?) \|", text, re.MULTILINE)
    assert row == (severity, "thread" if kind.silent else "always")


def test_the_docs_list_no_kind_of_notice_that_there_is_not() -> None:
    text = Path("docs/slack.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert listed == list(NOTICES)


def test_every_kind_of_notice_is_written_by_a_change_or_falls_due() -> None:
    without = {name for name, kind in NOTICES.items() if kind.due is None}
    assert without == set(get_args(ChangeKind)) - {"changed"}
    assert set(get_args(ChangeKind)) <= set(OUTAGE_KINDS)


def test_what_only_threads_tell_is_of_outages() -> None:
    assert set(OUTAGE_KINDS) > SILENT_KINDS


@pytest.mark.parametrize("kind", OUTAGE_KINDS)
def test_every_kind_of_an_outage_s_notice_has_words(kind: str) -> None:
    said = reply_message(kind, SHOP, OVER, PLAIN, grouped=True)
    assert (said is None) is (kind in ONLY_THE_HEAD)
    assert said is None or "Shop" in said.title


@pytest.mark.parametrize("name", sorted(set(NOTICES) - set(OUTAGE_KINDS) - {"report"}))
def test_every_other_kind_of_notice_has_words_and_a_severity(name: str) -> None:
    notice = Notice("k", "t", name, 0, "shop", FACTS[name])
    books = Books(catalogue({"id": "shop", "name": "Shop"}), cast("Ledger", None))
    writing = Writing(books, 0, Capabilities(), lambda _: (), {})
    item = Delivery(1, notice, Thread(1, "", "", (), 0), 0, doubtful=False)
    assert "hop" in NOTICES[name].compose(item, writing).head.title
    assert severity_of(notice) in get_args(Severity)
    assert NOTICES[name].severity is not None
