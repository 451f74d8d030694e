"""Why something failed, as data and in words; of a target only what holds no secret."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit, urlunsplit

_FEW = 3
_LONG = 200  # characters of a target or a series

_WORDS: Final = {
    "timeout": "no answer in time from {target}",
    "resolve": "no address for {target}",
    "refused": "refused by {target}",
    "unreachable": "no way to {target}",
    "reset": "connection closed by {target}",
    "tls": "TLS handshake failed with {target}",
    "certificate_expired": "certificate expired at {target}",
    "certificate_hostname": "certificate of another name at {target}",
    "certificate_untrusted": "certificate not trusted at {target}",
    "certificate_invalid": "certificate not valid at {target}",
    "protocol": "no answer of the protocol from {target}",
    "redirect": "redirected wrongly by {target}",
    "size": "answer too long from {target}",
    "header": "unexpected header from {target}",
    "body": "unexpected body from {target}",
    "answer": "unexpected answer from {target}",
    "loss": "packets lost to {target}",
    "stale": "too old: {target}",
    "missing": "not there: {target}",
    "authentication": "credentials refused by {target}",
    "oauth2": "no token for {target}",
}
_DOWN = "{target} is down"
_EVENTS = "{failed} of {total} events failed in its first minute"
_WAS = "{target} was {value}"
_EXPRESSION = "the expression was {value}"
_STATUS, _WRONG = "status {status} from {target}", "wrong status of {target}"
_FAILED = "failed: {target}"
_PLACES = "{n} of {total} locations"
_MORE = "{names} and {n} more"
TEXTS: Final = (
    *_WORDS.values(), _DOWN, _EVENTS, _WAS, _EXPRESSION, _STATUS, _WRONG, _FAILED, _PLACES, _MORE,
)  # fmt: skip
"""All that `failure_words` may say, for who translates it."""


class Phrase(Protocol):
    """What puts a text into a reader's words, with its fields filled in."""

    def __call__(self, text: str, /, **fields: object) -> str:
        """Return the text in words of the reader."""


def _in_english(text: str, /, **fields: object) -> str:
    return text.format(**fields)


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


def without_targets(found: Failures, service: str) -> Failures:
    """Return it as who knows a service by its name alone may read it.

    Our hosts, places and queries, and what a service is made of, are left out.
    """
    failed = (
        one._replace(target=service, detail=one.detail if one.reason == "status" else "")
        if one.kind == "probe"
        else one._replace(target="")
        for one in found.failed
        if one.kind in {"probe", "events"}
    )
    return found._replace(failed=tuple(failed))


def failure_words(found: Failures, say: Phrase = _in_english) -> str:
    """Return why, in one line: ``refused by shop-2:443 (ECONNREFUSED); 3 of 3 locations``."""
    said: dict[str, None] = dict.fromkeys(_said(one, say) for one in found.failed)
    if not said:
        return ""
    words = _some(list(said), "; ", say)
    places = {one.location for one in found.failed if one.kind == "probe"}
    if found.locations > 1 and places:
        words += f"; {say(_PLACES, n=len(places), total=found.locations)}"
    return words


def _said(one: Failure, say: Phrase) -> str:
    target = _short(one.target)
    if one.kind == "component":
        return say(_DOWN, target=target)
    if one.kind == "events":
        failed, _, total = one.detail.partition("/")
        return say(_EVENTS, failed=failed, total=total)
    if one.kind == "series":
        return say(_WAS if target else _EXPRESSION, target=target, value=one.detail)
    if one.reason == "status":
        return say(_STATUS if one.detail else _WRONG, status=one.detail, target=target)
    known = _WORDS.get(one.reason)
    if known is None:
        return say(_FAILED, target=target)
    return say(known, target=target) + (f" ({one.detail})" if one.detail else "")


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def _some(said: Sequence[str], between: str, say: Phrase) -> str:
    more, names = len(said) - _FEW, between.join(said[:_FEW])
    return say(_MORE, names=f"{names}{between.rstrip()}", n=more) if more > 0 else names


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
