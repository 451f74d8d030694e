"""How many of a service's series must be up for it to be up: one meaning for all that judge."""

from typing import Annotated, Literal

from pydantic import Field

from service_catalogue.base import Frozen, unit

Word = Literal["any", "majority", "all"]
Need = Word | Annotated[int, Field(ge=1, json_schema_extra=unit("series"))]


class Quorum(Frozen):
    """How many of a service's series must be up for it to be up, of those that are known.

    ``any`` is 1, ``all`` is all of them, ``majority`` more than half of them (a tie is unknown). A
    number: up where so many are up, down where so many are known and fewer are up, else unknown.
    """

    probes: Need = "all"
    """How many of a service's probes must be up: ``any``, ``majority``, ``all`` or a number."""
    locations: Need = "majority"
    """How many locations (or series of an expression) must be up, in the same words."""


def quorum(need: Need, up: int, down: int) -> bool | None:
    """Return whether the whole is up; None where that is unknown.

    Args:
        need: how many must be up.
        up: how many parts are known to be up.
        down: how many are known to be down; the unknown ones count nowhere.
    """
    if need == "majority":
        return None if up == down else up > down
    known = up + down
    least = {"any": 1, "all": max(known, 1)}[need] if isinstance(need, str) else need
    return up >= least if known >= least else None
