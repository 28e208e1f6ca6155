"""What a terminal shows while a stage runs, and what stays of it."""

import io

import pytest
from rich.console import Console

from outputs.progress import Steps


@pytest.mark.parametrize(("bound", "told"), [(44_000.0, "at most 44,000, gap 10.0 %"), (None, "40,000 EUR")])
def test_a_terminal_shows_value_bound_and_gap(bound: float | None, told: str) -> None:
    """40,000 of at most 44,000 is a gap of 10 %; without a bound the value alone; the end is a line of its own."""
    seen = io.StringIO()
    with Steps(quiet=False) as steps:
        steps._console = Console(file=seen, force_terminal=True, width=100, highlight=False)
        steps.start("routes 1")
        steps.better("routes 1", value=40_000.0, bound=bound, unit="EUR")
        assert steps._status is not None
        assert told in str(steps._status.status)
        steps.done("routes 1", source="computed", seconds=1.0, note="40,000 EUR, gap 10.00 %")
        assert steps._status is None
    assert "routes 1           1.0 s  computed  40,000 EUR, gap 10.00 %" in seen.getvalue()


def test_a_file_gets_lines_of_ended_stages_only() -> None:
    seen = io.StringIO()
    with Steps(quiet=False) as steps:
        steps._console = Console(file=seen, force_terminal=False, width=100)
        steps.start("routes 1")
        steps.better("routes 1", value=1.0, bound=2.0, unit="EUR")
        steps.done("routes 1", source="cache", seconds=0.0)
    assert seen.getvalue() == "routes 1           0.0 s  cache\n"
