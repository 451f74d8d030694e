"""A silence as a value, and as the v2 API writes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple


class Matcher(NamedTuple):
    """``name=value``, ``!=``, ``=~`` or ``!~``; a label that is not there is the empty string."""

    name: str
    value: str
    regex: bool = False
    equal: bool = True

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether an alert with these labels is meant; a regex is anchored.

        Raises:
            re.error: Python cannot read the regex, which is written for RE2.
        """
        found = labels.get(self.name, "")
        same = bool(re.fullmatch(self.value, found)) if self.regex else found == self.value
        return same == self.equal


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that match all matchers are quiet in ``[start, end)``; milliseconds UTC.

    ``id`` is empty before Alertmanager gives one; ``expired`` ones are kept for some days.
    """

    matchers: tuple[Matcher, ...]
    start: int
    end: int
    author: str
    comment: str
    id: str = ""
    expired: bool = False


def parse(data: Mapping[str, Any]) -> Silence:
    """Read a silence of the API.

    Raises:
        KeyError, TypeError, ValueError: it has not the API's shape.
    """
    return Silence(
        tuple(
            Matcher(m["name"], m["value"], m["isRegex"], m.get("isEqual", True))
            for m in data["matchers"]
        ),
        _milliseconds(data["startsAt"]),
        _milliseconds(data["endsAt"]),
        data["createdBy"],
        data["comment"],
        data["id"],
        data["status"]["state"] == "expired",
    )


def document(silence: Silence) -> dict[str, Any]:
    """Return a silence in the API's shape; with an id it replaces that one."""
    given = {
        "matchers": [
            {"name": m.name, "value": m.value, "isRegex": m.regex, "isEqual": m.equal}
            for m in silence.matchers
        ],
        "startsAt": _rfc3339(silence.start),
        "endsAt": _rfc3339(silence.end),
        "createdBy": silence.author,
        "comment": silence.comment,
    }
    return given | ({"id": silence.id} if silence.id else {})


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _rfc3339(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
