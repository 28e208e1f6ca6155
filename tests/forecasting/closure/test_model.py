from dataclasses import replace

import numpy as np
import pytest

from forecasting.calibration import Calibrator
from forecasting.closure.landmarks import DAY, weights_at
from forecasting.closure.model import ClosureModel, Finish, cross_fit, finish, learn
from forecasting.closure.models import BASE, CANDIDATES, JOURNEY, MEAN, Care, amount_knots_of
from forecasting.metrics import auc, log_loss

CARE = Care(tree_seeds=1, hazard_seeds=1, hazard_spans=5_000)


def test_every_candidate_beats_the_base_rate_on_a_planted_pipeline(trained) -> None:
    model, history = trained[:2]
    known = weights_at(history.rows, history.deals.end) > 0
    won = history.rows.won[known]
    found = model.probabilities(history)
    assert set(found) == set(CANDIDATES)
    for name in set(CANDIDATES) - {BASE}:
        assert log_loss(found[name][known], won) < log_loss(found[BASE][known], won) - 0.03, name
        assert auc(found[name][known], won) > 0.7


def test_no_deal_is_predicted_by_a_model_that_saw_it(trained) -> None:
    _, history = trained[:2]
    end = history.deals.end
    apart = cross_fit(history, end, hidden_states=2, seed=1, care=CARE, folds=2)
    # With its outcome turned round, a deal's own prediction must not move: only those of the other block do.
    deals, place = np.unique(history.rows.deal, return_inverse=True)
    created = history.deals.created[deals]
    early = (created <= np.sort(created)[len(created) // 2 - 1])[place]
    turned = replace(history, rows=replace(history.rows, won=np.where(early, ~history.rows.won, history.rows.won)))
    again = cross_fit(turned, end, hidden_states=2, seed=1, care=CARE, folds=2)
    assert np.array_equal(apart["trees"][early], again["trees"][early])
    assert not np.array_equal(apart["trees"][~early], again["trees"][~early])
    assert not np.isnan(apart["trees"]).any()  # Deals that are open still are predicted too: they tell the level.


def test_one_known_outcome_finishes_nothing(trained) -> None:
    _, history = trained[:2]
    lost = history.pick(~history.rows.won)
    assert finish(MEAN, np.full(len(lost.rows), 0.3), lost, np.ones(len(lost.rows)), when=0) is None
    unknown = np.full(len(history.rows), np.nan)
    assert finish(MEAN, unknown, history, np.ones(len(history.rows)), when=0) is None


def test_the_shift_follows_the_latest_weeks_and_not_the_old_ones(trained) -> None:
    _, history = trained[:2]
    end = history.deals.end
    weight = weights_at(history.rows, end)
    p = np.full(len(history.rows), float(history.rows.won[weight > 0].mean()))
    young = history.rows.landmark > end - 42 * DAY
    shifts = []
    for outcome in (True, False):
        turned = replace(history, rows=replace(history.rows, won=np.where(young, outcome, history.rows.won)))
        found = finish(MEAN, p, turned, weight, when=end)
        assert found is not None
        shifts.append(found.shift)
    assert shifts[0] > 0.05 > -0.05 > shifts[1]


def test_rows_that_are_not_taught_move_the_level_and_nothing_else(trained) -> None:
    _, history = trained[:2]
    end = history.deals.end
    taught = history.rows.deal % 3 > 0
    settings = {"chosen": MEAN, "hidden_states": 2, "seed": 1, "care": CARE, "folds": 2}
    alone = learn(history.pick(taught), end, **settings)
    beside = learn(history, end, taught=taught, **settings)
    some = history.pick(np.arange(0, len(history.rows), 50))
    one, other = (each.fitted.probabilities(some) for each in (alone, beside))
    assert all(np.array_equal(one[name], other[name]) for name in CANDIDATES)
    assert alone.finishes[MEAN].calibrator == beside.finishes[MEAN].calibrator
    assert alone.finishes[MEAN].shift != beside.finishes[MEAN].shift


def test_chains_are_drawn_to_a_line_and_words_name_the_calibrator(trained) -> None:
    model, history = trained[:2]
    assert model.finishes[JOURNEY].calibrator.kind == "platt"
    assert Finish().in_words == ""
    p = np.full(len(history.rows), 0.3)
    assert np.array_equal(Finish().apply(p, history), p)
    named = ClosureModel(
        model.fitted, {MEAN: Finish(Calibrator("beta"))}, MEAN, model.stages, model.rank, 60, model.end
    )
    assert named.method == "mean logit, beta"
    assert ClosureModel(model.fitted, {}, BASE, model.stages, model.rank, 60, model.end).method == BASE


def test_a_candidate_that_cannot_be_fitted_falls_back_to_the_base_rate(trained) -> None:
    _, history = trained[:2]
    few = history.pick(np.arange(5))
    model = learn(few, history.deals.end, chosen=MEAN, hidden_states=2, seed=1, care=CARE)
    assert model.chosen == BASE
    assert set(model.probabilities(few)) == {BASE}


def test_knots_of_amounts_lie_inside_what_was_seen() -> None:
    assert amount_knots_of(np.full(9, np.nan)) == ()
    assert amount_knots_of(np.full(9, 100.0)) == ()
    knots = amount_knots_of(np.exp(np.linspace(0, 10, 1001)))
    assert knots == pytest.approx((1.0, 2.5, 4.0, 6.0, 7.5, 9.0))
