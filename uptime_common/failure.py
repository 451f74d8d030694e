"""Why something failed, as data and in words; of a target only what holds no secret."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

_FEW = 3
_LONG = 200  # characters of a target or a series

_WORDS: Final = {
    "timeout": "no answer in time from",
    "resolve": "no address for",
    "refused": "refused by",
    "unreachable": "no way to",
    "reset": "connection closed by",
    "tls": "TLS handshake failed with",
    "certificate_expired": "certificate expired at",
    "certificate_hostname": "certificate of another name at",
    "certificate_untrusted": "certificate not trusted at",
    "certificate_invalid": "certificate not valid at",
    "protocol": "no answer of the protocol from",
    "redirect": "redirected wrongly by",
    "size": "answer too long from",
    "header": "unexpected header from",
    "body": "unexpected body from",
    "answer": "unexpected answer from",
    "loss": "packets lost to",
    "stale": "too old:",
    "missing": "not there:",
    "authentication": "credentials refused by",
    "oauth2": "no token for",
}


class Failure(NamedTuple):
    """One thing that failed when an outage began.

    ``kind`` is ``probe``, ``series`` (of a PromQL source), ``events`` or ``component``. Of a probe
    ``reason``, ``phase`` and ``detail`` are the exporter's labels; of the others ``detail`` is the
    value that was found: a number, or ``3/20`` of events.
    """

    kind: str
    target: str
    location: str = ""
    phase: str = ""
    reason: str = ""
    detail: str = ""


class Failures(NamedTuple):
    """What failed, and in how many locations the same was asked for (0: nobody knows)."""

    failed: tuple[Failure, ...]
    locations: int = 0


def plain_target(target: str) -> str:
    """Return a target without what may be secret: user and password, query, fragment."""
    if "://" not in target:
        return target
    try:
        parts = urlsplit(target)
    except ValueError:
        return target.partition("://")[0] + "://"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def failure_words(found: Failures) -> str:
    """Return why, in one line: ``refused by shop-2:443 (ECONNREFUSED); 3 of 3 locations``."""
    said: dict[str, None] = dict.fromkeys(_said(one) for one in found.failed)
    if not said:
        return ""
    words = _some(list(said), "; ")
    places = {one.location for one in found.failed if one.kind == "probe"}
    if found.locations > 1 and places:
        words += f"; {len(places)} of {found.locations} locations"
    return words


def _said(one: Failure) -> str:
    target = _short(one.target)
    if one.kind == "component":
        return f"{target} is down"
    if one.kind == "events":
        failed, _, total = one.detail.partition("/")
        return f"{failed} of {total} events failed in its first minute"
    if one.kind == "series":
        return f"{target or 'the expression'} was {one.detail}"
    if one.reason == "status":
        return f"status {one.detail} from {target}" if one.detail else f"wrong status of {target}"
    known = _WORDS.get(one.reason)
    if known is None:
        return f"failed: {target}"
    return f"{known} {target}" + (f" ({one.detail})" if one.detail else "")


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def _some(said: Sequence[str], between: str) -> str:
    more = len(said) - _FEW
    return between.join(said[:_FEW]) + (f"{between}and {more} more" if more > 0 else "")


def to_json(found: Failures) -> dict[str, object]:
    """Return it as JSON; `from_json` reads it."""
    return {"locations": found.locations, "failed": [one._asdict() for one in found.failed]}


def from_json(document: dict[str, object]) -> Failures:
    """Return what `to_json` wrote.

    Raises:
        ValueError: it is none.
    """
    failed, locations = document.get("failed"), document.get("locations")
    if not isinstance(failed, Iterable) or not isinstance(locations, int):
        raise ValueError("no reasons of an outage")  # noqa: TRY004 - of a document, not of a caller
    return Failures(tuple(Failure(**one) for one in failed), locations)
