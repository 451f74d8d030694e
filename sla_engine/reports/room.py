"""What gives way on paper so that the first page stays one page, however long names are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sla_engine.domain.agreement import AgreementReport, AgreementWindow, Part
from sla_engine.domain.report import PeriodReport
from uptime_common.tables import letters

_MARK = "…"


@dataclass(frozen=True, slots=True)
class Room:
    """How much the first page shows: lines of each part, letters of a name, points of its type.

    ``letters`` is None where names stand whole; ``story`` is of what people wrote; ``tile`` is how
    wide a tile is at least, ``figure`` the type of what it tells (rem).
    """

    verdicts: int = 9
    parts: int = 5
    debtors: int = 12
    risks: int = 6
    story: int = 140
    letters: int | None = None
    size: float = 7.0
    tile: float = 6.5
    figure: float = 0.95


ROOMY = Room()
"""What every format shows but paper that is too full."""

ROOMS = (
    ROOMY,
    Room(letters=48, tile=5.0, figure=0.8),
    Room(letters=36, size=6.5, story=100, tile=5.0, figure=0.8),
    Room(8, 4, 5, 4, story=70, letters=32, size=6.5, tile=5.0, figure=0.8),
    Room(7, 3, 3, 3, story=50, letters=28, size=6.0, tile=5.0, figure=0.8),
    Room(5, 2, 2, 2, story=30, letters=22, size=6.0, tile=5.0, figure=0.8),
)
"""Tried one after the other until the page holds what there is to tell."""


def shortened(report: PeriodReport, room: Room) -> PeriodReport:
    """Return a report whose long names lack their middle; two that would read alike stay whole."""
    if room.letters is None:
        return report
    short = _short(set(_names(report)), room.letters)
    return replace(
        report,
        services=[replace(one, name=short[one.name]) for one in report.services],
        agreements=tuple(_agreement(one, short) for one in report.agreements),
        capacity=report.capacity and replace(
            report.capacity,
            hosts=tuple(replace(one, name=short[one.name]) for one in report.capacity.hosts),
            certificates=tuple(
                replace(one, name=short[one.name]) for one in report.capacity.certificates
            ),
        ),
        coming=report.coming and report.coming._replace(
            works=tuple(
                one._replace(
                    title=short[one.title], services=tuple(short[name] for name in one.services)
                )
                for one in report.coming.works
            )
        ),
    )  # fmt: skip


def _names(report: PeriodReport) -> Iterator[str]:
    yield from (one.name for one in report.services)
    for agreement in report.agreements:
        yield agreement.customer
        if agreement.stake is not None and agreement.stake.service is not None:
            yield agreement.stake.service
        for window in _windows(agreement):
            yield from (part.service for part in window.parts)
            if window.budget is not None and window.budget.service is not None:
                yield window.budget.service
    if report.capacity is not None:
        yield from (one.name for one in report.capacity.hosts)
        yield from (one.name for one in report.capacity.certificates)
    for work in report.coming.works if report.coming is not None else ():
        yield from (work.title, *work.services)


def _windows(one: AgreementReport) -> tuple[AgreementWindow, ...]:
    return (*one.closed, *(() if one.running is None else (one.running,)))


def _short(names: set[str], most: int) -> dict[str, str]:
    found = {name: cut(name, most) for name in names}
    told = list(found.values())
    return {name: name if told.count(one) > 1 else one for name, one in found.items()}


def cut(name: str, most: int) -> str:
    """Return a name within so many letters: its beginning and its end, which tell it apart."""
    if letters(name) <= most:
        return name
    head, tail = name, name[len(name) // 2 :]
    while letters(tail) > most * 2 // 5:
        tail = tail[1:]
    tail = tail.lstrip()
    while letters(head) > most - letters(tail) - 1:
        head = head[:-1]
    return f"{head.rstrip()}{_MARK}{tail}"


def _agreement(one: AgreementReport, short: Mapping[str, str]) -> AgreementReport:
    stake = one.stake
    if stake is not None and stake.service is not None:
        stake = stake._replace(service=short[stake.service])
    return replace(
        one,
        customer=short[one.customer],
        stake=stake,
        closed=tuple(_window(window, short) for window in one.closed),
        running=one.running and _window(one.running, short),
    )


def _window(one: AgreementWindow, short: Mapping[str, str]) -> AgreementWindow:
    budget = one.budget
    if budget is not None and budget.service is not None:
        budget = budget._replace(service=short[budget.service])
    return replace(one, parts=tuple(_part(part, short) for part in one.parts), budget=budget)


def _part(one: Part, short: Mapping[str, str]) -> Part:
    return one._replace(service=short[one.service])
