"""The table of all keys in docs/scenarios.md, made from the schema."""

from typing import Any

from scenarios import shape
from scenarios.explain import show_value

BEGIN, END = "<!-- keys: made from the schema -->", "<!-- end of keys -->"


def keys_table() -> str:
    """Markdown: key, what stands there, default, meaning; `NAME` is a name of your own."""
    rows = ["| key | what stands there | default | meaning |", "|---|---|---|---|"]
    for key, node in shape.leaves_and_blocks():
        if key[:1] == ("data",) and len(key) == 3 and key[1] != "customers":
            continue  # the parts of a source are the same for every table: shown once
        name = ".".join("NAME" if part == "*" else part for part in key)
        if key[-1] == "*" and not node.get("description"):
            continue  # a map of plain values: its own row says what they are
        names = node.get("additionalProperties")
        kind = shape.kind_of(key, node) or ("any value" if node else "")
        if isinstance(names, dict):
            inner = shape.kind_of((*key, "*"), shape.resolve(names))
            kind = f"a map by name, each {inner}" if inner else "a map by name"
        elif node.get("properties") and "path" not in node["properties"]:
            kind = "block"
        default = "" if kind.startswith(("block", "a map by name")) else _default(node)
        rows.append(f"| `{name}` | {kind} | {default} | {' '.join(str(node.get('description', '')).split())} |")
    return "\n".join(rows) + "\n"


def with_keys(page: str) -> str:
    """The page with its table of keys brought up to date.

    Raises:
        ValueError: the page lacks the marks between which the table stands.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"the page needs one {BEGIN!r} and one {END!r}")
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{keys_table()}{rest[rest.index(END) :]}"


def _default(node: dict[str, Any]) -> str:
    if "default" not in node:
        return "required" if "type" in node or "enum" in node else ""
    default = node["default"]
    return "none" if default is None else f"`{show_value(default)}`"
