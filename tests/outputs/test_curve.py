import re

import pandas as pd
import pytest

from outputs.curve import curve_svg, ticks


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 3, [0, 1, 2, 3]),
        (0, 0.02, [0, 0.005, 0.01, 0.015, 0.02]),
        (36100, 36990, [36000, 36200, 36400, 36600, 36800, 37000]),
        (-5, 5, [-6, -4, -2, 0, 2, 4, 6]),
    ],
)
def test_marks_are_round_and_reach_around(low, high, expected):
    """A fifth of the span, up to the next of 1, 2, 5 times a power of ten."""
    assert ticks(low, high) == expected


def test_the_curve_climbs_in_steps_between_the_axes():
    """0, 2 and 4 % bring 100, 150 and 200 euros, 8 % are allowed: half way and all the way up; the line goes on to the
    end, where the budget stands."""
    curve = pd.DataFrame({"changed_pct": [0.0, 2.0, 4.0], "value_eur": [100.0, 150.0, 200.0]})
    svg = curve_svg(curve, 8.0)
    dots = [tuple(map(float, found)) for found in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', svg)]
    assert dots == [(74, 190), (212, 102), (350, 14)]
    assert 'd="M74.0 190.0H212.0V102.0H350.0V14.0H626.0"' in svg
    assert "M626.0 14.0V190.0" in svg
    assert ">budget 8 %<" in svg
    assert re.findall(r'text-anchor="end">([\d,]+)<', svg) == ["100", "120", "140", "160", "180", "200"]


def test_one_level_is_a_flat_line():
    """Nothing was allowed: one dot at the left, no division by a span of nothing."""
    svg = curve_svg(pd.DataFrame({"changed_pct": [0.0], "value_eur": [1234.5]}), 0.0)
    assert svg.count("<circle") == 1
    assert "nan" not in svg
    assert ">budget 0 %<" in svg
