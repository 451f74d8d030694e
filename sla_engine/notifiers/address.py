"""Addresses: ``SCHEME:PLACE`` says which notifier tells, and where; a bare place is Slack's."""

import re
from typing import NamedTuple

DEFAULT = "slack"
SCHEMES = ("slack", "mail", "apprise", "console")
"""Those that there is a notifier for."""
_ADDRESS = re.compile(r"([a-z][a-z0-9+-]*):(.*)", re.DOTALL)


class Address(NamedTuple):
    """A notifier's scheme, and what the notifier knows the place by."""

    scheme: str
    place: str


def parse_address(text: str) -> Address:
    """Return an address; what names no scheme (``#ops``, ``C0123456``) is a channel of Slack."""
    found = _ADDRESS.fullmatch(text)
    return Address(found[1], found[2]) if found else Address(DEFAULT, text)


def canonical(text: str) -> str:
    """Return the one spelling of an address that the ledger holds.

    Slack's channels stay bare there: so every version has written them, and a thread goes on.
    """
    scheme, place = parse_address(text)
    return place if scheme == DEFAULT else f"{scheme}:{place}"
