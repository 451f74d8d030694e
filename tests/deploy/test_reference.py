"""Every key of services.yml is explained, with an example that loads."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy.reference import EXAMPLES, FOLDER, ROOT, SCHEMA, examples, files, models
from service_catalogue import json_schema, load_catalogue
from service_catalogue.meanings import meanings
from sla_engine.app.context import every_mistake
from sla_engine.reports import FORMATS

ALL = [ROOT / "examples" / "services.yml", *sorted(FOLDER.glob("*.yml"))]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The JSON Schema that editors read."""
    read: dict[str, Any] = json.loads(json_schema(tuple(FORMATS)))
    return read


def _keys(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, model in {"Catalogue": schema, **schema["$defs"]}.items():
        for key, part in model["properties"].items():
            yield f"{name}.{key}", part


def test_the_reference_and_the_schema_are_what_make_reference_writes() -> None:
    for path, content in files().items():
        assert path.read_text("utf-8") == content, f"make reference writes {path.name} anew"


def test_every_key_says_what_it_means(schema: dict[str, Any]) -> None:
    assert [name for name, part in _keys(schema) if not part.get("description")] == []


def test_every_number_says_its_unit(schema: dict[str, Any]) -> None:
    def bare(part: Any) -> bool:
        if isinstance(part, list):
            return any(map(bare, part))
        if not isinstance(part, dict):
            return False
        kinds = [one.get("type") for one in part.get("anyOf", ())]
        if all(kind in kinds for kind in ("string", "boolean", "number")):
            return False  # any value
        number = part.get("type") in ("integer", "number") or "number" in list(part.get("type", ()))
        return (number and "unit" not in part) or any(
            bare(below) for key, below in part.items() if key not in ("default", "examples")
        )

    assert [name for name, part in _keys(schema) if bare(part)] == []


def test_a_default_is_one_that_could_be_written(schema: dict[str, Any]) -> None:
    for name, part in _keys(schema):
        if part.get("default") is not None and not isinstance(part["default"], dict):
            whole = {**part, "$defs": schema["$defs"]}
            assert Draft202012Validator(whole).is_valid(part["default"]), name


def test_every_key_stands_in_an_example() -> None:
    shown = set(examples())
    wanted = {
        (model.__name__, field.alias or name)
        for model in models().values()
        for name, field in model.model_fields.items()
        if name in model.__annotations__
    }
    assert sorted(wanted - shown) == []


def test_every_example_has_its_title() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} == set(EXAMPLES)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_an_example_loads_by_program_and_by_schema(path: Path, schema: dict[str, Any]) -> None:
    assert load_catalogue(path, also=every_mistake).services
    plain = yaml.load(path.read_text("utf-8"), _Words)
    assert list(Draft202012Validator(schema).iter_errors(plain)) == []


class _Words(yaml.SafeLoader):
    """Times stay the text that they are in JSON."""


_Words.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: str(node.value))


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_an_example_leads_editors_to_the_schema(path: Path) -> None:
    first = path.read_text("utf-8").splitlines()[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(.+)", first)
    assert found
    assert (path.parent / found[1]).resolve() == SCHEMA


def test_a_meaning_is_that_of_the_model_itself_before_that_of_what_it_is_made_of() -> None:
    known = models()
    said = meanings(known["HttpProbe"])
    assert said["interval"] == meanings(known["AnyProbe"])["interval"]
    assert said["type"] == "An HTTP request."
    assert "``" not in "".join(said.values())
