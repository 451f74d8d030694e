"""Reports are told from the ledger that notices are told from."""

from tests.notices.conftest import ledger, slack

__all__ = ["ledger", "slack"]
