"""Says in a planner's words what keeps a text from being YAML, and points to where it started."""

from collections.abc import Callable

from ruamel.yaml.error import MarkedYAMLError

from scenarios.errors import Place, Problem


def explain_fault(error: MarkedYAMLError, text: str, locate: Callable[[int, int], Place]) -> Problem:
    """The problem behind a parser's error; the place is where the fault began, as far as the parser can tell."""
    problem, context = str(error.problem or ""), str(error.context or "")
    mark, began = error.problem_mark, error.context_mark
    at = mark or began
    message, allowed = f"this is no YAML: {problem}", ""
    if "'\\t'" in problem or _tab_before(text, mark):
        message, allowed = "a tab character", "indent with spaces, tabs mean nothing in YAML"
    elif "cannot start any token" in problem:
        sign = problem.split("'")[1] if "'" in problem else ""
        message, allowed = f"a value cannot start with {sign}", "put the value in quotes"
    elif "mapping values are not allowed" in problem:
        message = "this colon comes where no value may start"
        allowed = "check the indentation of this line and the one above; a text that holds `: ` wants quotes"
    elif "could not find expected ':'" in problem:
        message, allowed, at = "a key without a colon", "write `key: value`", began or mark
    elif "while scanning a quoted scalar" in context:
        message, allowed, at = "the quotes are opened here and not closed", "close them on the same line", began or mark
    elif "while parsing a flow" in context and began is not None:
        opened = "bracket [" if "sequence" in context else "brace {"
        closing = "]" if "sequence" in context else "}"
        message = f"the {opened} is opened here and not closed"
        if mark is not None and "node content" in problem:
            message = f"after the {opened} of line {began.line + 1} a value is missing here"
        else:
            at = began
        allowed = f"separate by commas and close with {closing}"
    elif "expected <block end>" in problem:
        message = "this line is indented unlike the lines it belongs to"
        allowed = "keys of one block start in the same column"
    elif "another document" in problem:
        message, allowed = "a second document starts here", "one scenario a file"
    elif "undefined alias" in problem:
        message, allowed = (
            f"{problem.removeprefix('found ')}",
            "name it with & before; a text that starts with * wants quotes",
        )
    elif "node content" in problem or "<document start>" in problem:
        message, allowed = "a bracket or comma that nothing opened", "take it out, or put the value in quotes"
    line, column = (at.line, at.column) if at is not None else (0, 0)
    return Problem(message, place=locate(line, column), allowed=allowed)


def _tab_before(text: str, mark: object) -> bool:
    """Whether the line of the fault is indented by a tab."""
    number = getattr(mark, "line", None)
    lines = text.splitlines()
    if number is None or number >= len(lines):
        return False
    line = lines[number]
    return "\t" in line[: len(line) - len(line.lstrip())]
