"""Every outage of the ledger is one annotation in Grafana, from its begin to its end."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from sla_engine.app.annotations import AnnotationKeeper
from sla_engine.app.engine import Engine
from sla_engine.domain.outage_list import ListedOutage, NewestOutages
from sla_engine.grafana import client as grafana_client
from sla_engine.metrics import EngineMetrics
from tests.catalogues import catalogue
from tests.grafana.grafana import TOKEN, Grafana, running_grafana

HOUR = 3_600_000
SINCE = 1_793_000_000_000
BEGAN = SINCE + HOUR
OPEN = ListedOutage("shop", "O-AAAAAAAAAA", BEGAN, None, "unplanned", "timed out", 0, 0)
OVER = OPEN._replace(end=BEGAN + 195_000, unplanned=195_000)
WIKI = ListedOutage("wiki", "O-BBBBBBBBBB", BEGAN, BEGAN + HOUR, "planned", "", HOUR, 0)


class Kept:
    """An engine's part that the keeper reads, and the Grafana that it writes to."""

    def __init__(self, grafana: Grafana, token: Path) -> None:
        self.grafana, self.token = grafana, token
        token.write_text(f"{TOKEN}\n")
        self.engine = SimpleNamespace(metrics=EngineMetrics("1"), newest=None, context=None)
        self.know()
        self.restart()

    def know(self, **settings: Any) -> None:
        """Take a catalogue; the settings are Grafana's."""
        given = {"url": self.grafana.url, "token_file": str(self.token)} | settings
        known = catalogue("shop", "wiki", grafana={k: v for k, v in given.items() if v})
        self.engine.context = SimpleNamespace(catalogue=known)

    def restart(self) -> None:
        """Forget what was done."""
        self.keeper = AnnotationKeeper(cast(Engine, self.engine))

    def keep(self, *outages: ListedOutage, since: int | None = SINCE) -> None:
        """Bring Grafana up to date with a ledger of these outages."""
        self.engine.newest = NewestOutages(outages, since)
        self.keeper()

    def told(self) -> list[tuple[int, int, str]]:
        """Return begin, end and words of what Grafana keeps."""
        return [(a["time"], a["timeEnd"], a["text"]) for a in self.grafana.kept.values()]

    def count(self, name: str, **labels: str) -> float | None:
        """Return a counter of the engine."""
        text = self.engine.metrics.render().decode()
        written = "".join(f'{{{k}="{v}"}}' for k, v in labels.items())
        found = [line for line in text.splitlines() if line.startswith(f"{name}_total{written} ")]
        return float(found[0].rpartition(" ")[2]) if found else None


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with running_grafana() as grafana:
        yield Kept(grafana, tmp_path / "token")


def test_an_outage_is_posted_once_and_gets_its_end_when_it_is_over(kept: Kept) -> None:
    kept.keep(OPEN)
    assert kept.told() == [(BEGAN, BEGAN, "shop is down (unplanned): timed out")]
    kept.keep(OVER)
    was = "shop was down for 3m 15s (unplanned): timed out"
    assert kept.told() == [(BEGAN, BEGAN + 195_000, was)]
    assert kept.grafana.kept[1]["tags"] == [
        *("uptime-ledger", "service:shop", "class:unplanned", "outage:O-AAAAAAAAAA")
    ]
    assert kept.count("sla_engine_grafana_annotations", result="posted") == 1
    assert kept.count("sla_engine_grafana_annotations", result="changed") == 1


def test_nothing_is_posted_twice_after_a_restart_and_nothing_is_asked_where_nothing_changed(
    kept: Kept,
) -> None:
    kept.keep(OPEN, WIKI)
    kept.keep(OPEN, WIKI)
    assert kept.grafana.asked == ["GET", "POST", "POST"]
    kept.restart()
    kept.keep(OPEN, WIKI)
    assert kept.grafana.asked == ["GET", "POST", "POST", "GET"]


def test_an_end_that_came_while_the_engine_was_away_is_found_by_tags(kept: Kept) -> None:
    kept.keep(OPEN)
    kept.restart()
    kept.keep(OVER)
    assert [(begin, end) for begin, end, _ in kept.told()] == [(BEGAN, BEGAN + 195_000)]


def test_another_class_replaces_the_annotation_since_grafana_fails_to_change_tags(
    kept: Kept,
) -> None:
    kept.keep(OVER)
    kept.keep(OVER._replace(kind="planned"))
    [one] = kept.grafana.kept.values()
    assert "class:planned" in one["tags"]


def test_an_outage_that_the_ledger_took_back_goes_and_what_others_wrote_stays(kept: Kept) -> None:
    kept.keep(OVER, WIKI)
    mine = ("uptime-ledger", "class:planned", "outage:O-CCCCCCCCCC")
    others = [
        _note("deployed", BEGAN, "deploy"),
        _note("of no outage", BEGAN, "uptime-ledger"),
        _note("of another ledger", BEGAN, *mine, "service:other"),
        _note("older than the list", SINCE - HOUR, *mine, "service:shop"),
    ]
    kept.grafana.kept |= {90 + n: {**one, "id": 90 + n} for n, one in enumerate(others)}
    old = OPEN._replace(id="O-EEEEEEEEEE", start=SINCE - 2 * HOUR)
    kept.keep(WIKI, old)
    assert [*kept.grafana.kept] == [2, 90, 91, 92, 93, 3]


def _note(text: str, start: int, *tags: str) -> dict[str, Any]:
    return {"time": start, "timeEnd": BEGAN, "text": text, "tags": [*tags]}


def test_two_of_one_outage_become_one(kept: Kept) -> None:
    kept.keep(OVER)
    kept.grafana.kept[7] = {**kept.grafana.kept[1], "id": 7}
    kept.restart()
    kept.keep(OVER)
    assert len(kept.grafana.kept) == 1


def test_words_of_people_are_no_markup(kept: Kept) -> None:
    kept.keep(OVER._replace(reason="<script>alert(1)</script> & more"))
    [(_, _, text)] = kept.told()
    assert text.endswith("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more")


def test_without_a_token_or_before_the_first_tick_grafana_is_not_asked(kept: Kept) -> None:
    kept.know(token_file="")
    kept.keep(OPEN)
    kept.know()
    kept.engine.newest = None
    kept.keeper()
    assert kept.grafana.asked == []
    kept.know()
    kept.keep(since=None)
    assert kept.grafana.kept == {}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((500, {"message": "database is locked"}), "HTTP 500: {.*database is locked"),
        ((403, {"message": "Access denied"}), "HTTP 403: .*Access denied"),
        ((302, "/login"), "HTTP 302: /login"),
        ((200, "<html>a proxy's page</html>"), "no answer of Grafana"),
        ((200, [{"id": 1}]), "no answer of Grafana"),
        ((200, {"message": "?"}), "no answer of Grafana"),
        ((200, ["x"]), "no answer of Grafana"),
    ],
)
def test_a_grafana_that_fails_is_told_once_and_counted_and_tried_again(
    kept: Kept, answer: tuple[int, Any], said: str
) -> None:
    kept.grafana.broken = answer
    with capture_logs() as logged:
        kept.keep(OPEN)
        kept.keep(OPEN)
    [entry] = logged
    assert entry["event"] == "annotations not brought up to date"
    assert kept.count("sla_engine_grafana_errors") == 2
    assert re.search(said, entry["error"])
    kept.grafana.broken = None
    kept.keep(OPEN)
    assert len(kept.told()) == 1


@pytest.mark.parametrize("token", ["", "a\nb", "gl\u00fcsa", "other"])
def test_a_token_that_is_none_is_grafanas_matter_alone(kept: Kept, token: str) -> None:
    kept.token.write_text(token, encoding="utf-8")
    kept.keep(OPEN)
    assert kept.count("sla_engine_grafana_errors") == 1
    kept.token.unlink()
    kept.keep(OPEN)
    assert kept.count("sla_engine_grafana_errors") == 2
    kept.token.write_text(TOKEN)
    kept.keep(OPEN)
    assert len(kept.told()) == 1


def test_more_than_one_answer_holds_is_no_answer(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grafana_client, "MOST", 1)
    kept.keep(OVER)
    kept.keep(OVER, WIKI)
    assert kept.count("sla_engine_grafana_errors") == 1
    assert len(kept.told()) == 1
