"""Seals of reports in the audit chain."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson
import sqlalchemy as sa

from sla_engine.ledger import audit

_ACTION = "seal"


class Proof(NamedTuple):
    """What a chain says of a seal; ``unbroken`` is None, or the first row that does not fit."""

    unbroken: str | None
    has_head: bool
    has_seal: bool


def remember(connection: sa.Connection, seal: Mapping[str, str], now: int) -> None:
    """Write a seal into the chain (``now`` in ms UTC), in the caller's transaction."""
    entry = audit.Entry(now, "sla-engine", _ACTION, seal["period"], dict(seal))
    audit.append(connection, [entry])


def proof_of(connection: sa.Connection, seal: Mapping[str, str]) -> Proof:
    """Return what the chain says of a seal."""
    links = list(audit.read(connection))
    after = 0 if seal["ledger"] == "none" else None
    remembered = False
    for link in links:
        if str(audit.Head(link.seq, link.hash)) == seal["ledger"]:
            after = link.seq
        elif after is not None and link.action == _ACTION:
            remembered = remembered or orjson.loads(link.payload) == dict(seal)
    return Proof(audit.broken(links), after is not None, remembered)
