"""``python -m deploy.reference`` writes docs/services.yml.md and examples/services.schema.json.

Meanings, defaults and units are those of the catalogue's models, examples those of
``examples/catalogue/``; nothing is written twice.
"""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from deploy.values import default_of, value_of
from service_catalogue import json_schema, load_catalogue
from service_catalogue.base import Frozen
from service_catalogue.meanings import plain
from service_catalogue.model import Catalogue
from sla_engine.reports import FORMATS

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "services.yml.md"
SCHEMA = ROOT / "examples" / "services.schema.json"
FOLDER = ROOT / "examples" / "catalogue"
EXAMPLES = {
    "probes": "Probes",
    "probe-success": "What Prometheus has already",
    "counters": "Counters",
    "composite": "Composite",
    "credits": "Credits",
    "agreement": "Agreements",
    "history": "History",
    "feeds": "Windows and feeds",
    "silences": "Silences",
    "notifications": "Notifications",
    "reports": "Reports",
    "prometheus": "Prometheus",
    "prometheus-token": "prometheus by token",
    "probes-http": "All of an HTTP probe",
    "probes-others": "All other probes",
}
"""The title of each example, in the order in which they are read."""
TITLES = {
    "Catalogue": "The file",
    "AnyProbe": "Every probe",
    "NetworkProbe": "Probes of another host",
    "SourcedProbe": "Probes from an address of ours",
    "Scope": "Which services a window or feed is of",
    "TlsClient": "`tls`",
    "TlsRange": "`tls` of an HTTP probe",
    "TlsPeer": "`tls` of other probes",
}
"""Of models that are no part of one place alone; others are called by where they stand."""
HEAD = """\
# services.yml: every key

<!-- By `make reference`, of the catalogue's models and examples/catalogue/: edit those. -->

[catalogue.md](catalogue.md) says how the file is read and what is refused. This is enough:

```yaml
organization: My company
timezone: Europe/Berlin
services:
  - {id: website, name: Website, probes: [{type: http, url: "https://www.example.org/"}]}
```

**In an editor.** Whatever speaks to yaml-language-server (VS Code, Neovim, Emacs, IntelliJ)
completes keys, says what each means and marks mistakes, where the first line names the schema:

```sh
sla-engine check --schema > services.schema.json
```

```yaml
# yaml-language-server: $schema=services.schema.json
```

**Words of the tables.** A *duration* is `15s`, `5m`, `1h30m` or `7d`; a *percent* 99.9, a *ratio*
0.999; a *time* `2026-10-04T02:00`, local unless it has an offset; an *id* 1 to 64 of
`a-z 0-9 _ . -`; a *file* a path that is read when it is needed. What is not **required** may be
left out.

"""


def files() -> dict[Path, str]:
    """Return what each generated file must hold, the same bytes every time."""
    schema = json_schema(tuple(FORMATS))
    return {DOCUMENT: _document(json.loads(schema)), SCHEMA: schema}


def _document(schema: dict[str, Any]) -> str:
    shown = examples()
    parts = [
        HEAD,
        "## Examples\n\nThey are in `examples/catalogue/`, one that a program takes each.\n",
    ]
    parts += [_example(name, title) for name, title in EXAMPLES.items()]
    parts.append("\n## Keys\n")
    places = _places(schema)
    titles = TITLES | {name: _title(name, min(at, key=len), schema) for name, at in places.items()}
    for model in _in_order(schema, places):
        parts.append(_section(model, schema, places, titles, shown))
    return "".join(parts)


def _example(name: str, title: str) -> str:
    _, comment, *lines = (FOLDER / f"{name}.yml").read_text("utf-8").splitlines()
    body = "\n".join(lines)
    return f"\n### {_heading(title)}\n\n{comment.removeprefix('# ')}\n\n```yaml\n{body}\n```\n"


def _heading(title: str) -> str:
    return f"Example: {title[0].lower()}{title[1:]}"


def models() -> dict[str, type[Frozen]]:
    """Return the catalogue's models by name, those that others are made of too."""

    def below(model: type[Frozen]) -> Iterator[type[Frozen]]:
        for one in model.__subclasses__():
            yield one
            yield from below(one)

    found = {one.__name__: one for one in below(Frozen) if not one.__name__.startswith("_")}
    own = Catalogue.__module__.partition(".")[0]
    return {name: one for name, one in found.items() if one.__module__.partition(".")[0] == own}


def _places(schema: dict[str, Any]) -> dict[str, list[str]]:
    """Return where in the file each model stands, in the order in which they are met."""
    found: dict[str, list[str]] = {}
    waiting = [("Catalogue", "")]
    while waiting:
        name, place = waiting.pop(0)
        part = schema if name == "Catalogue" else schema["$defs"][name]
        if place in found.setdefault(name, []):
            continue
        found[name].append(place)
        keys = [field.alias or key for key, field in models()[name].model_fields.items()]
        below = [(part["properties"][key], f"{place}.{key}".lstrip(".")) for key in keys]
        waiting = [one for inside in below for one in _models_in(*inside)] + waiting
    return found


def _title(name: str, place: str, schema: dict[str, Any]) -> str:
    """Return what a model is called: where it stands, or the type of probe that it is."""
    kind = schema["$defs"].get(name, schema)["properties"].get("type", {}).get("const")
    return TITLES.get(name) or (f"Probe of `type: {kind}`" if kind else f"`{place}`")


def _models_in(part: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    """Yield the models that a part of the schema names, each with where it then stands."""
    if "$ref" in part:
        yield part["$ref"].rpartition("/")[2], place
    for one in [*part.get("anyOf", ()), *part.get("oneOf", ())]:
        yield from _models_in(one, place)
    if "items" in part:
        yield from _models_in(part["items"], f"{place}[]")
    for one in part.get("patternProperties", {}).values():
        yield from _models_in(one, f"{place}.NAME")


def _in_order(schema: dict[str, Any], places: dict[str, list[str]]) -> list[type[Frozen]]:
    """Return the models, what each is made of before it."""
    known, found = models(), list[type[Frozen]]()
    first = {name: number for number, name in enumerate(places)}
    for name in sorted(places, key=lambda name: first[name]):
        lineage = [one for one in reversed(known[name].__mro__) if one.__name__ in known]
        found += [one for one in lineage if one not in found]
    assert len(schema["$defs"]) < len(found)  # noqa: S101 - all of them, and what they are made of
    return found


def _section(
    model: type[Frozen],
    schema: dict[str, Any],
    places: dict[str, list[str]],
    titles: dict[str, str],
    shown: dict[tuple[str, str], str],
) -> str:
    name = model.__name__
    own = schema if model is Catalogue else _schema_of(model, schema)
    links = {one: f"[{title}](#{_anchor(title)})" for one, title in titles.items()}
    said = [plain(model.__doc__ or "")]
    if len(places.get(name, ())) > 1:
        said.append("At " + ", ".join(f"`{place}`" for place in sorted(places[name])) + ".")
    if bases := [links[one.__name__] for one in model.__bases__ if one.__name__ in links]:
        said.append(f"It also has the keys of {bases[0]}.")
    rows = []
    for field in inspect.get_annotations(model):
        if field in model.model_fields:
            key = model.model_fields[field].alias or field
            rows.append(_row(key, own, links, shown.get((name, key), "")))
    table = ["| key | meaning | value | default | example |", "|---|---|---|---|---|", *rows]
    return "\n".join(
        ["", f"### {titles[name]}", "", "\n\n".join(said), "", *(table if rows else ()), ""]
    )


def _schema_of(model: type[Frozen], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a schema that is a model's, or one that is made of it."""
    defs = schema["$defs"]
    for name, one in models().items():
        if issubclass(one, model) and name in defs and (one is model or model.__name__ not in defs):
            return dict(defs[name])
    raise KeyError(model)


def _row(key: str, own: dict[str, Any], links: dict[str, str], example: str) -> str:
    part = own["properties"][key]
    required = key in own.get("required", ())
    cells = [
        f"`{key}`",
        part.get("description", ""),
        value_of(part, links),
        "**required**" if required else default_of(part),
        example,
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def examples() -> dict[tuple[str, str], str]:
    """Return by model and key the first example of it, as it is written in a file that loads."""
    found: dict[tuple[str, str], str] = {}
    for name, title in EXAMPLES.items():
        path = FOLDER / f"{name}.yml"
        text = path.read_text("utf-8")
        link = f"[{title}](#{_anchor(_heading(title))})"
        for model, key, value in _written(load_catalogue(path), yaml.compose(text)):
            source = text[value.start_mark.index : value.end_mark.index].strip()
            inline = isinstance(value, yaml.ScalarNode) or value.flow_style
            short = inline and "\n" not in source and len(source) <= _SHORT
            found.setdefault((model, key), f"`{key}: {source}`" if short else link)
    return found


_SHORT = 80


def _written(value: Any, node: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the model, key and node of everything that a document says."""
    if isinstance(value, Frozen) and isinstance(node, yaml.MappingNode):
        names = {field.alias or name: name for name, field in type(value).model_fields.items()}
        for key, below in node.value:
            yield _owner(type(value), names[key.value]), key.value, below
            yield from _written(getattr(value, names[key.value]), below)
    elif isinstance(value, tuple) and isinstance(node, yaml.SequenceNode):
        for one, below in zip(value, node.value, strict=False):
            yield from _written(one, below)
    elif isinstance(value, dict) and isinstance(node, yaml.MappingNode):
        for key, below in node.value:
            yield from _written(value.get(key.value), below)


def _owner(model: type[Frozen], field: str) -> str:
    """Return the name of the model that a field is written in."""
    return next(one for one in model.__mro__ if field in inspect.get_annotations(one)).__name__


def main() -> None:
    """Write the files."""
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
