"""The strip of days in a page: a small SVG that needs no script and prints well."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup, escape

from sla_engine.domain.report import Day, ServiceReport
from sla_engine.reports import palette
from sla_engine.reports.language import Language, marked

_HEIGHT = 16
_PITCH = 4
_TREND = marked("from the start of the period to its end")


def strip(service: ServiceReport, say: Language) -> Markup:
    """Return the days of a service; runs of equal days are one shape, so that pages stay small."""
    if not service.days:
        return Markup("")
    width = _PITCH * len(service.days)
    shapes = Markup("").join(_shapes(service, say))
    return Markup(
        '<svg class="strip" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
        'width="{width}" height="{height}" preserveAspectRatio="none">{shapes}</svg>'
    ).format(label=_label(service, say), width=width, height=_HEIGHT, shapes=shapes)


def line(values: Sequence[float | None], say: Language) -> Markup:
    """Return a small line of values from 0 up, broken where nothing is known."""
    known = [value for value in values if value is not None]
    if not known:
        return Markup("")
    high, width = max(known) or 1.0, _PITCH * max(1, len(values) - 1)
    runs: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{place * _PITCH},{_HEIGHT - 1 - value / high * (_HEIGHT - 2):.1f}")
    drawn = Markup("").join(
        Markup('<polyline points="{}"/>').format(" ".join(run)) for run in runs if run
    )
    return Markup(
        '<svg class="strip" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" '
        'width="{width}" height="{height}" preserveAspectRatio="none" fill="none" '
        'stroke="currentColor">{drawn}</svg>'
    ).format(label=say.phrase(_TREND), width=width, height=_HEIGHT, drawn=drawn)


def scale(days: int, width: float, height: float) -> tuple[float, float]:
    """Return by how much a strip of so many days is stretched to fill a space."""
    return width / (_PITCH * days), height / _HEIGHT


def _shapes(service: ServiceReport, say: Language) -> Iterator[Markup]:
    states = [palette.state(day, service.objective) for day in service.days]
    at = 0
    for state, run in groupby(states):
        count = len(list(run))
        told = palette.word(state, service.objective)
        title = escape(_title(service.days[at : at + count], told, say))
        yield Markup(  # noqa: S704 - numbers, our own words, and what is escaped
            f'<rect class="{state}" fill="{palette.COLOURS[state]}" x="{_PITCH * at}" y="0" '
            f'width="{_PITCH * count - 1}" height="{_HEIGHT}"><title>{title}</title></rect>'
        )
        at += count


def _title(days: Sequence[Day], told: str, say: Language) -> str:
    first = say.day(days[0].span.start)
    last = say.day(days[-1].span.start)
    when = first if first == last else say.phrase("{start} to {end}", start=first, end=last)
    down = sum(day.unplanned for day in days)
    lost = ""
    if down:
        lost = f", {say.phrase('{what} unplanned', what=say.duration(down))}"
    return f"{when}{say.thus}{say.phrase(told)}{lost}"


def _label(service: ServiceReport, say: Language) -> str:
    bad = sum(1 for day in service.days if day.unplanned)
    told = {"name": service.name, "n": len(service.days), "bad": bad}
    return say.phrase("{name}, last {n} days: outages on {bad}", **told)
