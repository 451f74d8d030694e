"""Fixtures of the tests of notifiers, which are those of notices."""

from tests.notices.conftest import ledger, slack

__all__ = ["ledger", "slack"]
