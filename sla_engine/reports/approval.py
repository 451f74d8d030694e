"""Who asked for planned work and approved it, in words: by name, or to a customer by how many."""

from sla_engine.domain.report import Planned, Work
from sla_engine.reports.language import Language, marked


def is_named(one: Work | Planned) -> bool:
    """Say whether a reader may know who asked for some work: a customer reads no names."""
    return bool(one.requester)


def approval(one: Work | Planned, say: Language) -> str:
    """Return whether some work was approved, and when, without saying by whom."""
    if one.approver is None:
        return say.phrase("not approved")
    if one.approved is None:
        text = marked("approved by two people") if one.by_two else marked("approved")
        return say.phrase(text)
    when = say.moment(one.approved)
    if one.by_two:
        return say.phrase("approved by two people, {when}", when=when)
    return say.phrase("approved, {when}", when=when)
