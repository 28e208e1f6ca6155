"""Handle time: means that keep the whole tail, hours drawn to the level."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.calls.handle import ASSUMED_SECONDS, PRIOR_LEGS, mean_handle_times

AS_OF = date(2024, 6, 30)


def legs(hour: int, seconds: list[float], queue: str = "q", day: str = "2024-06-30") -> pd.DataFrame:
    at = pd.Timestamp(day) + pd.Timedelta(hours=hour)
    return pd.DataFrame({"queue": queue, "arrived_at": [at] * len(seconds), "handle_seconds": seconds})


def test_the_mean_over_the_legs_keeps_the_heavy_tail():
    """99 calls of 100 s and one of 10,100 s: the mean is 200 s, and so is the workload forecast for those legs."""
    handled = pd.concat([legs(9, [100.0] * 49), legs(14, [100.0] * 50 + [10_100.0])])
    result = mean_handle_times(handled, queues=("q",), as_of=AS_OF)
    expected = result.seconds[0, [9, 14]] @ [49, 51] / 100
    assert expected == pytest.approx(200.0)
    assert "longer than their queue's 99th percentile" in result.notes[0]


def test_an_hour_is_drawn_to_the_level_by_its_prior():
    """60 legs of 200 s and 60 of 100 s: level 150; each hour moves half way, to 175 and 125."""
    assert PRIOR_LEGS == 60
    handled = pd.concat([legs(9, [200.0] * 60), legs(14, [100.0] * 60)])
    seconds = mean_handle_times(handled, queues=("q",), as_of=AS_OF).seconds[0]
    assert seconds[9] == pytest.approx(175.0)
    assert seconds[14] == pytest.approx(125.0)
    assert seconds[3] == pytest.approx(150.0)


def test_recent_legs_count_more():
    """Legs of 28 days ago weigh half: (100 + 0.5 x 400) / 1.5 = 200 s."""
    handled = pd.concat([legs(9, [100.0] * 500), legs(9, [400.0] * 500, day="2024-06-02")])
    seconds = mean_handle_times(handled, queues=("q",), as_of=AS_OF).seconds
    assert seconds[0, 12] == pytest.approx(200.0)


def test_a_queue_without_calls_takes_all_queues_and_says_so():
    """`new` gets the mean of `q`, flagged as assumed."""
    result = mean_handle_times(legs(9, [120.0] * 10), queues=("new", "q"), as_of=AS_OF)
    assert result.seconds[0] == pytest.approx(np.full(24, 120.0))
    assert result.assumed.tolist() == [True, False]
    assert any("queue new" in note for note in result.notes)


def test_nothing_known_is_assumed_aloud():
    """Later legs, zero seconds and other queues are no source; the assumption is named."""
    handled = pd.concat([legs(9, [60.0], day="2024-07-01"), legs(9, [0.0, np.nan]), legs(9, [60.0], queue="other")])
    result = mean_handle_times(handled, queues=("q",), as_of=AS_OF)
    assert result.seconds == pytest.approx(np.full((1, 24), ASSUMED_SECONDS))
    assert result.notes == ("handle time: no answered call is known, 300 s a call are assumed",)


def test_old_handle_times_are_said_to_be_old():
    """Legs that end 90 days before the forecast are named with their age."""
    result = mean_handle_times(legs(9, [60.0] * 5, day="2024-04-01"), queues=("q",), as_of=AS_OF)
    assert result.notes == ("handle time: the last answered call known is of 2024-04-01, 90 days before the forecast",)


def test_legs_passed_on_are_work_of_the_calls_that_began_in_the_queue():
    """600 first legs and 200 passed on, 100 s each: a call takes 800 / 600 legs, drawn by 60 to 860 / 660."""
    handled = legs(9, [100.0] * 800).assign(is_first_leg=[True] * 600 + [False] * 200)
    seconds = mean_handle_times(handled, queues=("q",), as_of=AS_OF).seconds[0]
    assert seconds[9] == pytest.approx(100 * 860 / 660)
    alone = mean_handle_times(handled.assign(is_first_leg=True), queues=("q",), as_of=AS_OF).seconds[0]
    assert alone[9] == pytest.approx(100.0)
