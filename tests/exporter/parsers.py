"""Pages as those read them who scrape: prometheus_client's two parsers, and promtool."""

import shutil
import subprocess
from collections import Counter
from functools import cache

from prometheus_client import Metric as Parsed
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.host.scrape import Host
from uptime_common.exposition import EOF, Style

CHOSEN_BY_NODE_EXPORTER = (
    "'snake_case' not 'camelCase'",
    'use base unit "bytes" instead of "bits"',
)
"""What promtool minds of names that are node_exporter's."""
_LINTED, _FOUND = 0, 3  # exit codes; any other is a page that it cannot read


@cache
def _promtool() -> str | None:
    return shutil.which("promtool")


def linted(text: str) -> list[str]:
    """Return what promtool minds of a page in the text format; one that it refuses fails."""
    program = _promtool()
    if program is None:
        return []
    done = subprocess.run(
        [program, "check", "metrics"], input=text.encode(), capture_output=True, check=False
    )
    said = (done.stdout + done.stderr).decode()
    assert done.returncode in (_LINTED, _FOUND), said
    complaints = said.splitlines()
    return [c for c in complaints if not any(known in c for known in CHOSEN_BY_NODE_EXPORTER)]


def parsed(text: str, style: Style = "text", *, promtool: bool = True) -> dict[str, Parsed]:
    """Return the families of a page by name (OpenMetrics' EOF may be missing).

    Fails where a parser refuses it, or a name, header or series is there twice.
    """
    if style == "text":
        families = list(parse_text(text))
        if promtool:
            linted(text)
    else:
        families = list(parse_openmetrics(text.removesuffix(EOF) + EOF))  # type: ignore[no-untyped-call]  # it ships none
    heads = Counter(tuple(line.split(" ")[1:3]) for line in text.splitlines() if line[:2] == "# ")
    assert [
        head for head, count in heads.items() if count > 1 and head[0] in ("HELP", "TYPE")
    ] == []
    series = Counter(
        (sample.name, frozenset((k, v) for k, v in sample.labels.items() if v))
        for family in families
        for sample in family.samples
    )
    assert [one for one, count in series.items() if count > 1] == []
    found = {family.name: family for family in families}
    assert len(found) == len(families)
    return found


class CheckedHost(Host):
    """A host whose every page goes through the parsers before a test sees it."""

    def collect(self, style: Style) -> str:
        """Return the page; fails where a parser refuses it."""
        text = super().collect(style)
        parsed(text, style)
        return text
