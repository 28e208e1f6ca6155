"""Confidence of the best channel: shares of draws, against a closed form."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from forecasting.confidence import best_channel_shares


def actions(rows: list[tuple[str, str, bool, float, float, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "channel", "consent", "win_eur", "contact_cost_eur", "spread"])
    return table.assign(churn_eur=0.0, growth_eur=0.0)


def test_shares_of_two_channels_follow_the_normal_law() -> None:
    """Gains 100 and 80, spread 0.4 each: P(first wins) = Phi(ln(1.25) / (0.4 sqrt 2)) = 0.653."""
    found = best_channel_shares(actions([("a", "x", True, 100, 0, 0.4), ("a", "y", True, 80, 0, 0.4)]))
    assert found.sum() == pytest.approx(1)
    assert found[0] == pytest.approx(norm.cdf(np.log(1.25) / (0.4 * np.sqrt(2))), abs=0.08)


def test_costs_are_certain_and_channels_without_consent_never_win() -> None:
    """Nothing to win: the cheapest channel always; the better one is barred; nobody may be contacted: 0 everywhere."""
    rows = [("a", "x", True, 0, 5, 0.4), ("a", "y", True, 0, 4, 0.4), ("b", "x", False, 90, 0, 0.4),
            ("b", "y", True, 1, 0, 0.4), ("c", "x", False, 9, 0, 0.4), ("c", "y", False, 9, 0, 0.4)]  # fmt: skip
    assert best_channel_shares(actions(rows)).tolist() == [0, 1, 0, 1, 0, 0]
    assert best_channel_shares(actions(rows)[:0]).tolist() == []


def test_without_spread_the_best_is_certain() -> None:
    """Spread 0: the larger value by a cent wins every draw."""
    found = best_channel_shares(actions([("a", "x", True, 10.0, 0, 0), ("a", "y", True, 10.01, 0, 0)]))
    assert found.tolist() == [0, 1]
