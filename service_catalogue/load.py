"""services.yml -> Catalogue, every mistake at once."""

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from service_catalogue.check import check
from service_catalogue.model import Catalogue
from uptime_common.document import Check, Finding, load_document


def load_catalogue(path: Path, also: Check | None = None) -> Catalogue:
    """Read and validate a catalogue.

    Args:
        path: the file.
        also: finds in the plain data what only one program minds; its findings come with the rest.

    Raises:
        DocumentError: with every mistake found, each with file, line and path.
    """

    def judge(data: Any) -> Iterable[Finding]:
        return chain(check(data), also(data) if also else ())

    return load_document(path, Catalogue, judge)


def json_schema(report_formats: Sequence[str]) -> str:
    """Return the JSON Schema of services.yml, for editors; the engine knows the report formats."""
    schema = Catalogue.model_json_schema()
    format_: dict[str, Any] = schema["$defs"]["Report"]["properties"]["format"]
    format_["enum"] = list(report_formats)
    format_.pop("minLength", None)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Uptime Ledger catalogue"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
