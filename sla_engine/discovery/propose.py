"""All that was found -> services, and what to say of them in plain sentences."""

from collections import Counter
from collections.abc import Iterator

from sla_engine.discovery.kinds import KINDS, SLOTH
from sla_engine.discovery.proposal import LeftOut, Proposal, Proposed, Wishes
from sla_engine.discovery.slos import slos
from sla_engine.discovery.states import states
from sla_engine.prometheus.inventory import Inventory
from uptime_common.humanize import counted, listed

_SHOWN = 5


def propose(found: Inventory, wishes: Wishes) -> Proposal:
    """Return the services that can be judged by what was found; ids are unique."""
    judged, left = states(found.series, wishes)
    objectives = {
        labels.get("service", ""): value
        for labels, value in found.values.get("service_slo_objective_ratio", ())
    }
    judged = tuple(_with_objective(one, objectives, wishes) for one in judged)
    theirs, unread = slos(found, wishes)
    taken = {one.id for one in judged}
    theirs = tuple(
        one._replace(id=f"slo-{one.id}"[:64]) if one.id in taken else one for one in theirs
    )
    lost = tuple(LeftOut((name,), reason) for name, reason in sorted(found.failed.items()))
    return Proposal((*judged, *theirs), (*left, *unread, *lost))


def _with_objective(one: Proposed, own: dict[str, float], wishes: Wishes) -> Proposed:
    ratio = own.get(one.name) if one.metric == "service_up" else None
    percent = wishes.objective if ratio is None else float(f"{ratio * 100:.10g}")
    return one._replace(objective=percent)


def sentences(proposal: Proposal) -> Iterator[str]:
    """Yield what was found, how it is judged, and what was left out, a sentence each."""
    count = Counter(one.metric for one in proposal.services)
    says = {kind.metric: kind.says for kind in KINDS}
    for metric, number in count.items():
        theirs = f"SLOs of {'Sloth' if metric == SLOTH else 'Pyrra'}"
        yield f"{counted(number, 'service')} by `{metric}`: {says.get(metric, theirs)}."
    yield from _copies(proposal)
    for reason in sorted({one.lossy for one in proposal.services if one.lossy}):
        names = [one.name for one in proposal.services if one.lossy == reason]
        yield f"Lossy: {listed(names, _SHOWN)}: {reason}."
    for one in proposal.left_out:
        yield f"Left out: {listed(list(one.names), _SHOWN)}: {one.reason}."


def _copies(proposal: Proposal) -> Iterator[str]:
    several = [one for one in proposal.services if one.parts > 1]
    pairs = [one.name for one in proposal.services if one.replicas > 1]
    federated = [
        one.name
        for one in proposal.services
        if any("exported_instance" in labels for labels in one.members)
    ]
    if pairs:
        yield (
            f"Copies by replicas: {listed(pairs, _SHOWN)}; where two of them disagree, "
            "the time is unknown."
        )
    for need in sorted({one.quorum or "majority" for one in several}):
        names = [one.name for one in several if (one.quorum or "majority") == need]
        words = {"any": "any", "all": "all", "majority": "more than half"}[need]
        yield f"Of several series: {listed(names, _SHOWN)}; up while {words} of the known are up."
    if federated:
        yield (
            f"Federated: {listed(federated, _SHOWN)}; exact to the interval of the federation, "
            "not of their own."
        )
