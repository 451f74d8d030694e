"""The pages of a service and of an outage, and the links that lead to them."""

import asyncio
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from sla_engine.app.outage_view import outage_page
from sla_engine.app.service_view import service_page
from sla_engine.domain.notice import Message
from sla_engine.domain.period import rfc3339
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived
from sla_engine.notices.outages import outage_notices
from sla_engine.reports.links import outage_path
from sla_engine.web.detail import Detail, render_detail
from sla_engine.web.routes import routes
from tests.programs.ports import free_port
from tests.web.estate import DAY, MAIL_DOWN, MINUTE, NOW, SHOP_DOWN, Estate, book, estate

ROOT = Path(__file__).parents[2]
MAIL = rfc3339(MAIL_DOWN + 20 * MINUTE)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Return books whose notices were told; no test changes them."""
    with estate(tmp_path_factory.mktemp("estate")) as made:
        made.ask()
        made.tell()
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Estate]:
    with estate(tmp_path) as made:
        yield made


def _outage(made: Estate, service: str, start: str, now: int = NOW) -> Detail:
    page = outage_page(made.published(now), service, start, now)
    assert page is not None
    return page


def _rows(page: Detail, title: str) -> list[tuple[object, ...]]:
    [grid] = [grid for grid in page.grids if grid.title == title]
    return [tuple(row) for row in grid.rows]


def test_an_outage_that_overran_shows_its_split_windows_and_corrections(filled: Estate) -> None:
    page = _outage(filled, "mail", MAIL)
    facts = dict(page.facts)
    assert (facts["Lasted"], facts["Class"], facts["Ticket"]) == ("1h 5m", "overrun", "OPS-7")
    assert _rows(page, "Class")[0] == ("Whole", "25m", "40m", "0s")
    assert _rows(page, "Maintenance windows")[0][0] == "New disks"
    assert [row[2] for row in _rows(page, "Corrections")] == ["cause: disks", "ticket: OPS-7"]
    assert [row[0] for row in _rows(page, "Queries that show its samples")] == [
        "around the start",
        "around the end",
    ]


def test_an_open_outage_shows_why_it_began_and_who_was_told(filled: Estate) -> None:
    page = _outage(filled, "shop", rfc3339(SHOP_DOWN))
    assert (page.state, page.label) == ("down", "Down")
    assert _rows(page, "Why it began")[0] == (
        "https://shop.example/cart",
        "refused",
        "connect",
        "ECONNREFUSED",
        "berlin",
    )
    assert [row[1:] for row in _rows(page, "Who was told")] == [("opened", "webhook:pager", "told")]


def test_an_open_outage_that_nobody_sees_any_more_is_unknown(filled: Estate) -> None:
    later = filled.published()
    page = outage_page(later, "shop", rfc3339(SHOP_DOWN), NOW + DAY)
    assert page is not None
    assert (page.state, page.label) == ("unknown", "Unknown")
    assert "nothing is known since 2026-10-03 06:15:00 UTC" in page.summary
    service = service_page(later, "shop", NOW + DAY)
    assert service is not None
    assert service.state == "unknown"


def test_an_address_holds_when_late_samples_move_the_start(fresh: Estate) -> None:
    for moved in (SHOP_DOWN - 5 * MINUTE, SHOP_DOWN + 30_000):
        line = (
            Segment(SHOP_DOWN - DAY, moved, State.UP),
            Segment(moved, NOW, State.DOWN),
        )
        notify = outage_notices(fresh.books, NOW)
        fresh.books.ledger.apply([Derived("shop", line, None)], notify, at=NOW)
        page = _outage(fresh, "shop", rfc3339(SHOP_DOWN))
        assert dict(page.facts)["Began"] == f"{rfc3339(moved)[:10]} {rfc3339(moved)[11:19]} UTC"
        assert ("opened", "no address yet", "waits") in [
            row[1:] for row in _rows(page, "Who was told")
        ]


def test_the_page_of_a_withdrawn_outage_says_so(fresh: Estate) -> None:
    line = (Segment(SHOP_DOWN - DAY, NOW, State.UP),)
    notify = outage_notices(fresh.books, NOW)
    fresh.books.ledger.apply([Derived("shop", line, None)], notify, at=NOW)
    page = _outage(fresh, "shop", rfc3339(SHOP_DOWN))
    assert (page.label, page.state) == ("Withdrawn", "unknown")
    assert {row[1] for row in _rows(page, "Who was told")} == {"opened", "withdrawn"}


def test_a_service_that_was_renamed_or_removed_keeps_its_addresses(fresh: Estate) -> None:
    before = fresh.books
    shop: dict[str, object] = {"id": "store", "formerly": ["shop"]}
    fresh.books.ledger.join("shop", "store", NOW)
    fresh.books = before._replace(catalogue=book(services=[_with(shop)], maintenance=[]))
    renamed = _outage(fresh, "shop", rfc3339(SHOP_DOWN))
    assert renamed.title == "Outage of Store"
    assert _rows(renamed, "Who was told")
    gone = _outage(fresh, "mail", MAIL)
    assert (gone.title, dict(gone.facts)["Lasted"]) == ("Outage of mail", "1h 5m")
    page = service_page(fresh.published(), "mail", NOW)
    assert page is not None
    assert (page.label, len(page.grids[0].rows)) == ("Not watched", 2)


def _with(fields: dict[str, object]) -> dict[str, object]:
    probes = [{"type": "tcp", "target": "a:1"}]
    return {"name": str(fields["id"]).title(), "probes": probes} | fields


def test_what_never_was_has_no_page(filled: Estate) -> None:
    published = filled.published()
    assert service_page(published, "nobody", NOW) is None
    for service, start in (
        ("shop", "2026-10-02T00:00:00Z"),
        ("shop", "yesterday"),
        ("nobody", MAIL),
        ("shop", "9999-99-99T00:00:00Z"),
    ):
        assert outage_page(published, service, start, NOW) is None


def test_a_service_shows_its_window_outages_work_and_terms(filled: Estate) -> None:
    page = service_page(filled.published(), "shop", NOW)
    assert page is not None
    facts = dict(page.facts)
    assert facts["State known until"] == "2026-10-03 06:15:00 UTC"
    assert "as of 2026-10-03 06:15:00 UTC" in str(facts["Availability"])
    assert str(facts["Error budget left"]).startswith("88.8 %")
    assert [row[2:4] for row in _rows(page, "Outages of the last 90 days")] == [
        ("5m", "unplanned"),
        ("1m 30s", "unplanned"),
    ]
    assert [row[1:] for row in _rows(page, "Planned work of the next 90 days")] == [
        ("New disks", "approved"),
        ("Cables", "requested"),
    ]
    assert ("Objective", "99.9 % per month") in _rows(page, "Terms in force")


def test_texts_of_others_are_no_markup(fresh: Estate) -> None:
    fresh.books = fresh.books._replace(catalogue=book(organization="<b>"))
    page = service_page(fresh.published(), "shop", NOW)
    assert page is not None
    assert "<b>" not in render_detail(page)


async def _elsewhere(request: web.Request) -> web.Response:
    """Answer as Grafana, Prometheus, Alertmanager and a wiki do, for what these have."""
    path, query = request.path, request.query
    if path.startswith("/grafana/d/"):
        boards = (ROOT / "grafana_dashboards/json").glob("*.json")
        known = {json.loads(one.read_text(encoding="utf-8"))["uid"] for one in boards}
        found = path.rpartition("/")[2] in known and int(query["from"]) < int(query["to"])
    elif path == "/prometheus/graph":
        found = bool(query["g0.expr"] and query["g0.range_input"].endswith("s"))
    else:
        found = path in {"/alertmanager/", "/runbooks/shop"}
    return web.Response(text="here", status=200 if found else 404)


def _hrefs(page: str, url: str) -> list[str]:
    """Return where the links of a page lead, whole."""
    return [urljoin(url, html.unescape(found)) for found in re.findall(r'href="([^"]+)"', page)]


async def _followed(made: Estate, base: str, messages: list[Message]) -> dict[str, int]:
    """Return the status of every link of messages, and of the links of the pages behind them."""
    app = web.Application()
    app.add_routes(routes(made.pages()))
    found: dict[str, int] = {}
    async with TestServer(app, port=urlsplit(base).port), ClientSession() as client:
        waiting = sorted({url for message in messages for _, url in message.links})
        assert all(message.links for message in messages)
        while waiting:
            url = waiting.pop()
            async with client.get(url) as answer:
                found[url] = answer.status
                own = url.startswith(base) and answer.content_type == "text/html"
                text = await answer.text() if own else ""
            more = {one.partition("#")[0] for one in _hrefs(text, url)}
            waiting += [
                one for one in sorted(more) if one and one not in found | dict.fromkeys(waiting)
            ]
    return found


def test_every_link_of_every_message_and_page_leads_somewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_engine.notices.links._LOCAL", ())
    own = f"http://127.0.0.1:{free_port()}"

    async def run() -> tuple[dict[str, int], list[Message]]:
        app = web.Application()
        app.router.add_get("/{path:.*}", _elsewhere)
        async with TestServer(app) as other:
            with estate(tmp_path, elsewhere=str(other.make_url("")).rstrip("/"), own=own) as made:
                made.ask()
                messages = made.tell()
                return await _followed(made, own, messages), messages

    found, messages = asyncio.run(run())
    assert len(messages) >= 6
    assert {url: status for url, status in found.items() if status != 200} == {}
    pages = {"", "report", outage_path("shop", SHOP_DOWN), "services/mail", "runbooks/shop"}
    pages |= {"grafana/d/uptime-ledger-service", "prometheus/graph", "alertmanager/"}
    assert pages <= {urlsplit(url).path.removeprefix("/") for url in found}
