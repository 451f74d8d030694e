from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from sla_engine.alertmanager import Client, Matcher, Silence
from sla_engine.alertmanager.silence import document, parse
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.ledger import Books, Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance.silences import AUTHOR, cancellation, meant, plan, pull, push, wanted
from sla_engine.maintenance.windows import windows_in
from tests.catalogues import catalogue
from tests.programs.alertmanager import running_alertmanager

HOUR = 3_600_000
NOW = 1_790_000_000_000
SERVICES = (
    {"id": "web", "tier": "gold", "labels": {"host": "h1"}},
    {"id": "db", "tier": "gold"},
    {"id": "mail", "owner": "post"},
)
WINDOWS = [
    {
        "id": "patch",
        "title": "Patch day",
        "start": "2026-09-21T13:00:00Z",
        "duration": "2h",
        "tiers": ["gold"],
        "requester": "ann",
        "approver": "bob",
    },
    {
        "id": "asked",
        "title": "Not approved",
        "start": "2026-09-21T13:00:00Z",
        "duration": "2h",
        "services": ["mail"],
        "requester": "ann",
    },
]
START = 1_789_995_600_000  # 2026-09-21 13:00 UTC
OURS = Silence((Matcher("service", "web"),), START, START + HOUR, AUTHOR, "Patch [patch@1]")


def test_an_approved_window_is_wanted_as_one_silence_for_its_services() -> None:
    config = catalogue(*SERVICES, maintenance=WINDOWS)
    period = Interval(NOW, NOW + 24 * HOUR)
    (silence,) = wanted(config, windows_in(config, (), period), period)
    assert silence.matchers == (Matcher("service", "db|web", regex=True),)
    assert (silence.start, silence.end) == (START, START + 2 * HOUR)
    assert silence.comment == f"Patch day [patch@{START}]"


def test_what_is_there_already_is_left_alone() -> None:
    moved = replace(OURS, id="a", start=START + 7)  # Alertmanager moves a past start to now
    assert plan([OURS], [moved]) == ((), ())


def test_a_change_keeps_the_id_and_what_is_not_wanted_ends() -> None:
    longer = replace(OURS, end=OURS.end + HOUR)
    existing = [
        replace(OURS, id="a"),
        replace(OURS, id="twice"),
        replace(OURS, id="gone", comment="Over [gone@1]"),
        replace(OURS, id="old", expired=True),
        replace(OURS, id="theirs", author="ann"),
    ]
    assert plan([longer], existing) == (("twice", "gone"), (replace(longer, id="a"),))


@pytest.mark.parametrize(
    ("matchers", "expected"),
    [
        ([Matcher("service", "web")], ("web",)),
        ([Matcher("service", "web|db", regex=True)], ("web", "db")),
        ([Matcher("tier", "gold"), Matcher("service", "db", equal=False)], ("web",)),
        ([Matcher("owner", "post")], ("mail",)),
        ([Matcher("host", "h1")], ("web",)),
        ([Matcher("service", "web"), Matcher("alertname", "ServiceSlow")], ()),
        ([Matcher("service", "(?i", regex=True)], ()),
        ([], ()),
    ],
)
def test_a_marked_silence_means_the_services_that_it_silences(
    matchers: list[Matcher], expected: tuple[str, ...]
) -> None:
    services = catalogue(*SERVICES).services
    mark = Matcher("maintenance", ".*", regex=True)
    silence = Silence((*matchers, mark), START, START + HOUR, "ann", "")
    assert meant(services, silence, "maintenance") == expected
    assert meant(services, silence, "other") == ()


def test_a_silence_that_ends_early_cancels_its_request_once() -> None:
    silence = replace(OURS, author="ann", id="a", end=START + 600_000, expired=True)
    request = Request("S-a", "silence", "t", Scope(("web",)), START, START + HOUR, "UTC")
    asked = WindowEvent(NOW, "requested", "ann")
    cancelled = cancellation(silence, request, [asked])
    assert cancelled is not None
    assert cancelled[:2] == (START + 600_000, "cancelled")
    assert cancellation(silence, request, [asked, cancelled]) is None
    assert cancellation(replace(silence, expired=False), request, [asked]) is None
    assert cancellation(replace(silence, end=request.end), request, [asked]) is None


@pytest.mark.parametrize(
    ("author", "kept"),
    [("ann", "ann"), ("slack:U9 (boss)", "silence of slack:U9 (boss)"), ("", "silence of nobody")],
)
def test_who_a_silence_says_made_it_is_a_claim_and_no_login(
    tmp_path: Path, author: str, kept: str
) -> None:
    mark = Matcher("maintenance", ".*", regex=True)
    made = Silence((Matcher("service", "web"), mark), START, START + HOUR, author, "Disks", "a")
    url = "http://127.0.0.1:1"
    book = catalogue(*SERVICES, maintenance={"silences": {"url": url}})
    client = cast("Client", SimpleNamespace(silences=lambda: [made]))
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        assert pull(Books(book, ledger), client, NOW) == 1
        [(_, [asked])] = ledger.windows.all()
    assert asked.actor == (kept, "sla-engine")


def test_the_api_s_shape_there_and_back() -> None:
    data = document(replace(OURS, id="a")) | {"status": {"state": "pending"}}
    assert parse(data) == replace(OURS, id="a")


@pytest.mark.integration
def test_windows_and_silences_are_exchanged_with_alertmanager(tmp_path: Path) -> None:
    far = 32_000_000_000_000  # Alertmanager knows its own now: all this is in the future
    window = WINDOWS[0] | {"start": "2984-01-16T00:00:00Z", "duration": "1000h"}
    url = f"sqlite:///{tmp_path}/ledger.db"
    with running_alertmanager(tmp_path) as alertmanager, Ledger.open(url) as ledger:
        silences = {"silences": {"url": alertmanager.url, "push": True}}
        config = catalogue(*SERVICES, maintenance=silences | {"windows": [window]})
        without = catalogue(*SERVICES, maintenance=silences)
        alertmanager.silence(
            {
                "matchers": [
                    {"name": "service", "value": "mail", "isRegex": False},
                    {"name": "maintenance", "value": ".*", "isRegex": True},
                ],
                "startsAt": "2984-01-16T00:00:00Z",
                "endsAt": "2984-01-17T00:00:00Z",
                "createdBy": "ann",
                "comment": "New disks",
            }
        )
        with Client(alertmanager.url) as client:
            done = [push(Books(config, ledger), client, far) for _ in range(2)]
            assert [(len(d.expire), len(d.post)) for d in done] == [(0, 1), (0, 0)]
            assert [pull(Books(config, ledger), client, far) for _ in range(2)] == [1, 0]
            ((request, events),) = ledger.windows.all()
            assert (request.title, request.scope.services) == ("New disks", ("mail",))
            assert [(e.kind, e.author) for e in events] == [("requested", "ann")]
            assert len(push(Books(without, ledger), client, far).expire) == 1
            states = sorted((s.author, s.expired) for s in client.silences())
            assert states == [("ann", False), (AUTHOR, True)]
            client.expire(next(s.id for s in client.silences() if s.author == "ann"))
            assert [pull(Books(config, ledger), client, far) for _ in range(2)] == [1, 0]
            ((_, events),) = ledger.windows.all()
            assert [e.kind for e in events] == ["requested", "cancelled"]
