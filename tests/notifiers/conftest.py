"""Fixtures of the tests of notifiers, which are those of notices."""

from tests.notices.conftest import blank_paper, ledger, slack

__all__ = ["blank_paper", "ledger", "slack"]
