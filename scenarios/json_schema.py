"""The JSON schema of scenario files, for editors: completion, help and checks while typing.

It is the schema of the models with what a file may do besides: name a parent by `extends`, give a table as a plain
path, reset any key with null, and leave to the parent what a block needs.
"""

import copy
from typing import Any

from scenarios.shape import json_root

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of a scenario file as plain data."""
    root = copy.deepcopy(json_root())
    needed = root.pop("required")
    blocks = [root, *root["$defs"].values()]
    for block in blocks:
        block.pop("required", None)
        for name, node in block.get("properties", {}).items():
            block["properties"][name] = _nullable(node)
    root["properties"] = {
        "extends": {"type": "string", "description": "Parent: a scenario file, read from the folder of this one."},
        **root["properties"],
    }
    root["anyOf"] = [{"required": ["extends"]}, {"required": needed}]
    return {"$schema": DIALECT, **root, "title": "Muster scenario"}


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """`node` that also takes null."""
    node = {word: value for word, value in node.items() if word != "title"}
    if isinstance(node.get("additionalProperties"), dict):  # null takes a parent's name away
        node["additionalProperties"] = _nullable(node["additionalProperties"])
    if "anyOf" in node:
        options = node["anyOf"]
        return {**node, "anyOf": options if {"type": "null"} in options else [*options, {"type": "null"}]}
    outer: dict[str, Any] = {word: node.pop(word) for word in ("description", "default") if word in node}
    return {**outer, "anyOf": [node, {"type": "null"}]}
