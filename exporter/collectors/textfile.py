"""Metrics that scripts leave in ``*.prom`` files, in Prometheus' text format."""

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, get_args

from exporter.collectors.support.api import Flag, System, names_in
from uptime_common.exposition import Family, Metric, MetricKind, Sample, gauge

MTIME = gauge(
    "node_textfile_mtime_seconds", "Unixtime mtime of textfiles successfully read.", "file"
)
ERROR = gauge(
    "node_textfile_scrape_error", "1 if there was an error opening or reading a file, 0 otherwise"
)
METRICS = (MTIME, ERROR)
DIRECTORY = "/var/lib/prometheus/node-exporter"
FLAGS = (Flag("textfile.directory", DIRECTORY, "folder of the *.prom files"),)

_log = logging.getLogger(__name__)
_SAMPLE = re.compile(
    r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{((?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*)\})?\s*([^\s{_]+)(\s+\S+)?"
)
_LABEL = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*\"((?:[^\"\\]|\\.)*)\"\s*(?:,|$)")
_KINDS: dict[str, MetricKind] = {kind: kind for kind in get_args(MetricKind)}
_BLANKS = " \t\r"
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


class Header(NamedTuple):
    """What HELP and TYPE lines said of a name."""

    kind: MetricKind = "untyped"
    help: str = ""


class Content(NamedTuple):
    """A file's families and the time of its last change, Unix seconds."""

    families: list[Family]
    mtime: float


def parse(text: str, file: str) -> list[Family]:
    """Parse the text format 0.0.4.

    Raises:
        ValueError: a line is wrong, or a sample has a timestamp (it would go stale unnoticed).
    """
    headers: dict[str, Header] = {}
    groups: dict[tuple[str, str, tuple[str, ...]], list[Sample]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            _header(line, headers)
        elif line.strip(_BLANKS):
            name, labels, value = _sample(line.strip(_BLANKS), number)
            base, suffix = _base(name, headers)
            names = tuple(key for key, _ in labels)
            values = tuple(text for _, text in labels)
            groups.setdefault((base, suffix, names), []).append((values, value))
    ordered = sorted(groups.items(), key=lambda item: item[0][0])
    metrics = (
        _metric(base, names, headers.get(base, Header()), file) for (base, _, names), _ in ordered
    )
    return [Family(m, found, key[1]) for m, (key, found) in zip(metrics, ordered, strict=True)]


def _metric(name: str, labels: tuple[str, ...], header: Header, file: str) -> Metric:
    return Metric(name, header.kind, header.help or f"Metric read from {file}", labels)


def _header(line: str, headers: dict[str, Header]) -> None:
    words = line.split(None, 3)
    if len(words) < 3 or words[1] not in ("HELP", "TYPE"):  # noqa: PLR2004 - "#", keyword, name
        return
    name, rest = words[2], words[3] if len(words) > 3 else ""  # noqa: PLR2004 - and the rest
    known = headers.get(name, Header())
    if words[1] == "HELP":
        headers[name] = known._replace(help=_unescape(rest))
    elif rest.strip() in _KINDS:
        headers[name] = known._replace(kind=_KINDS[rest.strip()])
    else:
        raise ValueError(f"{name} has an unknown type {rest.strip()!r}")


def _sample(line: str, number: int) -> tuple[str, list[tuple[str, str]], float]:
    match = _SAMPLE.fullmatch(line)
    if match is None:
        raise ValueError(f"line {number} is no sample: {line!r}")
    if match[4]:
        raise ValueError(f"line {number} has a timestamp")
    labels = _labels(match[2] or "")
    if labels is None:
        raise ValueError(f"line {number} has wrong labels: {line!r}")
    return match[1], labels, float(match[3])


def _labels(text: str) -> list[tuple[str, str]] | None:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = _LABEL.match(text, position)
        if match is None:
            return None
        found.append((match[1], _unescape(match[2])))
        position = match.end()
    return found


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


def _base(name: str, headers: dict[str, Header]) -> tuple[str, str]:
    """Split ``x_bucket`` into its histogram's name and the suffix."""
    for suffix in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix)
        if base != name and base in headers and suffix in _SUFFIXES.get(headers[base].kind, ()):
            return base, suffix
    return name, ""


class Files:
    """The parsed files, each parsed again only when it changed."""

    def __init__(self, _system: System) -> None:
        self._known: dict[Path, tuple[tuple[int, int, int], Content | ValueError]] = {}

    def read(self, path: Path) -> Content:
        """Return a file's content. Raises OSError, ValueError."""
        stat = path.stat()
        state = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        known = self._known.get(path)
        if known is None or known[0] != state:
            known = self._known[path] = state, _parsed(path, stat.st_mtime)
        if isinstance(known[1], ValueError):
            raise known[1]
        return known[1]

    def forget_all_but(self, paths: Iterable[Path]) -> None:
        """Forget the files that are gone."""
        for path in self._known.keys() - set(paths):
            del self._known[path]


def _parsed(path: Path, mtime: float) -> Content | ValueError:
    try:
        return Content(parse(path.read_bytes().decode(), str(path)), mtime)
    except ValueError as error:
        _log.error("textfile %s is left out: %s", path, error)
        return error


def read(system: System) -> Iterator[Family]:
    """Read the files; one that is wrong sets the error and loses only itself."""
    folder = Path(system.text("textfile.directory"))
    files = system.part(Files)
    contents: dict[Path, Content] = {}
    failed, paths = False, []
    try:
        paths = [folder / name for name in names_in(str(folder)) if name.endswith(".prom")]
    except OSError:
        # The default folder may be missing, a folder that somebody asked for may not.
        failed = str(folder) != DIRECTORY
    files.forget_all_but(paths)
    for path in paths:
        try:
            contents[path] = files.read(path)
        except (OSError, ValueError):
            failed = True
    yield from merge(content.families for content in contents.values())
    yield MTIME.of(*(((str(path),), content.mtime) for path, content in contents.items()))
    yield ERROR.value(failed)


def merge(groups: Iterable[list[Family]]) -> list[Family]:
    """Put families of one name side by side, under the first one's header."""
    by_name: dict[str, list[Family]] = {}
    for group in groups:
        for family in group:
            by_name.setdefault(family.metric.name, []).append(family)
    return [family for found in by_name.values() for family in found]
