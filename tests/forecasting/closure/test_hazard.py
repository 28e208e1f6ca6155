import numpy as np
import pytest
from scipy.special import expit

from forecasting.closure.features import Features
from forecasting.closure.hazard import SPANS, _spans_of, fit_hazard
from forecasting.closure.landmarks import DAY, observe
from forecasting.closure.load import NEVER
from forecasting.closure.trees import ROUNDS, Boosted, boost, fit_boosted, telling


def two_kinds(deals_of, count: int = 1200, seed: int = 4):
    """Kind 0 is decided at a rate of 1 / 5 days and won 3 of 4 times, kind 1 at 1 / 20 days and won 1 of 4 times."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, count)
    days = rng.exponential(np.where(kind == 0, 5.0, 20.0))
    won = rng.random(count) < np.where(kind == 0, 0.75, 0.25)
    terminal = np.where(days < 60, ((10 + days) * DAY).astype(np.int64), NEVER)
    spans = [(0, int(t), bool(w)) for t, w in zip(terminal, won, strict=True)]
    deals = deals_of(spans, [[0]] * count)
    rows, _ = observe(deals, 10 * DAY, horizon_days=1000)
    names = ("kind", "noise")
    features = Features(np.column_stack([kind[rows.deal], rng.random(len(rows))]).astype(np.float32), names)
    return deals, rows, features


@pytest.fixture(scope="module")
def fitted(deals_of):
    deals, rows, features = two_kinds(deals_of)
    hazard = fit_hazard(deals, rows, features, 70 * DAY, seed=1, seeds=1, max_spans=100_000)
    assert hazard is not None
    return hazard, Features(np.array([[0, 0.5], [1, 0.5]], dtype=np.float32), ("kind", "noise"))


def test_the_planted_rates_and_shares_are_found(fitted) -> None:
    hazard, kinds = fitted
    # Slow learners are drawn to the middle: what matters is that they do not pass it.
    assert hazard.probability(kinds) == pytest.approx([0.75, 0.25], abs=0.12)
    # Won within 10 days: share x (1 - exp(-10 / mean days)).
    within = [0.75 * (1 - np.exp(-2.0)), 0.25 * (1 - np.exp(-0.5))]
    assert hazard.probability(kinds, days=10) == pytest.approx(within, abs=0.16)
    medians = hazard.close_days(kinds, quantiles=(0.5,))[:, 0]
    assert medians == pytest.approx([5 * np.log(2), 20 * np.log(2)], rel=0.5)
    assert medians[1] > 2 * medians[0]


def test_chances_rise_with_the_horizon_up_to_ever(fitted) -> None:
    hazard, kinds = fitted
    rising = np.array([hazard.probability(kinds, days=days) for days in (0, 1, 3, 9, 30, 80, 500)])
    assert (np.diff(rising, axis=0) >= -1e-12).all()
    assert rising[0].tolist() == [0.0, 0.0]
    assert rising[-1] == pytest.approx(hazard.probability(kinds))
    still = hazard.open_at(kinds)
    assert hazard.probability(kinds, still=still) == pytest.approx(hazard.probability(kinds))
    assert still[:, -1].tolist() == [0.0, 0.0]


def test_an_open_deal_teaches_only_the_spans_watched_in_full(deals_of) -> None:
    deals = deals_of([(0, NEVER, False), (0, 13 * DAY, True)], [[0], [0]])
    rows, _ = observe(deals, 10 * DAY, horizon_days=1000)
    row, span, ended, win = _spans_of(deals, rows, 15 * DAY)
    # Five days watched: spans 0-1, 1-2, 2-4 are whole, 4-7 is not. The other ends on its third day, in span 2-4.
    assert row.tolist() == [0, 0, 0, 1, 1, 1]
    assert span.tolist() == [0, 1, 2, 0, 1, 2]
    assert ended.tolist() == [False] * 5 + [True]
    assert win.tolist() == ended.tolist()


def test_a_start_for_the_wins_is_kept_where_time_adds_nothing(deals_of) -> None:
    deals, rows, features = two_kinds(deals_of, 800)
    start = np.where(features.values[:, 0] == 0, np.log(3.0), -np.log(3.0))
    hazard = fit_hazard(deals, rows, features, 70 * DAY, seed=1, seeds=1, max_spans=2000, start=start)
    assert hazard is not None
    assert hazard.probability(features, start=start) == pytest.approx(expit(start), abs=0.15)


def test_without_an_end_there_is_nothing_to_learn_and_one_kind_of_end_has_a_rate(deals_of) -> None:
    deals, rows, features = two_kinds(deals_of, 100)
    assert fit_hazard(deals, rows, features, 5 * DAY, seed=1, seeds=1, max_spans=100) is None
    still_open = deals_of([(0, NEVER, False)] * 30, [[0]] * 30)
    seen, _ = observe(still_open, 10 * DAY, horizon_days=1000)
    some = Features(np.random.default_rng(0).random((30, 1)).astype(np.float32), ("x",))
    assert fit_hazard(still_open, seen, some, 70 * DAY, seed=1, seeds=1, max_spans=100) is None
    lost = deals_of([(0, (12 + n) * DAY, False) for n in range(40)], [[0]] * 40)
    seen, _ = observe(lost, 10 * DAY, horizon_days=1000)
    some = Features(np.random.default_rng(0).random((40, 1)).astype(np.float32), ("x",))
    hazard = fit_hazard(lost, seen, some, 70 * DAY, seed=1, seeds=1, max_spans=10_000)
    assert hazard is not None
    assert hazard.wins is None
    assert hazard.probability(some).max() < 0.05
    assert len(SPANS) == hazard.open_at(some).shape[1] - 1


def test_trees_read_columns_by_name_and_leave_repeated_and_constant_ones_out() -> None:
    rng = np.random.default_rng(0)
    x = rng.random(600)
    values = np.column_stack([x, x, np.ones(600), np.full(600, np.nan), rng.random(600)]).astype(np.float32)
    features = Features(values, ("a", "again", "constant", "unknown", "b"))
    assert telling(features) == ("a", "b")
    won = rng.random(600) < np.where(x > 0.5, 0.9, 0.1)
    model = fit_boosted(features, won, np.ones(600), seed=1, seeds=2)
    assert isinstance(model, Boosted)
    p = model.probability(features)
    assert p[x > 0.6].min() > 0.6
    assert p[x < 0.4].max() < 0.4
    shuffled = Features(values[:, ::-1], features.names[::-1])
    assert np.array_equal(model.probability(shuffled), p)
    assert fit_boosted(features, won, (x < 0).astype(float), seed=1, seeds=1) is None
    same = boost(values[:, [0, 4]], won, np.ones(600), ("a", "b"), seed=1, rounds=ROUNDS, seeds=2)
    assert np.array_equal(same.probability(features), p)
