"""The ledger: tables, migrations, storage."""

from sla_engine.ledger.engine import LedgerError
from sla_engine.ledger.rows import Change, Derived, NoticeRow
from sla_engine.ledger.store import Ledger

__all__ = ["Change", "Derived", "Ledger", "LedgerError", "NoticeRow"]
