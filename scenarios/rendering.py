"""Problems as text: place, sentence, source line, caret under the token, what is allowed, what was perhaps meant."""

import os
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from scenarios.errors import Place, Problem

MAX_LINE = 160


def render(
    problems: Sequence[Problem],
    *,
    home: Path,
    lines: Mapping[Path | None, Sequence[str]],
    widths: Mapping[Place, int],
) -> str:
    """The text shown for a scenario that cannot be planned with.

    Args:
        problems: in the order to show them.
        home: file that is shown for problems that stand nowhere.
        lines: source lines by file; under None the `--set` arguments, one each.
        widths: number of characters of the token at a place; a place without one is shown without source line.
    """
    blocks = [_block(problem, home, lines, widths) for problem in problems]
    count = len(problems)
    return "\n".join([*blocks, f"{count} {'problem' if count == 1 else 'problems'}"])


def shown_path(path: Path) -> str:
    """`path` from the working folder where that is the shorter way to say it."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return relative if len(relative) <= len(str(path)) else str(path)


def shown_place(place: Place) -> str:
    """`file:line:column`, or `--set` for the command line."""
    return f"{shown_path(place.path)}:{place.line}:{place.column}" if place.path else str(place)


def _block(
    problem: Problem, home: Path, lines: Mapping[Path | None, Sequence[str]], widths: Mapping[Place, int]
) -> str:
    place = problem.place
    out = [f"{shown_place(place or Place(home, 1, 1))}: {problem.message}"]
    source = lines.get(place.path, ()) if place else ()
    if place and place in widths and 1 <= place.line <= len(source):
        label = str(place.line) if place.path else "--set"
        text, column = _clip(_printable(source[place.line - 1]), place.column)
        out.append(f"  {label} | {text}")
        width = max(1, min(widths[place], len(text) - column + 1))
        before, token = text[: column - 1], text[column - 1 : column - 1 + width]
        carets = "^" * max(1, _columns(token))
        out.append(f"  {' ' * len(label)} | {_blank(before)}{carets}")
    if problem.allowed:
        out.append(f"    allowed: {problem.allowed}")
    if problem.advice:
        out.append(f"    {problem.advice}")
    if problem.suggestion:
        out.append(f"    did you mean `{problem.suggestion}`?")
    return "\n".join(out)


def _clip(text: str, column: int) -> tuple[str, int]:
    """A long line cut to the part around the column, and the column within it."""
    text = text.rstrip()
    if len(text) <= MAX_LINE:
        return text, column
    start = max(0, min(column - 1 - MAX_LINE // 2, len(text) - MAX_LINE))
    cut = ("…" if start else "") + text[start : start + MAX_LINE] + ("…" if start + MAX_LINE < len(text) else "")
    return cut, column - start + (1 if start else 0)


def _printable(text: str) -> str:
    """A line without control characters, which a terminal would obey."""
    return "".join(
        "\ufffd" if unicodedata.category(letter) in ("Cc", "Cf") and letter != "\t" else letter for letter in text
    )


def _columns(text: str) -> int:
    """Terminal columns of a text: wide letters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _blank(text: str) -> str:
    """Space as wide as `text`, tabs kept."""
    return "".join("\t" if letter == "\t" else " " * _columns(letter) for letter in text)
