"""Reads one YAML 1.2 text into values with places; faults become problems, never tracebacks.

The node tree of ruamel.yaml is read, not its objects: a node knows where its token starts and ends, and two equal keys
are both still there. `8:30` and `NO` stay text, dates become dates.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from scenarios.errors import Place, Problem
from scenarios.written import Key, Spot, Written
from scenarios.yaml_faults import explain_fault

MAX_VALUES = 100_000
MAX_DEPTH = 40
_DIRECTIVE = re.compile(r"^%YAML\s+(?!1\.2\b)\S+", re.MULTILINE)

Locate = Callable[[int, int], Place]
"""Place of a (line, column), both from 0, of the text that is read."""


def read_text(path: Path) -> tuple[str, list[Problem]]:
    """The text of a scenario file, and the problem that keeps it from being read (then as much as can be shown)."""
    start = Place(path, 1, 1)
    try:
        raw = path.read_bytes()
    except IsADirectoryError:
        return "", [Problem("this is a folder, not a scenario file", place=start)]
    except OSError as error:
        return "", [Problem(f"the file cannot be read: {error.strerror}", place=start)]
    no_text = Problem("this is no text file", place=start, advice="a scenario is a YAML file, saved as UTF-8")
    if b"\0" in raw:
        return "", [no_text]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig")
        place = Place(path, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        message = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        advice = "save the file as UTF-8; editors offer it as `save with encoding`"
        return raw.decode("utf-8-sig", "replace"), [Problem(message, place=place, advice=advice)]


def read_yaml(text: str, locate: Locate) -> tuple[Written | None, list[Problem]]:
    """The value of a YAML text; None with problems if there is none."""
    start = locate(0, 0)
    if directive := _DIRECTIVE.search(text):
        line = text[: directive.start()].count("\n")
        return None, [Problem("scenarios are YAML 1.2", place=locate(line, 0), advice="leave the %YAML line out")]
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAX_DEPTH
    yaml.composer.warn_double_anchors = False  # YAML lets an anchor be set anew
    try:
        node = yaml.compose(text)
        if node is None:
            return None, []
        builder = _Builder(yaml, locate)
        written = builder.build(node, (), None)
        return (None if builder.endless else written), builder.problems
    except RecursionError:
        return None, [Problem(f"nested deeper than {MAX_DEPTH} levels", place=start)]
    except ReaderError as error:
        line = text.count("\n", 0, error.position)
        column = error.position - (text.rfind("\n", 0, error.position) + 1)
        message = f"the control character U+{ord(text[error.position]):04X} is not allowed"
        return None, [Problem(message, place=locate(line, column), advice="take it out")]
    except MarkedYAMLError as error:
        return None, [explain_fault(error, text, locate)]
    except YAMLError as error:
        return None, [Problem(f"this is no YAML: {error}", place=start)]


class _Builder:
    """Turns nodes into `Written`; collects problems and carries on, so that all of a file are told at once."""

    def __init__(self, yaml: YAML, locate: Locate) -> None:
        self.problems: list[Problem] = []
        self.endless = False
        self._constructor = yaml.constructor
        self._locate = locate
        self._count = 0

    def build(self, node: Node, at: Key, key_spot: Spot | None) -> Written:
        """The value of `node`, which stands at the dotted key `at`."""
        spot = self._spot(node)
        self._count += 1
        if self._count > MAX_VALUES or len(at) > MAX_DEPTH:
            if not self.endless:
                limit = f"more than {MAX_VALUES:,} values" if self._count > MAX_VALUES else "nested too deep"
                self._refuse(limit, at, spot, "an alias (*) may hold itself")
            self.endless = True
            return Written(None, key_spot or spot, spot)
        if isinstance(node, MappingNode):
            spot = spot if node.flow_style or key_spot is None else key_spot
            return Written(self._map(node, at), key_spot or spot, spot)
        if isinstance(node, SequenceNode):
            spot = spot if node.flow_style or key_spot is None else key_spot
            children = [self.build(child, (*at, str(i)), None) for i, child in enumerate(node.value)]
            return Written(children, key_spot or spot, spot)
        assert isinstance(node, ScalarNode)
        return Written(self._scalar(node, at, spot), key_spot or spot, spot)

    def _map(self, node: MappingNode, at: Key) -> dict[str, Written]:
        children: dict[str, Written] = {}
        for key_node, value_node in node.value:
            spot = self._spot(key_node)
            if not isinstance(key_node, ScalarNode):
                self._refuse("a key must be a plain name", at, spot)
                continue
            name = str(key_node.value)
            if str(key_node.tag).endswith(":merge"):
                self._refuse(
                    "`<<` is no part of YAML 1.2", (*at, name), spot, "`extends: other.yaml` takes over a whole file"
                )
                continue
            if name in children:
                first = children[name].key_spot.place
                self._refuse(
                    f"`{name}` is written twice, first in line {first.line}, column {first.column}",
                    (*at, name),
                    spot,
                    "keep one of the two; YAML would silently take the last",
                )
            children[name] = self.build(value_node, (*at, name), spot)
        return children

    def _scalar(self, node: ScalarNode, at: Key, spot: Spot) -> Any:
        tag = str(node.tag)
        if not tag.startswith("tag:yaml.org,2002:"):
            self._refuse(f"the tag {tag} means nothing here", at, spot, "write a plain value, without `!`")
            return node.value
        try:
            value = self._constructor.construct_object(node)
        except MarkedYAMLError:
            self._refuse(f"{node.value!r} cannot be read as {tag.rsplit(':')[-1]}", at, spot, "write a plain value")
            return node.value
        except (ValueError, OverflowError):
            return node.value  # a date that no calendar has: the schema refuses it with the key's own words
        if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
            self._refuse("half a character (a lone surrogate) is no text", at, spot)
            return ""
        return value

    def _spot(self, node: Node) -> Spot:
        start, end = node.start_mark, node.end_mark
        width = end.column - start.column if end.line == start.line else 1
        return Spot(self._locate(start.line, start.column), max(1, width))

    def _refuse(self, message: str, at: Key, spot: Spot, advice: str = "") -> None:
        self.problems.append(Problem(message, ".".join(at), spot.place, advice=advice))
