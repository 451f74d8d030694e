"""What is added in one place and forgotten in another: kinds of notices."""

from types import SimpleNamespace
from typing import cast, get_args
from zoneinfo import ZoneInfo

import pytest

from sla_engine.app.context import Context
from sla_engine.app.notifications import _composers
from sla_engine.domain.notice import OUTAGE_KINDS, NoticeKind, OutageSnapshot, Subject
from sla_engine.notices.outage_messages import reply_message
from tests.catalogues import catalogue

ONLY_THE_HEAD: frozenset[NoticeKind] = frozenset({"changed", "running"})
SHOP = Subject("shop", "Shop", "team", "gold")
OVER = OutageSnapshot("O-1", 1_000, 2_000, acknowledged_by="ann", said_by="ann", said_why="so")


@pytest.mark.parametrize("kind", get_args(NoticeKind))
def test_every_kind_of_notice_has_who_writes_it(kind: NoticeKind) -> None:
    book = catalogue("shop")
    context = SimpleNamespace(catalogue=book, books=SimpleNamespace(catalogue=book), client=None)
    writers = _composers(cast("Context", context))
    assert (kind in writers) is (kind not in OUTAGE_KINDS)


@pytest.mark.parametrize("kind", OUTAGE_KINDS)
def test_every_kind_of_an_outage_s_notice_has_words(kind: NoticeKind) -> None:
    said = reply_message(kind, SHOP, OVER, ZoneInfo("UTC"), grouped=True)
    assert (said is None) is (kind in ONLY_THE_HEAD)
    assert said is None or "Shop" in said.title
