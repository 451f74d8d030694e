"""People as the ledger names them: a name that is claimed, and the login that wrote it."""

import re
from typing import NamedTuple

from uptime_common.names import plain_name, skeleton

_SLACK = re.compile(r"(slack:[A-Z0-9]+)(?: \((.*)\))?")
_SLACK_ID = re.compile(r"slack:[A-Z0-9]+")
ENGINE = "sla-engine"
"""The login of what the engine writes by itself: for feeds and silences."""
_LOGIN = "login:"


class Actor(NamedTuple):
    """Who did something: the name that was claimed, and the login, None where none was kept.

    A login is ``slack:U...`` or ``login:NAME`` of an account of the machine.
    """

    author: str
    login: str | None = None


def slack_author(user: str, name: str) -> str:
    """Return the author's name of a Slack user: the stable id, and how people know it."""
    return f"slack:{user} ({name})" if name else f"slack:{user}"


def machine_login(account: str) -> str:
    """Return the login of an account of a machine."""
    return f"{_LOGIN}{account}"


def shown(author: str) -> str:
    """Return an author as people read it."""
    found = _SLACK.fullmatch(author)
    return (found and found[2]) or author


def claimed(name: str) -> str:
    """Return a name that somebody claims, in one way of writing it.

    Compatible letters are one (NFKC), white space is one blank, what nobody sees is gone.

    Raises:
        ValueError: nothing is left, or it is written like a login of Slack.
    """
    text = plain_name(name)
    if not text:
        raise ValueError("a name is empty")
    if re.match(rf"\W*{skeleton('slack:')}", skeleton(text).replace(" ", "")):
        raise ValueError(f"{text!r} is written like a login of Slack")
    return text


def same(one: Actor, other: Actor) -> bool:
    """Say whether two are, or may be, one person: two people are two logins.

    Of two Slack users the ids decide, as names change. Elsewhere one login is one person, whatever
    names it claims; and of two logins neither may claim the other's name or be called like it:
    four eyes are not two that have an account in each place.
    """
    first, second = _slack(one), _slack(other)
    if first and second:
        return first == second
    if one.login is not None and one.login == other.login:
        return True
    return bool(_names(one) & _names(other))


def _slack(actor: Actor) -> str | None:
    """Return the Slack id; older rows have it in the name alone."""
    if actor.login is not None:
        return actor.login if _SLACK_ID.fullmatch(actor.login) else None
    found = _SLACK.fullmatch(actor.author)
    return found[1] if found else None


def _names(actor: Actor) -> set[str]:
    names = {skeleton(shown(actor.author))}
    if actor.login is not None and actor.login.startswith(_LOGIN):
        names.add(skeleton(actor.login.removeprefix(_LOGIN)))
    return names
