"""Free words of which a table needs at least one that Muster knows."""

import datetime as dt

import pytest

from inputs.contracts.contract import contracts
from inputs.gates.table import Gated, gate_table
from inputs.gates.words import calls_without_outcome, deals_without_end
from inputs.sources.text_file import read_text
from scenarios.schema import Source

AT = "1999-12-17T10:00:00"


def gate(table: str, header: str, *rows: str) -> Gated:
    raw = read_text("\n".join([header, *rows, ""]).encode(), Source.model_validate({"path": "x.csv"}))
    as_of = dt.date(1999, 12, 17)
    return gate_table(contracts()[table], raw, label="x.csv", columns={}, as_of=as_of, timezone="Europe/Berlin")


def stages(*words: str) -> Gated:
    return gate("stage_events", "opportunity_id,stage,entered_at", *(f"O1,{word},{AT}" for word in words))


def calls(*words: str) -> Gated:
    rows = (f"K{number},q,{AT},{word}" for number, word in enumerate(words))
    return gate("calls", "call_id,queue,arrived_at,outcome", *rows)


def test_deals_that_never_end_in_a_known_word_are_told_with_each_word_once() -> None:
    """Every row is counted; the examples are different words, the first of each."""
    (fault,) = deals_without_end(stages("Neu", "Neu", "Gewonnen", "Neu", "Verloren"))
    assert (fault.column, fault.check, fault.severity) == ("stage", "no end of a deal", "warn")
    assert sorted(fault.rows.tolist()) == [1, 2, 3, 4, 5]
    assert list(fault.cells[:3]) == ["Neu", "Gewonnen", "Verloren"]
    assert fault.rows[:3].tolist() == [1, 3, 5]


@pytest.mark.parametrize("words", [("Neu", "won"), ("LOST",), ()])
def test_one_known_end_is_enough(words: tuple[str, ...]) -> None:
    """Deals may all be open but one; capitals of an end do not count; an empty table has a finding of its own."""
    assert deals_without_end(stages(*words)) == []


def test_outcomes_in_another_language_are_told() -> None:
    """Outcomes are compared letter by letter, so `Answered` is as strange as `angenommen`."""
    (fault,) = calls_without_outcome(calls("angenommen", "Answered", ""))
    assert (fault.check, sorted(fault.rows.tolist())) == ("no known outcome", [1, 2])
    assert calls_without_outcome(calls("angenommen", "abandoned")) == []
    assert calls_without_outcome(calls("", "")) == [], "a log without outcomes says nothing wrong"
