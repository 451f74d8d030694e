"""Which keys a model takes at some place of a document."""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]


def valid_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the sorted keys that are valid at a location as pydantic's errors give it."""
    root = _schema(model)
    nodes = _plain(root, [root])
    for part in location:
        nodes = _plain(root, [child for node in nodes for child in _children(node, part)])
    return sorted({key for node in nodes for key in node.get("properties", {})})


@lru_cache(8)
def _schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def _children(node: Schema, part: int | str) -> list[Schema]:
    if isinstance(part, int):
        return [node["items"]] if isinstance(node.get("items"), dict) else []
    if part in node.get("properties", {}):
        return [node["properties"][part]]
    if isinstance(node.get("additionalProperties"), dict):
        return [node["additionalProperties"]]
    if isinstance(node.get("patternProperties"), dict):
        return list(node["patternProperties"].values())
    tags = node.get("discriminator", {}).get("mapping", {})
    if tags:
        return [{"$ref": tags[part]}] if part in tags else []
    return [node]  # a step of pydantic's own, such as the name of a union's branch


def _plain(root: Schema, nodes: list[Schema]) -> list[Schema]:
    """Follow references and spread unions that have no tag."""
    result: list[Schema] = []
    for node in nodes:
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            result += _plain(root, [root["$defs"][name]])
        elif "discriminator" not in node and (branches := node.get("anyOf") or node.get("oneOf")):
            result += _plain(root, branches)
        else:
            result.append(node)
    return result
