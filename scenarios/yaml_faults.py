"""Says in a planner's words what keeps a text from being YAML, and points to where it started."""

from collections.abc import Callable

from ruamel.yaml.error import MarkedYAMLError

from scenarios.errors import Place, Problem

_AT_START = {
    "while scanning a quoted scalar": ("the quotes are opened here and not closed", "close them on the same line"),
    "while scanning an alias": ("a text cannot start with *", 'put it in quotes: "*"'),
    "while scanning an anchor": ("a text cannot start with &", "put it in quotes"),
    "while scanning a simple key": ("a key without a colon", "write `key: value`"),
}
"""By what the parser was doing: the fault began where it began."""

_AT_END = {
    "mapping values are not allowed": (
        "this colon comes where no value may start",
        "check the indentation of this line and the one above; a text that holds `: ` wants quotes",
    ),
    "expected <block end>": (
        "this line is indented unlike the lines it belongs to",
        "keys of one block start in the same column",
    ),
    "another document": ("a second document starts here", "one scenario a file"),
    "maximum depth": ("nested too deep", "brackets within brackets end somewhere"),
    "undefined alias": ("an alias that nothing defines", "put a text that starts with * in quotes"),
    "node content, but found ','": ("a value is missing before this comma", "take the comma out, or write the value"),
    "node content": ("a bracket that nothing opened", "take it out, or put the value in quotes"),
    "<document start>": ("a bracket that nothing opened", "take it out, or put the value in quotes"),
}
"""By what the parser met: the fault is where it stopped."""


def explain_fault(error: MarkedYAMLError, text: str, locate: Callable[[int, int], Place]) -> Problem:
    """The problem behind a parser's error; the place is where the fault began, as far as the parser can tell."""
    met, doing = str(error.problem or ""), str(error.context or "")
    at = error.problem_mark or error.context_mark
    began = error.context_mark or at
    message, advice = next((words for sign, words in _AT_END.items() if sign in met), (f"this is no YAML: {met}", ""))
    if "'\\t'" in met or _tab_before(text, getattr(error.problem_mark, "line", None)):
        message, advice = "a tab character", "indent with spaces; tabs mean nothing in YAML"
    elif "cannot start any token" in met:
        message, advice = f"a value cannot start with {met.split(chr(39))[1]}", "put the value in quotes"
    elif doing in _AT_START:
        (message, advice), at = _AT_START[doing], began
    elif "while parsing a flow" in doing and "node content" not in met:
        opened, closing = ("bracket [", "]") if "sequence" in doing else ("brace {", "}")
        message, advice = f"the {opened} is opened here and not closed", f"separate by commas and close with {closing}"
        at = began
    return Problem(message, place=locate(at.line, at.column) if at is not None else locate(0, 0), advice=advice)


def _tab_before(text: str, number: int | None) -> bool:
    """Whether the line of the fault is indented by a tab."""
    lines = text.splitlines()
    if number is None or number >= len(lines):
        return False
    line = lines[number]
    return "\t" in line[: len(line) - len(line.lstrip())]
