"""What a case is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.faults.world import World

NOT_A_VERDICT = "1: our own fault is no verdict"
ITS_OWN = "2: the fault of one stays its own"
OWN_TIME = "3: every figure carries its own time"
TIME = "4: the wall clock may step"
BOUNDED = "5: bounded"
NOTHING_LOST = "6: nothing lost, nothing doubled"

Run = Callable[[World], Iterator[str]]
"""Brings a fault about in a world, lets it go, and yields what was violated."""


@dataclass(frozen=True)
class Case:
    """A fault, the promise that it is held to, and what runs it.

    ``database`` names the ledger's; ``cheap`` ones are the short form.
    """

    group: str
    fault: str
    promise: str
    run: Run
    database: str = "sqlite"
    cheap: bool = False
