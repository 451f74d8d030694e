"""Series of states -> services: one for each set of labels, without those that copies differ in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sla_engine.discovery.kinds import KINDS, MEASURING, TRANSIENT, Kind
from sla_engine.discovery.naming import differing, identifiers, printable, selector, titles
from sla_engine.discovery.proposal import REPLICAS, LeftOut, Proposed, Wishes
from sla_engine.prometheus.inventory import Labels

Target = tuple[str, ...]
_TARGET = ("job", "instance", "cluster", "namespace")


class _Group(NamedTuple):
    """Series that are one service: their kind, what names it, how it is selected, the series."""

    kind: Kind
    identity: Labels
    matchers: Mapping[str, str | Sequence[str]]
    series: Sequence[Labels]


def states(
    series: Mapping[str, Sequence[Labels]], wishes: Wishes
) -> tuple[tuple[Proposed, ...], tuple[LeftOut, ...]]:
    """Return the services of series by metric, and what is left out.

    A target of which a probe speaks is not judged by its `up`, too; nor is a program that measures
    others.
    """
    copies = frozenset((*REPLICAS, *wishes.replicas))
    kept, left = _without_doubles(series)
    groups: list[_Group] = []
    for kind in KINDS:
        found = kept.get(kind.metric, ())
        if wishes.by is None:
            groups += _one_each(kind, found, copies)
        elif found:
            some, lacking = _by_label(kind, found, series[kind.metric], wishes.by)
            groups += some
            left += lacking
    return tuple(_proposed(groups, copies, wishes)), tuple(left)


def target(labels: Labels) -> Target:
    """Return what Prometheus scraped; of a federated series, what that of its origin scraped."""
    return tuple(labels.get(f"exported_{n}") or labels.get(n, "") for n in _TARGET)


def _without_doubles(
    series: Mapping[str, Sequence[Labels]],
) -> tuple[dict[str, Sequence[Labels]], list[LeftOut]]:
    probed = {target(one) for one in series.get("probe_success", ())}
    measuring = {target(one)[:2] for name in MEASURING for one in series.get(name, ())}
    kept, by_probe, by_program = [], set[str](), set[str]()
    for one in series.get("up", ()):
        place = target(one)
        if place in probed:
            by_probe.add(place[1])
        elif place[:2] in measuring:
            by_program.add(place[1])
        else:
            kept.append(one)
    left = []
    if by_probe:
        left.append(LeftOut(tuple(sorted(by_probe)), "`up`, as `probe_success` says more of them"))
    if by_program:
        reason = "`up` of programs that measure others"
        left.append(LeftOut(tuple(sorted(by_program)), reason))
    return {**series, "up": kept}, left


def _one_each(kind: Kind, series: Iterable[Labels], copies: frozenset[str]) -> Iterator[_Group]:
    drops = TRANSIENT | copies | kind.drops | {"__name__"}
    groups: dict[tuple[tuple[str, str], ...], list[Labels]] = defaultdict(list)
    for one in series:
        key = tuple(sorted((n, v) for n, v in one.items() if n not in drops))
        groups[key].append(one)
    alike: dict[tuple[str, ...], list[Labels]] = defaultdict(list)
    for key in groups:
        identity = dict(key)
        alike[_named(kind, identity)].append(identity)
    for key, some in groups.items():
        identity = dict(key)
        names = differing(alike[_named(kind, identity)])
        wanted = (*(n for n in kind.by if n in identity), *(n for n in names if n not in kind.by))
        yield _Group(kind, identity, {n: identity.get(n, "") for n in wanted}, some)


def _named(kind: Kind, identity: Labels) -> tuple[str, ...]:
    return tuple(identity.get(name, "") for name in kind.by)


def _by_label(
    kind: Kind, series: Sequence[Labels], everything: Sequence[Labels], label: str
) -> tuple[list[_Group], list[LeftOut]]:
    """Return a group for each value of a label, and what has no such label."""
    groups: dict[str, list[Labels]] = defaultdict(list)
    for one in series:
        groups[one.get(label, "")].append(one)
    bare = groups.pop("", [])
    every: dict[str, list[Labels]] = defaultdict(list)
    for one in everything:
        every[one.get(label, "")].append(one)
    found, left = [], []
    for value, some in groups.items():
        matchers = _covering(kind, label, value, some, every[value])
        if _is_mixed(kind, some):
            reason = "several targets share a label location, which means copies of one"
            left.append(LeftOut((value,), reason))
        elif matchers is None:
            left.append(LeftOut((value,), f"no selector has its {kind.metric} and nothing else"))
        else:
            found.append(_Group(kind, {label: value}, matchers, some))
    if bare:
        names = tuple(sorted({_title(kind, one) for one in bare}))
        left.append(LeftOut(names, f"{kind.metric} without a label {label}"))
    return found, left


def _is_mixed(kind: Kind, series: Sequence[Labels]) -> bool:
    """Say whether series of one location are of several targets: a quorum takes them for copies."""
    named: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for one in series:
        if location := one.get("location"):
            named[location].add(_named(kind, one))
    return any(len(some) > 1 for some in named.values())


def _covering(
    kind: Kind, label: str, value: str, wanted: Sequence[Labels], every: Sequence[Labels]
) -> Mapping[str, str | Sequence[str]] | None:
    """Return matchers that take all that is wanted and nothing else; None where none do."""
    if len(wanted) == len(every):
        return {label: value}
    matchers: dict[str, str | Sequence[str]] = {label: value}
    for name in kind.by:
        if name != label:
            matchers[name] = sorted({one.get(name, "") for one in wanted})
    taken = [one for one in every if all(one.get(n, "") in v for n, v in matchers.items()
                                         if not isinstance(v, str))]  # fmt: skip
    return matchers if len(taken) == len(wanted) else None


def _title(kind: Kind, labels: Labels) -> str:
    names = [labels.get(f"exported_{name}") or labels.get(name, "") for name in kind.title]
    return " ".join(filter(None, names)) or kind.metric


def _proposed(
    groups: Sequence[_Group], copies: frozenset[str], wishes: Wishes
) -> Iterator[Proposed]:
    by = wishes.by
    plain = [g.identity[by] if by else _title(g.kind, g.identity) for g in groups]
    told = [{"metric": g.kind.metric, **g.identity} for g in groups]
    sources = [selector(g.kind.metric, g.matchers) for g in groups]
    names = [printable(title) for title in titles(plain, told)]
    ids = identifiers(plain, sources)
    for group, name, id_, source in zip(groups, names, ids, sources, strict=True):
        count = len({tuple(sorted((n, v) for n, v in one.items() if n not in copies))
                     for one in group.series})  # fmt: skip
        yield Proposed(
            id=id_,
            name=name,
            metric=group.kind.metric,
            sli={"promql": source},
            members=tuple(group.series),
            labels={n: printable(group.identity[n])
                    for n in group.kind.kept if group.identity.get(n)},
            quorum=wishes.quorum,
            replicas=-(-len(group.series) // count),
            lossy=group.kind.lossy,
        )  # fmt: skip
