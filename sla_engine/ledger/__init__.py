"""The ledger: tables, migrations, storage; imported by maintenance and above."""

from sla_engine.domain.outage_changes import Change
from sla_engine.ledger.books import Books
from sla_engine.ledger.engine import AbsentError, LedgerError, TamperedError, is_there, reason
from sla_engine.ledger.outbox import Delivery, Outbox, Thread
from sla_engine.ledger.rows import Derived
from sla_engine.ledger.snapshot import Decided, snapshot
from sla_engine.ledger.store import Ledger

__all__ = [
    "AbsentError",
    "Books",
    "Change",
    "Decided",
    "Delivery",
    "Derived",
    "Ledger",
    "LedgerError",
    "Outbox",
    "TamperedError",
    "Thread",
    "is_there",
    "reason",
    "snapshot",
]
