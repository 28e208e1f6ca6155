"""Which candidate is used: the first preferred that is not worse for sure."""

import pytest

from forecasting.closure.evaluate import choose
from forecasting.closure.models import BASE, JOURNEY, MEAN, TREES


@pytest.mark.parametrize(
    ("doubt", "chosen"),
    [
        ({MEAN: 0.006, TREES: 0.002}, MEAN),  # .005 behind, which two standard errors of .006 do not tell from 0
        ({MEAN: 0.004, TREES: 0.003}, TREES),  # the mean is worse for sure, the trees by .002 are not
        ({MEAN: 0.004, TREES: 0.0015}, JOURNEY),
        ({}, JOURNEY),
    ],
)
def test_a_close_race_goes_to_the_one_preferred(doubt: dict[str, float], chosen: str) -> None:
    losses = {MEAN: 0.405, TREES: 0.402, JOURNEY: 0.400, BASE: 0.460}
    assert choose(losses, needed=dict.fromkeys(losses, 0.01), doubt=doubt) == chosen


def test_what_does_not_beat_the_base_rate_is_no_rival() -> None:
    """However close it is to the best: the base rate's gap has to be cleared by each alone."""
    losses = {MEAN: 0.455, JOURNEY: 0.440, BASE: 0.460}
    assert choose(losses, needed={MEAN: 0.01, JOURNEY: 0.01, BASE: 0.0}, doubt={MEAN: 0.1}) == JOURNEY
