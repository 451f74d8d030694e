"""SLOs of Sloth and Pyrra -> services, by the counters that their recording rules read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, get_args

from service_catalogue import Service
from sla_engine.discovery.kinds import PYRRA, SLOTH
from sla_engine.discovery.naming import identifiers, printable, quoted
from sla_engine.discovery.proposal import LeftOut, Proposed, Wishes
from sla_engine.discovery.ratios import counters
from sla_engine.prometheus.inventory import Inventory, Labels

_BURNRATE = re.compile(r":burnrate\d+[smhd]$")
_SHARE = "slo:sli_error:ratio_rate5m"
_DAY = 86_400


class _Slo(NamedTuple):
    """What somebody else's SLO says of itself; ``ratio`` and ``days`` where they are known."""

    source: str
    key: str
    title: str
    labels: Labels
    ratio: float | None
    days: float | None
    expressions: Sequence[str]


def slos(found: Inventory, wishes: Wishes) -> tuple[tuple[Proposed, ...], tuple[LeftOut, ...]]:
    """Return the services of SLOs, and those left out, whose raw counters cannot be read."""
    every = [*_sloth(found), *_pyrra(found)]
    read = [_counters(slo) for slo in every]
    sources = [f"{slo.source}:{slo.key}" for slo in every]
    ids = identifiers([slo.title for slo in every], sources)
    proposed: list[Proposed] = []
    unread: list[str] = []
    for slo, exact, id_ in zip(every, read, ids, strict=True):
        sli, lossy = (exact, None) if exact else _share_of_failed(slo, wishes)
        if sli is None:
            unread.append(slo.title)
        else:
            proposed.append(_proposed(slo, id_, sli, lossy, wishes))
    why = found.rules_failed or "no recording rule of theirs can be read as counters of events"
    left = (LeftOut(tuple(unread), f"SLOs: {why}"),) if unread else ()
    return tuple(proposed), left


def _proposed(
    slo: _Slo, id_: str, sli: Mapping[str, str], lossy: str | None, wishes: Wishes
) -> Proposed:
    window, remark = _window(slo.days)
    return Proposed(
        id=id_,
        name=printable(slo.title),
        metric=slo.source,
        sli=sli,
        labels=slo.labels,
        objective=_percent(slo.ratio) or wishes.objective,
        window=window,
        remarks=() if remark is None else (remark,),
        lossy=lossy,
    )


def _sloth(found: Inventory) -> Iterator[_Slo]:
    ratios = _by(found, "slo:objective:ratio", "sloth_id")
    days = _by(found, "slo:time_period:days", "sloth_id")
    for labels in _distinct(found.series.get(SLOTH, ()), "sloth_id"):
        key = labels["sloth_id"]
        expressions = [
            rule.expression
            for rule in found.rules
            if rule.record == _SHARE and rule.labels.get("sloth_id") == key
        ]
        service = labels.get("sloth_service", "")
        title = f"{service} {labels.get('sloth_slo', '')}".strip() or key
        kept = {"sloth_service": printable(service)} if service else {}
        yield _Slo(SLOTH, key, title, kept, ratios.get(key), days.get(key), expressions)


def _pyrra(found: Inventory) -> Iterator[_Slo]:
    ratios = _by(found, PYRRA, "slo")
    seconds = _by(found, "pyrra_window", "slo")
    for labels in _distinct(found.series.get(PYRRA, ()), "slo"):
        key = labels["slo"]
        expressions = [
            rule.expression
            for rule in found.rules
            if _BURNRATE.search(rule.record) and rule.labels.get("slo") == key
        ]
        days = seconds[key] / _DAY if key in seconds else None
        space = labels.get("namespace")
        kept = {"namespace": printable(space)} if space else {}
        yield _Slo(PYRRA, key, key, kept, ratios.get(key), days, expressions)


def _distinct(series: Sequence[Labels], name: str) -> Iterator[Labels]:
    """Yield one of the series of each value of a label: replicas have several."""
    found = {one[name]: one for one in series if one.get(name)}
    yield from (found[key] for key in sorted(found))


def _by(found: Inventory, metric: str, name: str) -> dict[str, float]:
    return {labels.get(name, ""): value for labels, value in found.values.get(metric, ())}


def _counters(slo: _Slo) -> Mapping[str, str] | None:
    read = (counters(one) for one in slo.expressions)
    return next((one for one in read if one is not None), None)


def _share_of_failed(slo: _Slo, wishes: Wishes) -> tuple[Mapping[str, str] | None, str | None]:
    """Return Sloth's own share of failed events as a state, where there is an objective."""
    objective = _percent(slo.ratio) or wishes.objective
    if slo.source != SLOTH or objective is None:
        return None, None
    budget = f"{1 - objective / 100:.10g}"
    state = f"{_SHARE}{{sloth_id={quoted(slo.key)}}} <= bool {budget}"
    return {"promql": state}, "minutes over the objective instead of failed events"


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None or not 0 < ratio < 1 else float(f"{ratio * 100:.10g}")


def _window(days: float | None) -> tuple[str | None, str | None]:
    """Return the window of so many days, or a remark where the catalogue has none such."""
    if days is None:
        return None, None
    text = f"{days:g}d"
    valid = get_args(Service.model_fields["window"].annotation)
    return (text, None) if text in valid else (None, f"its window of {text} became a month")
