"""Metrics that scripts leave in ``*.prom`` files, in Prometheus' text format."""

import logging
import re
from collections.abc import Iterable, Mapping
from glob import glob, has_magic
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from exporter.collectors.support.api import Flag, System, names_in
from exporter.page import render, tidy
from uptime_common.exposition import EOF, Family, Metric, MetricKind, Part, Sample, gauge

MTIME = gauge(
    "node_textfile_mtime_seconds", "Unixtime mtime of textfiles successfully read.", "file"
)
ERROR = gauge(
    "node_textfile_scrape_error", "1 if there was an error opening or reading a file, 0 otherwise"
)
METRICS = (MTIME, ERROR)
DIRECTORY = "/var/lib/prometheus/node-exporter"
FLAGS = (
    Flag(
        "textfile.directory",
        DIRECTORY,
        "folder of the *.prom files, or a glob of folders; may be given several times",
        many=True,
    ),
)

_log = logging.getLogger(__name__)
_SAMPLE = re.compile(
    r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{((?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*)\})?\s*([^\s{_]+)(\s+\S+)?"
)
_LABEL = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*\"((?:[^\"\\]|\\.)*)\"\s*(?:,|$)")
_KINDS: dict[str, MetricKind] = {kind: kind for kind in get_args(MetricKind)}
_NO_HELP = "Metric read from "
_BLANKS = " \t\r"
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


class Header(NamedTuple):
    """What HELP and TYPE lines said of a name; empty where there was none."""

    kind: MetricKind | Literal[""] = ""
    help: str = ""


class Content(NamedTuple):
    """A file's families and the time of its last change, Unix seconds."""

    families: list[Family]
    mtime: float


def parse(text: str, file: str) -> list[Family]:
    """Parse the text format 0.0.4.

    What is not of the kind that its TYPE says (a negative counter, a histogram without its last
    bucket) is untyped: parsers of OpenMetrics would refuse the whole page.

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
    found: dict[str, list[Family]] = {}
    for (base, suffix, names), samples in ordered:
        metric = _metric(base, names, headers.get(base, Header()), file)
        found.setdefault(base, []).append(Family(metric, samples, suffix))
    return [family for families in found.values() for family in _true_to_type(families)]


def _metric(name: str, labels: tuple[str, ...], header: Header, file: str) -> Metric:
    return Metric(name, header.kind or "untyped", header.help or f"{_NO_HELP}{file}", labels)


def _true_to_type(families: list[Family]) -> list[Family]:
    """Return the families of one name; untyped where they are not what their TYPE says."""
    kind = families[0].metric.kind
    if kind not in ("counter", "histogram", "summary"):
        return families
    try:
        text = render(families, "openmetrics") + EOF
        list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # it ships none
    except ValueError:
        return [
            Family(Metric(m.name + suffix, "untyped", m.help, m.labels), samples)
            for m, samples, suffix in families
        ]
    return families


def _header(line: str, headers: dict[str, Header]) -> None:
    words = line.split(None, 3)
    if len(words) < 3 or words[1] not in ("HELP", "TYPE"):  # noqa: PLR2004 - "#", keyword, name
        return
    name, rest = words[2], words[3] if len(words) > 3 else ""  # noqa: PLR2004 - and the rest
    known, rest = headers.get(name, Header()), rest.rstrip(_BLANKS)
    if words[1] == "HELP":
        new = known._replace(help=_unescape(rest))
    elif rest in _KINDS:
        new = known._replace(kind=_KINDS[rest])
    else:
        raise ValueError(f"{name} has an unknown type {rest!r}")
    if new != known and (known.kind, known.help)[words[1] == "HELP"]:
        raise ValueError(f"{name} has two {words[1]} lines")
    headers[name] = new


def _sample(line: str, number: int) -> tuple[str, list[tuple[str, str]], float]:
    match = _SAMPLE.fullmatch(line)
    if match is None:
        raise ValueError(f"line {number} is no sample: {line!r}")
    if match[4]:
        raise ValueError(f"line {number} has a timestamp")
    labels = _labels(match[2] or "")
    if labels is None or len(dict(labels)) < len(labels):
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


class Merged:
    """What the files say together; the same list while they say the same."""

    def __init__(self, _system: System) -> None:
        self._of: object = None
        self._families: list[Part] = []
        self._told: list[str] = []

    def families(self, contents: Mapping[Path, Content], *, failed: bool) -> list[Part]:
        """Return the families of all files, and about them."""
        now = (failed, [(path, id(content)) for path, content in contents.items()])
        if now == self._of:
            return self._families
        merged, told = merge(content.families for content in contents.values())
        if told != self._told:
            for what in told:
                _log.error("textfile: left out: %s", what)
        mtime = MTIME.of(*(((str(path),), content.mtime) for path, content in contents.items()))
        self._of, self._told = now, told
        self._families = [*merged, mtime, ERROR.value(failed or bool(told))]
        return self._families


def read(system: System) -> list[Part]:
    """Read the files; one that is wrong sets the error and loses only itself."""
    files = system.part(Files)
    contents: dict[Path, Content] = {}
    failed, paths = False, []
    for folder in system.text("textfile.directory").split("\n"):
        found = _paths(folder)
        failed = failed or found is None
        paths += found or []
    files.forget_all_but(paths)
    for path in paths:
        try:
            contents[path] = files.read(path)
        except (OSError, ValueError):
            failed = True
    return system.part(Merged).families(contents, failed=failed)


def _paths(pattern: str) -> list[Path] | None:
    """Return the files of the folders that a glob finds; None where one cannot be read."""
    folders = sorted(glob(pattern)) if has_magic(pattern) else [pattern]  # noqa: PTH207 - absolute
    try:
        return [Path(f, name) for f in folders for name in names_in(f) if name.endswith(".prom")]
    except OSError:
        # The default folder may be missing, a folder that somebody asked for may not.
        return [] if pattern == DIRECTORY else None


def merge(groups: Iterable[list[Family]]) -> tuple[list[Part], list[str]]:
    """Put families of one name side by side, each series once, under one header.

    Returns:
        the families, and what was left out: series that are there twice, families of another type
        than the first one's, and of several HELP texts all but the first.
    """
    helps: dict[str, dict[str, None]] = {}
    families = [family for group in groups for family in group]
    for family in families:
        helps.setdefault(family.metric.name, {})[family.metric.help] = None
    merged, told = tidy(families, METRICS)
    shown: dict[str, str] = {}
    for name, texts in helps.items():
        own = [text for text in texts if not text.startswith(_NO_HELP)]
        files = ", ".join(text.removeprefix(_NO_HELP) for text in texts)
        shown[name] = own[0] if own else _NO_HELP + files
        told += [f"another HELP of {name}: {text}" for text in own[1:]]
    return [_under(family, shown) for family in merged if isinstance(family, Family)], told


def _under(family: Family, helps: Mapping[str, str]) -> Family:
    metric, text = family.metric, helps[family.metric.name]
    if metric.help == text:
        return family
    return family._replace(metric=Metric(metric.name, metric.kind, text, metric.labels))
