from dataclasses import replace

import numpy as np
import pytest

from forecasting.closure.features import amount_features, build_features
from forecasting.closure.landmarks import DAY, observe
from forecasting.closure.load import NEVER, Touches
from forecasting.closure.logistic import states


def row_of(deals, at: int) -> dict[str, float]:
    rows, _ = observe(deals, at, horizon_days=30)
    features = build_features(deals, rows, states(deals, rows))
    assert features.values.shape == (1, len(features.names))
    return dict(zip(features.names, features.values[0].tolist(), strict=True))


def test_the_features_of_a_deal_by_hand(deals_of) -> None:
    deals = deals_of([(0, NEVER, False)], [[0, 6 * DAY, 9 * DAY]], [15000.0])
    deals = replace(deals, stage=np.array([0, 1, 0]), rank=np.array([0.0, 1.0, 2.0]))
    found = row_of(deals, 10 * DAY)
    assert found["days_in_stage"] == 1.0
    assert found["age_days"] == 10.0
    assert (found["stage"], found["stage_before"]) == (0.0, 1.0)
    assert (found["times: stage s"], found["days since: stage s"]) == (2.0, 1.0)
    assert (found["times: stage t"], found["days since: stage t"]) == (1.0, 4.0)
    assert found["times: stage u"] == 0.0
    assert np.isnan(found["days since: stage u"])
    assert [found[f"events in {days} d"] for days in (3, 7, 14)] == [1, 2, 3]
    assert (found["amount_in_5000"], found["amount_in_1000"]) == (1.0, 1.0)


def test_nothing_of_the_future_is_seen(deals_of) -> None:
    early = deals_of([(0, NEVER, False)], [[0, 6 * DAY]])
    late = deals_of([(0, 50 * DAY, True)], [[0, 6 * DAY, 30 * DAY]])
    touches = Touches(np.array([0, 2]), np.array([DAY, 40 * DAY]), np.array([0, 0]), ("call",))
    one = row_of(replace(early, touches=touches.keep(np.array([True])), rank=np.zeros(3)), 10 * DAY)
    other = row_of(replace(late, touches=touches, rank=np.zeros(3)), 10 * DAY)
    assert one == pytest.approx(other, nan_ok=True)


def test_touches_are_counted_by_kind_and_lately(deals_of) -> None:
    deals = deals_of([(0, NEVER, False), (0, NEVER, False)], [[0], [0]])
    touches = Touches(np.array([0, 3, 3]), np.array([DAY, 8 * DAY, 9 * DAY]), np.array([0, 1, 0]), ("call", "visit"))
    rows, _ = observe(replace(deals, touches=touches), 10 * DAY, horizon_days=30)
    features = build_features(replace(deals, touches=touches), rows, states(deals, rows))
    table = {name: features.values[:, at].tolist() for at, name in enumerate(features.names)}
    assert table["touches"] == [3.0, 0.0]
    assert table["touches in 3 d"] == [2.0, 0.0]
    assert table["times: touch call"] == [2.0, 0.0]
    assert table["days_since_touch"][0] == 1.0
    assert np.isnan(table["days_since_touch"][1])


def test_columns_are_found_by_name_and_lost_ones_are_unknown(deals_of) -> None:
    deals = deals_of([(0, NEVER, False)], [[0]])
    rows, _ = observe(deals, DAY, horizon_days=30)
    features = build_features(deals, rows, states(deals, rows))
    found = features.arranged(("no such column", "age_days"))
    assert np.isnan(found[0, 0])
    assert found[0, 1] == 1.0


def test_an_unknown_amount_is_not_round() -> None:
    found = amount_features(np.array([np.nan, 3000.0, 2500.5]))
    assert np.isnan(found["amount_in_1000"][0])
    assert found["amount_in_1000"][1:].tolist() == [1.0, 0.0]
    assert found["amount_in_5000"][1:].tolist() == [0.0, 0.0]
