"""YAML documents validated into pydantic models, every mistake at once with file, line and path."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from yaml.scanner import ScannerError

from uptime_common.complaints import complaint, syntax_complaint
from uptime_common.shown import shown_key
from uptime_common.source_file import SourceError, check_characters, read_hashed
from uptime_common.yaml_tree import BROKEN, Location, Mark, Tree, TreeBuilder, TreeError
from uptime_common.yaml_tree import Finding as TreeFinding

Model = TypeVar("Model", bound=BaseModel)
Finding = tuple[Location, str]
Check = Callable[[Any], Iterable[Finding]]


class _SafeLoader(yaml.SafeLoader):
    """PyYAML's, which tells an escape beyond Unicode by its place as libyaml does."""

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> Any:
        """Return the pieces of a quoted scalar up to the next blank."""
        try:
            return super().scan_flow_scalar_non_spaces(double, start_mark)
        except (OverflowError, ValueError):  # of chr()
            wrong = "an escape names a character that does not exist"
            raise ScannerError(None, None, wrong, self.get_mark()) from None


_SLOW = _SafeLoader
_FAST = getattr(yaml, "CSafeLoader", _SLOW)  # PyYAML may be built without libyaml
_EXPLAINED = 1 << 18  # characters: beyond, the slow parser's words are not worth its time
_LONGEST = 1000


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a document; ``line`` counts from 1."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        """Return the mistake as compilers print it: ``file:line: path: message``."""
        where = f"{self.file}:{self.line}: "
        return f"{where}{self.path}: {self.message}" if self.path else where + self.message


class DocumentError(Exception):
    """A document cannot be used; ``problems`` holds every mistake in the order of its lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def _no_check(_data: Any) -> Iterable[Finding]:
    return ()


def load_document(path: Path, model: type[Model], check: Check = _no_check) -> Model:
    """Read a YAML file into a model.

    Args:
        path: the file.
        model: the pydantic model of the whole document.
        check: judges what crosses fields: gets the plain data (of any shape, so that its mistakes
            are told together with the model's) and yields (location, message) for each mistake.

    Raises:
        DocumentError: with every mistake found; nothing else, whatever the file holds.
    """
    return load_hashed(path, model, check)[0]


def load_hashed(path: Path, model: type[Model], check: Check = _no_check) -> tuple[Model, str]:
    """Read a YAML file into a model as `load_document` does; return the file's SHA-256, too."""
    try:
        text, digest = read_hashed(path)
    except SourceError as error:
        raise DocumentError([Problem(str(path), error.line, "", str(error))]) from error
    return parse_document(text, str(path), model, check), digest


def parse_document(
    text: str,
    file: str,
    model: type[Model],
    check: Check = _no_check,
) -> Model:
    """Validate YAML text into a model; see `load_document`."""
    try:
        check_characters(text)
    except SourceError as error:
        raise DocumentError([Problem(file, error.line, "", str(error))]) from error
    with _no_collections():
        return _parse(text, file, model, check)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Let the garbage collector rest: a large document makes no circles, only much to search."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _parse(text: str, file: str, model: type[Model], check: Check) -> Model:
    tree = _read(text, file)
    problems = [_found(file, finding) for finding in tree.findings]
    problems += [_problem(file, tree, *finding) for finding in check(tree.data)]
    try:
        result = model.model_validate(tree.data)
    except ValidationError as error:
        errors = [e for e in error.errors(include_url=False) if not _told_already(e)]
        problems += [_problem(file, tree, *_finding(e, tree, model)) for e in errors]
        raise DocumentError(problems) from error
    if problems:
        raise DocumentError(problems)
    return result


def _told_already(error: ErrorDetails) -> bool:
    """Say whether the model complains of what the text itself was told off for."""
    given = error["input"]
    if error["type"].startswith("union_tag_"):
        return isinstance(given, dict) and BROKEN in given.values()
    return given is BROKEN and error["type"] != "extra_forbidden"


def _read(text: str, file: str) -> Tree:
    try:
        return _build(_FAST, text, file)
    except yaml.YAMLError as error:
        if len(text) > _EXPLAINED:
            raise _unreadable(error, text, file, ()) from error
    return _explain(text, file)


def _explain(text: str, file: str) -> Tree:
    """Read as `_read` does, by the parser whose words do not depend on how PyYAML was built."""
    builder = TreeBuilder(text)
    try:
        return _build(_SLOW, text, file, builder)
    except yaml.YAMLError as error:
        raise _unreadable(error, text, file, builder.findings) from error


def _unreadable(
    error: yaml.YAMLError, text: str, file: str, found: Iterable[TreeFinding]
) -> DocumentError:
    line, message = syntax_complaint(error, text)
    problems = [_found(file, finding) for finding in found]
    return DocumentError([*problems, Problem(file, line, "", f"not valid YAML: {message}")])


def _build(parser: Any, text: str, file: str, builder: TreeBuilder | None = None) -> Tree:
    builder = builder or TreeBuilder(text)
    try:
        for event in yaml.parse(text, parser):
            builder.take(event)
    except TreeError as error:
        found = [*builder.findings, error.finding]
        raise DocumentError(_found(file, finding) for finding in found) from error
    if builder.tree is None:
        raise DocumentError([Problem(file, 1, "", "is empty")])
    return builder.tree


def _finding(error: ErrorDetails, tree: Tree, model: type[BaseModel]) -> Finding:
    """Turn pydantic's error into our words; locations keep only what the document holds."""
    location: Location = ()
    mark, parts = tree.root, error["loc"]
    for index, part in enumerate(parts):
        inner = _child(mark, part)
        after = parts[index + 1] if index + 1 < len(parts) else None
        if inner is None or (_child(mark, after) and not _child(inner, after)):
            continue  # a step of pydantic's own, such as the name of a union's branch
        location, mark = (*location, part), inner
    return location, complaint(error, mark.raw, model)


def _child(mark: Mark, part: int | str | None) -> Mark | None:
    return None if part is None or mark.children is None else mark.children.get(part)


def _found(file: str, finding: TreeFinding) -> Problem:
    return Problem(file, finding.line, _path(finding.location), _short(finding.message))


def _problem(file: str, tree: Tree, location: Location, message: str) -> Problem:
    mark = tree.root
    for part in location:
        inner = _child(mark, part)
        if inner is None:
            break
        mark = inner
    return Problem(file, mark.line, _path(location), _short(message))


def _short(message: str) -> str:
    """Return a message on one line, the middle of a long one left out."""
    line = " ".join(message.split()) if "\n" in message else message
    if not line.isprintable():
        line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
    return (
        line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]} ... {line[-_LONGEST // 2 :]}"
    )


def _path(location: Location) -> str:
    text = ""
    for part in location:
        key = f"[{part}]" if isinstance(part, int) else shown_key(part)
        text += key if isinstance(part, int) or not text else f".{key}"
    return text
