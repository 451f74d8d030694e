"""Slack at its worst, and what must be true afterwards: for the fault tests and the benchmark."""

from random import Random
from typing import Any

from service_catalogue import Catalogue
from sla_engine.domain.notice import OutageSnapshot, outage_notice
from sla_engine.domain.outage import outage_id
from sla_engine.ledger import Outbox
from tests.catalogues import catalogue
from tests.programs.slack import Slack

T0 = 1_791_008_130_000
PASSING = (
    "rate_limited", "server_error", "server_error_after", "reset", "reset_after", "timeout_after",
    "internal_error",
)  # fmt: skip
PERMANENT = ("invalid_auth", "channel_not_found")


def fault_maker(random: Random, share: float, *, permanent: bool = True) -> Any:
    """Return a ``fault`` that spoils that share of the calls, one in twenty of them for good."""

    def fault(_method: str) -> str | None:
        if random.random() >= share:
            return None
        lasting = permanent and random.random() < 0.05
        return random.choice(PERMANENT if lasting else PASSING)

    return fault


def book(count: int) -> Catalogue:
    """Return that many services and no digest."""
    return catalogue(*(f"s{i}" for i in range(count)), slack={"flood_limit": 10_000})


def open_outage(outbox: Outbox, number: int) -> None:
    """Write that service ``number`` went down."""
    _write(outbox, "opened", number, OutageSnapshot(outage_id(f"s{number}", T0), T0, None))


def end_outage(outbox: Outbox, number: int) -> None:
    """Write that it came back."""
    end = T0 + 60_000 * (number + 1)
    _write(outbox, "resolved", number, OutageSnapshot(outage_id(f"s{number}", T0), T0, end))


def _write(outbox: Outbox, kind: Any, number: int, facts: OutageSnapshot) -> None:
    outbox.add([outage_notice(kind, f"s{number}", facts, T0 + number)])


def wrong_threads(slack: Slack, count: int) -> list[str]:
    """Return what is not exactly one thread with one final state, by outage.

    A thread whose first attempt was given up begins with the final state and has no answer.
    """
    wrong = []
    for number in range(count):
        name = f"s{number} "
        roots = [m for m in slack.roots() if f" {name}" in m["text"]]
        if len(roots) != 1:
            wrong.append(f"{name}: {len(roots)} threads")
            continue
        if "(resolved)" not in roots[0]["text"]:
            wrong.append(f"{name}: final state {roots[0]['text']!r}")
        told = slack.replies(roots[0]["ts"])
        if len(told) > 1:
            wrong.append(f"{name}: {len(told)} answers")
    return wrong
