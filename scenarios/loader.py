"""Loads a scenario: a file, what it extends, `--set` on top; merged first, validated once, every value's place known.

Precedence: `--set` over file over parent over default. Paths are read from the file that wrote them, those of `--set`
from the working folder.
"""

import copy
import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from scenarios import shape
from scenarios.checks import Clash, missing_file
from scenarios.errors import Place, Problem, ScenarioError, UsageError
from scenarios.problems import unknown_null
from scenarios.rendering import render, shown_path
from scenarios.schema import Scenario
from scenarios.validation import validate
from scenarios.written import Key, Spot, Written, merge, plain, walk
from scenarios.yaml_reading import read_text, read_yaml

_SQLITE_FILE = re.compile(r"(sqlite:///)(?!/|:memory:)(.+)")
_NAME = re.compile(r"[^\s.=]+(\.[^\s.=]+)*")


@dataclass(frozen=True)
class Loaded:
    """A valid scenario and where each of its values was written.

    origins: dotted key (list elements by number) -> place; values that nobody wrote are absent: they are defaults.
    files: the scenario file, then what it extends, nearest first.
    resolved: the merged data as written, paths absolute, nulls and `extends` gone: a file of this alone says the same.
    """

    scenario: Scenario
    origins: Mapping[str, Place]
    files: tuple[Path, ...]
    resolved: dict[str, Any]
    texts: "Texts" = field(repr=False)

    @property
    def is_sweep(self) -> bool:
        """Whether this file describes several runs."""
        return bool(self.scenario.sweep or self.scenario.scenarios)

    def to_yaml(self) -> str:
        """`resolved` as a YAML text that loads to the same scenario from any folder."""
        yaml = YAML(typ="rt", pure=True)
        yaml.width, yaml.allow_unicode = 4096, True
        yaml.representer.ignore_aliases = lambda *_: True
        stream = io.StringIO()
        yaml.dump(copy.deepcopy(self.resolved), stream)
        return stream.getvalue()

    def place(self, key: str) -> Place | None:
        """Where `key` was written, or the nearest block above it; None if neither was."""
        while key not in self.origins:
            if "." not in key:
                return None
            key = key.rpartition(".")[0]
        return self.origins[key]

    def error(self, problems: Sequence[Problem]) -> ScenarioError:
        """The error of problems found later, by their keys, in the order of their places."""
        return self.texts.error(self.placed(problems), self.files)

    def placed(self, problems: Sequence[Problem]) -> list[Problem]:
        """The problems, each with the place of its key."""
        return [problem if problem.place else replace(problem, place=self.place(problem.key)) for problem in problems]


@dataclass
class Texts:
    """The texts that were read, and the width of each token in them: what an error needs to show its place."""

    lines: dict[Path | None, list[str]] = field(default_factory=dict)
    widths: dict[Place, int] = field(default_factory=dict)

    def learn(self, written: Written) -> None:
        """Remember the tokens of a layer."""
        for _, child in walk(written):
            for spot in (child.key_spot, child.spot):
                self.widths[spot.place] = max(spot.width, self.widths.get(spot.place, 1))

    def faults(self, problems: Sequence[Problem]) -> list[Problem]:
        """Problems of a text itself: their places are shown even if no token stands there."""
        for problem in problems:
            if problem.place:
                self.widths.setdefault(problem.place, 1)
        return list(problems)

    def token(self, spot: Spot) -> str:
        """The text at a spot."""
        lines = self.lines.get(spot.place.path, [])
        if not 1 <= spot.place.line <= len(lines):
            return ""
        start = spot.place.column - 1
        return lines[spot.place.line - 1][start : start + spot.width]

    def error(self, problems: Sequence[Problem], files: Sequence[Path]) -> ScenarioError:
        """The error that shows `problems` by file, line and column."""

        def order(problem: Problem) -> tuple[int, int, int]:
            place = problem.place
            if place is None:
                return 0, 0, 0
            rank = files.index(place.path) if place.path in files else len(files) + 1
            return rank, place.line, place.column

        ordered = sorted(problems, key=order)
        return ScenarioError(ordered, render(ordered, home=files[0], lines=self.lines, widths=self.widths))


@dataclass(frozen=True)
class Examined:
    """What a scenario file says, and all that is wrong with it.

    loaded: the scenario; where there are problems, what is left of it without the keys that are wrong (such keys hold
        defaults), so that more can be checked; None if nothing is left.
    """

    loaded: Loaded | None
    problems: tuple[Problem, ...]
    files: tuple[Path, ...]
    texts: "Texts" = field(repr=False)

    def error(self, more: Sequence[Problem] = ()) -> ScenarioError:
        """The error of all problems, and of `more` found on what is left (keys that are told already left out)."""
        told = {problem.key for problem in self.problems}
        placed = self.loaded.placed([each for each in more if each.key not in told]) if self.loaded else list(more)
        return self.texts.error([*self.problems, *placed], self.files)


def load_scenario(path: Path, overrides: Sequence[str] = ()) -> Loaded:
    """Read, merge and check a scenario.

    Args:
        path: scenario file.
        overrides: `a.b=c` each, c in YAML; later ones win.

    Raises:
        UsageError: an override without a key or without `=`.
        ScenarioError: all problems of the file, its parents and the overrides at once.
    """
    examined = examine_scenario(path, overrides)
    if examined.problems or examined.loaded is None:
        raise examined.error()
    return examined.loaded


def examine_scenario(path: Path, overrides: Sequence[str] = ()) -> Examined:
    """`load_scenario` that hands back problems instead of raising them; what is left can be checked further.

    Raises:
        UsageError: an override without a key or without `=`.
    """
    texts, problems = Texts(), list[Problem]()
    layers, files = _read_chain(_absolute(Path(path)), texts, problems)
    for number, override in enumerate(overrides, start=1):
        layers.insert(0, _read_override(override, number, texts, problems))
    complete = not any(layer is None for layer in layers)
    start = Spot(Place(files[0], 1, 1))
    merged = Written({}, start, start)
    for layer in reversed(layers):
        if layer is not None:
            texts.learn(layer)
            merged = merge(merged, layer)
            problems += _unknown_nulls(layer)
    data, written = plain(merged), dict(walk(merged))
    scenario, found = validate(data, written, texts.token, complete=complete)
    problems += _placed(found, written, files)
    loaded = None
    if scenario is not None:
        origins = {".".join(key): value.spot.place for key, value in written.items()}
        loaded = Loaded(scenario, origins, tuple(files), data, texts)
    return Examined(loaded, tuple(problems), tuple(files), texts)


def _unknown_nulls(layer: Written) -> list[Problem]:
    """Unknown keys without a value: merging takes them away before the schema could refuse them."""
    return [
        unknown_null(key, found)
        for key, found in walk(layer)
        if found.value is None and shape.find(key) is None and shape.names_at(key[:-1])
    ]


def _placed(problems: Sequence[Problem], written: Mapping[Key, Written], files: Sequence[Path]) -> list[Problem]:
    """Problems with the place of their key, or of the nearest block above it.

    Of several keys that do not fit together, the one that was written last is shown: the command line before the
    file, the file before its parents.
    """
    by_name = {".".join(key): value for key, value in written.items()}

    def latest(key: str) -> int:
        if key not in by_name:
            return len(files) + 1
        path = by_name[key].spot.place.path
        return -1 if path is None else files.index(path)

    placed = []
    for problem in problems:
        others = problem.others if isinstance(problem, Clash) else ()
        key = min((problem.key, *others), key=latest)
        exact = True
        while problem.place is None and key:
            if key in by_name:
                found = by_name[key]
                on_value = exact or not isinstance(found.value, (dict, list))
                problem = replace(problem, place=(found.spot if on_value else found.key_spot).place)
            key, exact = key.rpartition(".")[0], False
        placed.append(problem)
    return placed


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(Path.cwd() / path))


def _read_chain(path: Path, texts: Texts, problems: list[Problem]) -> tuple[list[Written | None], list[Path]]:
    """The layers from the file up to its last ancestor (None: unreadable), and their files."""
    layers: list[Written | None] = []
    files: list[Path] = []
    named_by: Spot | None = None
    while True:
        if path in files:
            chain = " -> ".join(shown_path(each) for each in [*files[files.index(path) :], path])
            message = f"`extends` leads back to this file: {chain}"
            problems.append(Problem(message, "extends", named_by.place if named_by else None))
            return [*layers, None], files
        if not path.exists():
            place = named_by.place if named_by else Place(path, 1, 1)
            problems.append(replace(missing_file(path, "extends" if named_by else ""), place=place))
            return [*layers, None], files or [path]
        files.append(path)
        layer, parent = _read_layer(path, texts, problems)
        layers.append(layer)
        if parent is None:
            return layers, files
        if not isinstance(parent.value, str):
            advice = "give the path of a single file; a parent may extend a further one"
            problems.append(Problem("`extends` names one file", "extends", parent.spot.place, advice=advice))
            return [*layers, None], files
        named_by, path = parent.spot, _absolute(path.parent / parent.value)


def _read_layer(path: Path, texts: Texts, problems: list[Problem]) -> tuple[Written | None, Written | None]:
    """(the map of one file without `extends`, what `extends` says), each None if there is none."""
    text, faults = read_text(path)
    texts.lines[path] = text.splitlines()
    if faults:
        problems += texts.faults(faults) if text else faults
        return None, None
    written, faults = read_yaml(text, lambda line, column: Place(path, line + 1, column + 1))
    problems += texts.faults(faults)
    start = Place(path, 1, 1)
    if written is None:
        if not faults:
            problems.append(
                Problem("the file is empty", place=start, advice="a scenario is a map of keys; `name:` is the first")
            )
        return None, None
    if not isinstance(written.value, dict):
        kind = "a list" if isinstance(written.value, list) else "a single value"
        problems.append(
            Problem(f"a scenario is a map of keys, this is {kind}", place=start, advice="write `key: value` lines")
        )
        return None, None
    texts.learn(written)
    keys = dict(written.value)
    parent = keys.pop("extends", None)
    if parent is not None and parent.value is None:
        parent = None
    return _with_paths(replace(written, value=keys), path.parent), parent


def _read_override(text: str, number: int, texts: Texts, problems: list[Problem]) -> Written | None:
    """The layer of one `--set a.b=c`."""
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not _NAME.fullmatch(name):
        raise UsageError(f"--set {text}: write key=value, for example --set solve.effort=quick")
    lines = texts.lines.setdefault(None, [])
    lines.append(text.replace("\n", " "))
    shift = text.index("=") + 1

    def locate(line: int, column: int) -> Place:
        before = sum(len(part) + 1 for part in value.split("\n")[:line])
        return Place(None, number, shift + before + column + 1)

    start = text.index(name)
    name_spot = Spot(Place(None, number, start + 1), len(name))
    written, faults = read_yaml(value, locate)
    problems += texts.faults(faults)
    if name.split(".")[0] == "extends":
        problems.append(Problem("`extends` belongs in a file", "extends", name_spot.place))
        return None
    if faults:
        return None
    spot = written.spot if written else Spot(Place(None, number, shift + 1))
    layer = Written(written.value if written else None, name_spot, spot)
    for part in reversed(name.split(".")):
        layer = Written({part: layer}, name_spot, name_spot)
    return _with_paths(layer, Path.cwd())


def _with_paths(layer: Written, folder: Path) -> Written:
    """The layer with its paths made absolute: tables of `data:`, SQLite files, `scenarios:`, folders of runs."""

    def absolute(written: Written) -> Written:
        if not isinstance(written.value, str) or not written.value:
            return written
        return replace(written, value=os.path.normpath(folder / written.value))

    def table(written: Written) -> Written:
        if not isinstance(written.value, dict):
            return absolute(written)
        parts = dict(written.value)
        if "path" in parts:
            parts["path"] = absolute(parts["path"])
        url = parts["url"].value if "url" in parts else None
        if isinstance(url, str) and (match := _SQLITE_FILE.fullmatch(url)):
            parts["url"] = replace(parts["url"], value=match[1] + os.path.normpath(folder / match[2]))
        return replace(written, value=parts)

    keys = dict(layer.value)
    if "data" in keys and isinstance(keys["data"].value, dict):
        keys["data"] = replace(keys["data"], value={name: table(each) for name, each in keys["data"].value.items()})
    if "scenarios" in keys and isinstance(keys["scenarios"].value, list):
        keys["scenarios"] = replace(keys["scenarios"], value=[absolute(each) for each in keys["scenarios"].value])
    for block, name in (("solve", "warm_start_run"), ("replan", "run")):
        if block in keys and isinstance(keys[block].value, dict) and name in keys[block].value:
            parts = dict(keys[block].value)
            keys[block] = replace(keys[block], value=parts | {name: absolute(parts[name])})
    return replace(layer, value=keys)
