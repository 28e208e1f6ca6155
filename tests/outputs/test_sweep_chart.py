"""Trade-off charts: who is beaten by none, worked out by hand; texts from the data stay texts."""

import re

import pandas as pd

from outputs.sweep_chart import _unbeaten, trade_off_chart


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["a <x>", "b $y$", "c", "d"],
            "net_value_eur": [10.0, 8.0, 8.0, 5.0],
            "travel_km": [30.0, 20.0, 25.0, float("nan")],
            "is_best": [True, False, False, False],
            "is_baseline": [False, True, False, False],
        }
    )


def test_the_front_holds_what_none_beats_in_both() -> None:
    """c drives more than b for the same euros; d has no kilometres; a and b trade euros for kilometres."""
    assert _unbeaten(table(), "net_value_eur", "travel_km").tolist() == [True, True, False, False]
    assert _unbeaten(table(), "net_value_eur").tolist() == [True, False, False, False]


def test_one_figure_is_drawn_as_bars_and_two_as_marks() -> None:
    """Labels are escaped and never read as formulas; the same table gives the same bytes."""
    bars = trade_off_chart(table(), keys=[], figures=["net_value_eur"])
    assert "a &lt;x&gt;" in bars
    assert "b $y$" in bars
    marks = trade_off_chart(table(), keys=[], figures=["net_value_eur", "travel_km"])
    assert "travel km (less is better)" in marks
    assert "a &lt;x&gt;" in marks
    assert not re.search(r"<x>", bars + marks)
    assert marks == trade_off_chart(table(), keys=[], figures=["net_value_eur", "travel_km"])
