import numpy as np
import pytest

from forecasting.closure.landmarks import DAY, Rows
from forecasting.closure.logistic import State, fit_stage_dwell, states, terms


def test_the_state_is_read_from_events_before_the_landmark(deals_of) -> None:
    # Usual order of stages: 0, 1, 2. The first deal goes 0, 1, 2, back to 1, and on to 2 after the landmark.
    deals = deals_of(
        [(0, 90 * DAY, True), (2 * DAY, 90 * DAY, False)],
        [[DAY, 2 * DAY, 3 * DAY, 7 * DAY, 20 * DAY], [3 * DAY, 4 * DAY, 5 * DAY]],
    )
    deals.stage[:] = [0, 1, 2, 1, 2, 0, 1, 2]
    rows = Rows(np.array([0, 1]), np.array([10 * DAY, 4 * DAY]), np.array([4, 6]), deals.terminal, deals.won)
    state = states(deals, rows)
    assert state.stage.tolist() == [1, 0]
    assert state.dwell_days.tolist() == [3.0, 1.0]
    assert state.age_days.tolist() == [10.0, 2.0]
    assert state.events.tolist() == [4, 1]
    assert state.visits.tolist() == [[1, 2, 1], [1, 0, 0]]
    assert state.previous.tolist() == [2, -1]
    assert state.jumps_back.tolist() == [1, 0]


def random_state(rows: int, rng: np.random.Generator) -> State:
    zeros = np.zeros(rows, dtype=np.int64)
    stage = rng.integers(0, 3, rows)
    return State(
        stage, rng.exponential(8, rows), np.full(rows, 5.0), zeros + 1, np.eye(3, dtype=int)[stage], zeros, zeros
    )


def test_the_effect_of_staying_differs_by_stage() -> None:
    """Planted: waiting harms in stage 0, helps in stage 1, says nothing in stage 2."""
    rng = np.random.default_rng(4)
    state = random_state(20000, rng)
    log_odds = np.array([-1.0, 1.0, 0.0])[state.stage] * (np.log1p(state.dwell_days) - 1.5)
    won = rng.random(20000) < 1 / (1 + np.exp(-log_odds))
    model = fit_stage_dwell(state, won, np.ones(20000))
    assert model is not None
    truth = 1 / (1 + np.exp(-log_odds))
    assert np.abs(model.probability(state) - truth).mean() < 0.02


def test_a_weight_of_three_is_a_row_said_three_times() -> None:
    rng = np.random.default_rng(4)
    state, won = random_state(300, rng), rng.random(300) < 0.4
    weight = np.where(np.arange(300) < 100, 3.0, 1.0)
    repeated = np.repeat(np.arange(300), weight.astype(int))
    one = fit_stage_dwell(state, won, weight)
    other = fit_stage_dwell(state.pick(repeated), won[repeated], np.ones(len(repeated)))
    assert one is not None
    assert other is not None
    # Only the standardisation, and with it the ridge, differs a little.
    assert np.abs(one.probability(state) - other.probability(state)).max() < 0.02


def test_one_outcome_fits_nothing_and_no_rows_have_no_terms() -> None:
    state = random_state(20, np.random.default_rng(1))
    assert fit_stage_dwell(state, np.zeros(20, dtype=bool), np.ones(20)) is None
    assert terms(state.pick(slice(0, 0))).shape == (0, terms(state).shape[1])


def test_stages_without_a_training_row_score_as_an_average_stage() -> None:
    rng = np.random.default_rng(3)
    state = random_state(400, rng)
    won = rng.random(400) < 0.3
    first_two = state.stage < 2
    model = fit_stage_dwell(state, won, first_two.astype(float))
    assert model is not None
    assert model.probability(state)[~first_two].mean() == pytest.approx(won[first_two].mean(), abs=0.15)
