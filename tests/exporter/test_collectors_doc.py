"""docs/collectors.md says what the registry says; ``pytest --update-golden`` writes it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.collectors import LINUX, portable
from exporter.collectors.support.api import Collector

DOC = Path(__file__).parents[2] / "docs/collectors.md"
MARK = (
    "<!-- from here on written by: pytest --update-golden tests/exporter/test_collectors_doc.py -->"
)


def _section(name: str, collector: Collector) -> Iterator[str]:
    about = (
        (sys.modules[collector.read.__module__].__doc__ or "")
        .strip()
        .splitlines()[0]
        .replace("``", "`")
    )
    state = "" if collector.enabled else " *(off by default)*"
    also = " *(macOS, Windows too)*" if name in portable.PORTABLE else ""
    yield f"\n### {name}{state}{also}\n\n{about}\n\n"
    if collector.pattern:
        yield f"- names that the kernel chooses: `{collector.pattern}`\n"
    for metric in collector.metrics:
        labels = f"{{{','.join(metric.labels)}}}" if metric.labels else ""
        yield f"- `{metric.name}{labels}` {metric.kind}: {metric.help}\n"
    for flag in collector.flags:
        switch = isinstance(flag.default, bool)
        text = f"`{flag.default}`" if flag.default else "none"
        default = ("on" if flag.default else "off") if switch else text
        yield f"- flag `--collector.{flag.name}`: {flag.help} (default: {default})\n"


def test_the_reference_is_what_the_code_says(request: pytest.FixtureRequest) -> None:
    text = DOC.read_text(encoding="utf-8")
    written, mark, _ = text.partition(MARK)
    assert mark, "the mark is gone"
    parts = (part for name, c in sorted(LINUX.items()) for part in _section(name, c))
    expected = written + MARK + "\n" + "".join(parts)
    if request.config.getoption("--update-golden"):
        DOC.write_text(expected, encoding="utf-8")
    assert DOC.read_text(encoding="utf-8") == expected
