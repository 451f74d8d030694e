"""An outage as an annotation of Grafana, and what to do so that Grafana has those of the ledger."""

import html
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sla_engine.domain.outage_list import ListedOutage
from uptime_common.humanize import duration

TAG = "uptime-ledger"
"""The tag of all of ours."""
_OUTAGE, _SERVICE, _CLASS = "outage:", "service:", "class:"


class Annotation(NamedTuple):
    """One outage in Grafana, a moment while it is open; times in milliseconds UTC.

    ``number`` is Grafana's own, None before it gave one.
    """

    outage: str
    service: str
    kind: str
    start: int
    end: int | None
    text: str
    number: int | None = None

    @property
    def tags(self) -> tuple[str, ...]:
        """Return its tags, by which a person filters and by which we find it again."""
        return (TAG, _SERVICE + self.service, _CLASS + self.kind, _OUTAGE + self.outage)

    def document(self) -> dict[str, Any]:
        """Return it as Grafana takes it."""
        ends = {} if self.end is None else {"timeEnd": self.end}
        return {"time": self.start, "tags": [*self.tags], "text": self.text, **ends}


class Plan(NamedTuple):
    """What to do in Grafana: annotations to post, to change, and numbers of those to remove."""

    post: tuple[Annotation, ...] = ()
    change: tuple[Annotation, ...] = ()
    remove: tuple[int, ...] = ()


def wanted(
    outages: Iterable[ListedOutage],
    named: Callable[[str], str],
    link: Callable[[ListedOutage], str | None],
) -> tuple[Annotation, ...]:
    """Return the annotation of each outage.

    Args:
        outages: as the ledger has them.
        named: the name of a service by its id.
        link: the page that tells more of an outage; None where there is none.
    """
    return tuple(
        Annotation(o.id, o.service, o.kind, o.start, o.end, _text(o, named(o.service), link(o)))
        for o in outages
    )


def _text(outage: ListedOutage, name: str, link: str | None) -> str:
    """Return the words, in the little HTML that Grafana shows."""
    lasted = "" if outage.end is None else f" for {duration(outage.end - outage.start)}"
    verb = "is" if outage.end is None else "was"
    why = f": {html.escape(outage.reason)}" if outage.reason else ""
    told = f"{html.escape(name)} {verb} down{lasted} ({outage.kind}){why}"
    return told if link is None else f'{told} <a href="{html.escape(link)}">{outage.id}</a>'


def parse(item: Mapping[str, Any]) -> Annotation | None:
    """Return an annotation of ours from Grafana's answer, or None where it is not of an outage.

    Raises:
        KeyError: it is no annotation.
    """
    tags = {kind: _told(item["tags"], kind) for kind in (_OUTAGE, _SERVICE, _CLASS)}
    if TAG not in item["tags"] or not tags[_OUTAGE]:
        return None
    # Grafana tells a moment as one that ends when it begins.
    start, end = item["time"], item.get("timeEnd") or item["time"]
    return Annotation(
        tags[_OUTAGE],
        tags[_SERVICE],
        tags[_CLASS],
        start,
        None if end == start else end,
        item["text"],
        item["id"],
    )


def _told(tags: Iterable[str], kind: str) -> str:
    return next((tag.removeprefix(kind) for tag in tags if tag.startswith(kind)), "")


def plan(
    desired: Collection[Annotation],
    existing: Collection[Annotation],
    ours: Collection[str],
    since: int,
) -> Plan:
    """Return how to get from the annotations that exist to those that are desired.

    Args:
        desired: those of the ledger.
        existing: those that Grafana has of the same time.
        ours: the services that this ledger keeps: what an annotation says of others is not ours to
            take back.
        since: from when on ``desired`` leaves none out (ms UTC).
    """
    there: dict[str, list[Annotation]] = {}
    for one in existing:
        there.setdefault(one.outage, []).append(one)
    # Grafana 9.4 fails to change tags: with others an annotation is another one.
    kept = {
        one.outage: found
        for one in desired
        for found in there.get(one.outage, ())
        if found.tags == one.tags
    }
    post = tuple(one for one in desired if one.outage not in kept)
    change = tuple(
        one._replace(number=kept[one.outage].number)
        for one in desired
        if one.outage in kept and kept[one.outage]._replace(number=None) != one
    )
    known = {one.outage for one in desired}
    remove = tuple(
        one.number
        for one in existing
        if one.number is not None and kept.get(one.outage) is not one
        if one.outage in known or (one.service in ours and one.start >= since)
    )
    return Plan(post, change, remove)
