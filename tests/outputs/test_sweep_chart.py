"""Trade-off charts: who is beaten by none, worked out by hand; texts from the data stay texts."""

import re

import pandas as pd

from outputs.sweep_chart import _unbeaten, in_words, trade_off_chart


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
    assert "travel (km) (less is better)" in marks
    assert "a &lt;x&gt;" in marks
    assert not re.search(r"<x>", bars + marks)
    assert marks == trade_off_chart(table(), keys=[], figures=["net_value_eur", "travel_km"])


def test_every_figure_has_a_panel_and_every_value_a_mark() -> None:
    """Three figures give two panels and a legend: colours by the first key, shapes by the second, names with units."""
    swept = table().assign(
        reps=[-4.0, -4.0, 0.0, 0.0], level=["low", "high", "low", "high"], visits=[4.0, 3.0, 2.0, 1.0]
    )
    drawn = trade_off_chart(swept, keys=["reps", "level"], figures=["net_value_eur", "travel_km", "visits"])
    labels = re.findall(r'role="img" aria-label="([^"]*)"', drawn)
    assert labels == ["net value (EUR) against travel (km)", "net value (EUR) against visits"]
    assert re.findall(r"</svg>\s*([^<\s]+)</span>", drawn) == ["\u22124", "0", "high", "low"]
    referred = set(re.findall(r"(?:url\(|href=\")#(\w+)", drawn))
    assert referred
    assert {name: len(re.findall(f'id="{name}"', drawn)) for name in referred} == dict.fromkeys(referred, 1)


def test_units_stand_in_brackets() -> None:
    names = ["net_value_eur", "answered_pct", "travel_km", "visits", "agent_hours"]
    assert list(map(in_words, names)) == ["net value (EUR)", "answered (%)", "travel (km)", "visits", "agent hours"]
