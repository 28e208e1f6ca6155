"""Words that a table must use at least once to mean anything: ends of deals, outcomes of calls.

Stages and outcomes are free text, so an export in another language is legal cell by cell; only the whole column shows
that nothing in it is understood.
"""

import pandas as pd

from inputs.gates.faults import MAX_EXAMPLES, Fault
from inputs.gates.table import ROW, Gated

ENDS = ("won", "lost")
"""Their capitals do not count."""
OUTCOMES = ("answered", "abandoned", "phantom", "test")


def _never(gated: Gated, column: str, known: pd.Series, check: str, reason: str, advice: str) -> list[Fault]:
    """One finding on every row with a word, if no cell is `known`; the examples are different words."""
    cells = gated.frame[column]
    there = cells.notna()
    if not there.any() or known.any():
        return []
    found = pd.concat([cells[there & ~cells.duplicated()].head(MAX_EXAMPLES), cells[there]])
    found = found[~found.index.duplicated()]
    rows = gated.frame.loc[found.index, ROW].to_numpy()
    return [Fault(column, check, "warn", rows, found.tolist(), reason, advice)]


def deals_without_end(stage_events: Gated) -> list[Fault]:
    """Stages of which none is `won` or `lost`: every deal would count as open, and nothing could be learned."""
    known = stage_events.frame["stage"].str.lower().isin(ENDS)
    reason = "no stage is called won or lost, so every deal counts as open and none teaches anything"
    advice = 'translate your words: `values: {stage: {"Your word": won, "Your other word": lost}}` of the table'
    return _never(stage_events, "stage", known, "no end of a deal", reason, advice)


def calls_without_outcome(calls: Gated) -> list[Fault]:
    """Outcomes of which none is known: nobody would have answered or given up, and no redial is seen."""
    known = calls.frame["outcome"].isin(OUTCOMES)
    reason = f"no outcome is one of {', '.join(OUTCOMES)}, so no call counts as answered or abandoned"
    advice = 'translate your words: `values: {outcome: {"Your word": answered, "Your other word": abandoned}}`'
    return _never(calls, "outcome", known, "no known outcome", reason, advice)
