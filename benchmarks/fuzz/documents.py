"""services.yml: the only outcomes of a text are a Catalogue and a DocumentError."""

from typing import Final

from service_catalogue.load import parse_catalogue
from uptime_common.document import DocumentError
from uptime_common.source_file import SourceError, decoded

SEEDS: Final = (
    "tests/service_catalogue/bad/*.yml",
    "tests/service_catalogue/corpus/*.yml",
    "examples/**/*.yml",
)
NOW: Final = 1_790_000_000_000  # ms UTC; the same on every run


def one_input(content: bytes) -> None:
    """Read one text; an exception of another type is a finding."""
    try:
        text = decoded(content)
    except SourceError:
        return
    try:
        parse_catalogue(text, "services.yml", NOW)
    except DocumentError as error:
        lines = [str(problem) for problem in error.problems]
        if not lines or not all(line.isprintable() for line in lines):
            raise AssertionError(lines) from error
