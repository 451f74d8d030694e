"""People as the ledger names them: a name that is claimed, and the login that wrote it."""

import re
import unicodedata
from typing import NamedTuple

_SLACK = re.compile(r"(slack:[A-Z0-9]+)(?: \((.*)\))?")
_SLACK_ID = re.compile(r"slack:[A-Z0-9]+")
ENGINE = "sla-engine"
"""The login of what the engine writes by itself: for feeds and silences."""
_LOGIN = "login:"
# Unicode TR39, confusables: letters of other scripts that look like these Latin ones.
_LOOKALIKES = {
    "a": "\u0430\u03b1\u0251",
    "b": "\u0185\u044c\u042c",
    "c": "\u0441\u03f2",
    "d": "\u0501",
    "e": "\u0435\u04bd",
    "f": "\ua799",
    "g": "\u0261\u0581",
    "h": "\u04bb\u0570",
    "i": "\u0456\u03b9\u0131\u02691|",
    "j": "\u0458\u03f3",
    "k": "\u03ba\u043a",
    "m": "\u043c",
    "n": "\u0578\u043f",
    "o": "\u043e\u03bf\u0585\u03c30",
    "p": "\u0440\u03c1",
    "q": "\u051b\u0566",
    "r": "\u0433",
    "s": "\u0455",
    "t": "\u0442\u03c4",
    "u": "\u03c5\u057d",
    "v": "\u03bd\u0475",
    "w": "\u051d\u0561",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u04af",
    "z": "\u1d22",
}
_LATIN = str.maketrans({look: to for to, looks in _LOOKALIKES.items() for look in looks})


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
    text = " ".join(_seen(unicodedata.normalize("NFKC", name)).split())
    if not text:
        raise ValueError("a name is empty")
    if skeleton(text).replace(" ", "").startswith(skeleton("slack:")):
        raise ValueError(f"{text!r} is written like a login of Slack")
    return text


def skeleton(name: str) -> str:
    """Return what two names share that people take for one, however they are written."""
    plain = unicodedata.normalize("NFKC", _seen(unicodedata.normalize("NFKC", name)).casefold())
    parts = unicodedata.normalize("NFD", " ".join(plain.split()).translate(_LATIN))
    # An l is a stroke as an i is, and is drawn as one in many fonts.
    return "".join(c for c in parts if not unicodedata.combining(c)).replace("l", "i")


def _seen(text: str) -> str:
    """Return a text without what has no shape; control characters become blanks."""
    kinds = ((c, unicodedata.category(c)) for c in text)
    return "".join(" " if kind == "Cc" else c for c, kind in kinds if kind != "Cf")


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
