"""services.yml -> Catalogue, every mistake at once."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from service_catalogue.check import check
from service_catalogue.cron import schedule_mistakes
from service_catalogue.model import Catalogue
from service_catalogue.window_check import window_mistakes
from uptime_common.document import Finding, load_hashed, parse_document

Judge = Callable[[Any], Iterable[Finding]]


def load_catalogue(path: Path, now: int | None = None, also: Judge | None = None) -> Catalogue:
    """Read and validate a catalogue.

    Args:
        path: the file.
        now: ms UTC; maintenance windows that are over by then are not held to the bounds of those
            that are to come. None: all of them are.
        also: finds in the plain data what only one program can judge.

    Raises:
        DocumentError: with every mistake found, each with file, line and path; nothing else.
    """
    catalogue, digest = load_hashed(path, Catalogue, partial(_judge, _moment(now), also))
    return catalogue.of_time(digest=digest)


def says_nothing(path: Path) -> bool:
    """Say whether a file is there that holds nothing, or comments alone: somebody begins."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError):
        return False
    return all(line.lstrip()[:1] in ("", "#") for line in lines)


def empty_catalogue() -> Catalogue:
    """Return what a program starts with where the file says nothing yet; its terms are nobody's."""
    said = {"organization": "nobody yet", "timezone": "UTC", "services": ()}
    return Catalogue.model_validate(said).of_time(written=False)


def parse_catalogue(text: str, file: str, now: int | None = None) -> Catalogue:
    """Validate the text of a catalogue; see `load_catalogue`."""
    return parse_document(text, file, Catalogue, partial(_judge, _moment(now), None))


def _moment(now: int | None) -> datetime | None:
    return None if now is None else datetime.fromtimestamp(now / 1000, UTC)


def _judge(now: datetime | None, also: Judge | None, data: Any) -> Iterable[Finding]:
    own = also(data) if also else ()
    return chain(check(data), schedule_mistakes(data), window_mistakes(data, now), own)


def json_schema(report_formats: Sequence[str]) -> str:
    """Return the JSON Schema of services.yml, for editors; the engine knows the report formats."""
    schema = Catalogue.model_json_schema()
    format_: dict[str, Any] = schema["$defs"]["Report"]["properties"]["format"]
    format_["enum"] = list(report_formats)
    format_.pop("minLength", None)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Uptime Ledger catalogue"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
