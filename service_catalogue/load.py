"""services.yml -> Catalogue, every mistake at once."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from service_catalogue.check import check
from service_catalogue.cron import schedule_mistakes
from service_catalogue.model import Catalogue
from service_catalogue.window_check import window_mistakes
from uptime_common.document import Finding, load_document, parse_document


def load_catalogue(path: Path, now: int | None = None) -> Catalogue:
    """Read and validate a catalogue.

    Args:
        path: the file.
        now: ms UTC; maintenance windows that are over by then are not held to the bounds of those
            that are to come. None: all of them are.

    Raises:
        DocumentError: with every mistake found, each with file, line and path; nothing else.
    """
    return load_document(path, Catalogue, partial(_judge, _moment(now)))


def parse_catalogue(text: str, file: str, now: int | None = None) -> Catalogue:
    """Validate the text of a catalogue; see `load_catalogue`."""
    return parse_document(text, file, Catalogue, partial(_judge, _moment(now)))


def _moment(now: int | None) -> datetime | None:
    return None if now is None else datetime.fromtimestamp(now / 1000, UTC)


def _judge(now: datetime | None, data: Any) -> Iterable[Finding]:
    return chain(check(data), schedule_mistakes(data), window_mistakes(data, now))


def json_schema() -> str:
    """Return the JSON Schema of services.yml, for editors."""
    schema = Catalogue.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Uptime Ledger catalogue"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
