"""A service's state from its probes' states."""

from collections.abc import Collection
from typing import Literal

Need = Literal["any", "majority", "all"] | int


def quorum(need: Need, states: Collection[bool | None]) -> bool | None:
    """Return whether a service is up; None where the states cannot tell.

    Args:
        need: a word judges the probes that are known; a number of probes counts all of them, so
            that the unknown ones leave it open as long as they could decide.
        states: one per probe; None is unknown.
    """
    listed = list(states)
    up, down = listed.count(True), listed.count(False)
    if isinstance(need, int):
        return _at_least(need, up, len(states) - down)
    if up + down == 0:
        return None
    return {"any": up > 0, "majority": up > down, "all": down == 0}[need]


def _at_least(need: int, least: int, most: int) -> bool | None:
    if least >= need:
        return True
    return False if most < need else None
