"""YAML documents validated into pydantic models, every mistake at once with file, line and path."""

import difflib
import gc
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from uptime_common.schema_keys import valid_keys

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]
Finding = tuple[Location, str]
Check = Callable[[Any], Iterable[Finding]]

_SLOW = yaml.SafeLoader
_FAST = getattr(yaml, "CSafeLoader", _SLOW)  # PyYAML may be built without libyaml


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


_Read = tuple[dict[Location, int], list[Problem], Any]  # lines by path, mistakes, plain data


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
        DocumentError: with every mistake found.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DocumentError([Problem(str(path), 1, "", f"cannot be read: {reason}")]) from error
    return parse_document(text, str(path), model, check)


def parse_document(
    text: str,
    file: str,
    model: type[Model],
    check: Check = _no_check,
) -> Model:
    """Validate YAML text into a model; see `load_document`."""
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
    lines, problems, data = _read(text, file)
    problems += [_problem(file, lines, location, message) for location, message in check(data)]
    try:
        result = model.model_validate(data)
    except ValidationError as error:
        problems += [_problem(file, lines, *_finding(e, lines, model)) for e in error.errors()]
        raise DocumentError(problems) from error
    if problems:
        raise DocumentError(problems)
    return result


def _read(text: str, file: str) -> _Read:
    try:
        return _load(_FAST(text), file)
    except yaml.YAMLError:
        return _explain(text, file)


def _explain(text: str, file: str) -> _Read:
    """Read as `_read` does, by the parser whose words do not depend on how PyYAML was built."""
    try:
        return _load(_SLOW(text), file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        message = error.problem or error.context or "not valid YAML"
        raise DocumentError([Problem(file, line, "", f"not valid YAML: {message}")]) from error
    except yaml.YAMLError as error:
        raise DocumentError([Problem(file, 1, "", f"not valid YAML: {error}")]) from error


def _load(loader: yaml.SafeLoader, file: str) -> _Read:
    try:
        node = loader.get_single_node()
        if node is None:
            raise DocumentError([Problem(file, 1, "", "is empty")])
        lines: dict[Location, int] = {}
        problems = [_problem(file, lines, *finding) for finding in _walk(node, (), lines)]
        return lines, problems, loader.construct_document(node)
    finally:
        loader.dispose()


def _walk(node: yaml.Node, at: Location, lines: dict[Location, int]) -> list[Finding]:
    """Note the line of every path and return the keys that are written twice."""
    lines.setdefault(at, node.start_mark.line + 1)
    twice: list[Finding] = []
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            twice += _walk(item, (*at, index), lines)
    elif isinstance(node, yaml.MappingNode):
        seen: set[Hashable] = set()
        for key, value in node.value:
            here = (*at, str(key.value))
            if key.value in seen:
                lines[here] = key.start_mark.line + 1
                twice.append((here, "is written twice"))
            seen.add(key.value)
            lines.setdefault(here, key.start_mark.line + 1)
            twice += _walk(value, here, lines)
    return twice


def _finding(error: ErrorDetails, lines: dict[Location, int], model: type[BaseModel]) -> Finding:
    """Turn pydantic's error into our words; locations keep only what the document holds."""
    location: Location = ()
    for part in error["loc"]:
        if (*location, part) in lines:
            location = (*location, part)
    if error["type"] == "extra_forbidden":
        return location, _unknown_key(str(error["loc"][-1]), valid_keys(model, error["loc"][:-1]))
    return location, _message(error)


def _unknown_key(key: str, valid: list[str]) -> str:
    near = difflib.get_close_matches(key, valid, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"is not a known key; {hint}valid: {', '.join(valid)}"


def _message(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            message = f"{error['loc'][-1]!r} is required"
        case "value_error":
            message = str(context["error"])
        case "model_type" | "model_attributes_type" | "dict_type":
            message = "must be a mapping"
        case "union_tag_invalid":
            message = f"{context['tag']!r} is not one of {context['expected_tags']}"
        case "union_tag_not_found":
            message = f"{context['discriminator']} is required"
        case _:
            message = error["msg"][:1].lower() + error["msg"][1:]
    return message


def _problem(file: str, lines: dict[Location, int], location: Location, message: str) -> Problem:
    known = location
    while known and known not in lines:
        known = known[:-1]
    return Problem(file, lines.get(known, 1), _path(location), message)


def _path(location: Location) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
