"""services.yml -> Catalogue, every mistake at once."""

import json
from pathlib import Path

from catalogue.check import check
from catalogue.model import Catalogue
from toolkit.document import load_document


def load_catalogue(path: Path) -> Catalogue:
    """Read and validate a catalogue.

    Raises:
        DocumentError: with every mistake found, each with file, line and path.
    """
    return load_document(path, Catalogue, check)


def json_schema() -> str:
    """Return the JSON Schema of services.yml, for editors."""
    schema = Catalogue.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Uptime Ledger catalogue"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
