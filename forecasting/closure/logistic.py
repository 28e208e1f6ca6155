"""Closure probability from where a deal stands and how long: a logistic regression on stage x dwell.

For each stage an intercept and a bent line over the log of the days since it was entered; beside them the age of the
deal, the number of its events, its jumps back, and how often it was in each stage. Every term can be read as log-odds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from forecasting.closure.landmarks import DAY, Rows
from forecasting.closure.load import Bools, Deals, Floats, Ints, stage_rank

KNOT_DAYS = (1.0, 4.0, 10.0, 21.0, 45.0)
"""Where the line over log(1 + days) may bend."""
PENALTY = 0.2
"""C of scikit-learn: inverse strength of the ridge on standardised terms (unseen deals: log loss .5251, .5263 at 1)."""


@dataclass(frozen=True)
class State:
    """What is known of R deals at their landmarks.

    stage: (R,) code of the last stage. dwell_days: (R,) since it was entered. age_days: (R,) since the deal was
    created, >= 0. events: (R,) number of events. visits: (R, S) times in each stage. previous: (R,) code of the stage
    before, -1 if none. jumps_back: (R,) events that went to a stage which usually comes before the one left.
    """

    stage: Ints
    dwell_days: Floats
    age_days: Floats
    events: Ints
    visits: Ints
    previous: Ints
    jumps_back: Ints

    def pick(self, chosen: Any) -> "State":
        """The rows of a mask or index array."""
        return State(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class StageDwell:
    """A fitted regression on the standardised terms; stages without a training row have no term of their own."""

    mean: Floats
    scale: Floats
    weights: Floats
    intercept: float

    def probability(self, state: State, more: Floats | None = None) -> Floats:
        """(R,) closure probability; `more` are the terms (R, M) that the fit was given beside the state."""
        log_odds = (terms(state, more) - self.mean) / self.scale @ self.weights + self.intercept
        return np.asarray(expit(log_odds), dtype=np.float64)


def states(deals: Deals, rows: Rows) -> State:
    """The state of each row, from events before its landmark only."""
    last = rows.upto - 1
    stages = len(deals.stages)
    owner = np.repeat(np.arange(len(deals.created)), np.diff(deals.first))
    passed = np.zeros((len(deals.stage) + 1, stages), dtype=np.int64)
    passed[np.arange(1, len(deals.stage) + 1), deals.stage] = 1
    passed = np.cumsum(passed, axis=0)
    begun = deals.first[rows.deal]
    back = np.concatenate([[0], np.cumsum(_goes_back(deals, owner))])
    has_previous = last > begun
    return State(
        stage=deals.stage[last],
        dwell_days=(rows.landmark - deals.entered[last]) / DAY,
        age_days=((rows.landmark - deals.created[rows.deal]) / DAY).clip(0),
        events=rows.upto - begun,
        visits=passed[rows.upto] - passed[begun],
        previous=np.where(has_previous, deals.stage[np.maximum(last - 1, 0)], -1),
        jumps_back=back[rows.upto] - back[begun],
    )


def fit_stage_dwell(state: State, won: Bools, weight: Floats, more: Floats | None = None) -> StageDwell | None:
    """Fits the regression on R rows with weights; None where one class has no row.

    Args:
        state: of R rows. won: (R,). weight: (R,), 0 leaves a row out.
        more: (R, M) finite terms beside those of the state, such as the log-odds of another model.
    """
    used = weight > 0
    if len(np.unique(won[used])) < 2:
        return None
    x = terms(state, more)[used]
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    model = LogisticRegression(C=PENALTY, solver="newton-cholesky", max_iter=100)
    model.fit((x - mean) / scale, won[used], sample_weight=weight[used])
    return StageDwell(mean, scale, model.coef_[0], float(model.intercept_[0]))


def terms(state: State, more: Floats | None = None) -> Floats:
    """(R, F) terms of the regression, not yet standardised; those of `more` last."""
    stages = state.visits.shape[1]
    dwell = np.log1p(state.dwell_days)
    bends = np.column_stack([dwell, *(np.maximum(dwell - np.log1p(knot), 0.0) for knot in KNOT_DAYS)])
    here = state.stage[:, None] == np.arange(stages)
    before = state.previous[:, None] == np.arange(stages)
    by_stage = (here[:, :, None] * bends[:, None, :]).reshape(len(dwell), stages * bends.shape[1])
    age = np.log1p(state.age_days)
    counts = np.log1p(np.column_stack([state.events, state.jumps_back]))
    own = [here, before, by_stage, age, age**2, counts, np.log1p(state.visits)]
    return np.column_stack(own if more is None else [*own, more]).astype(np.float64)


def _goes_back(deals: Deals, owner: Ints) -> Bools:
    """(E,) whether an event enters a stage that usually comes before the stage the deal was in (`stage_rank`)."""
    back = np.zeros(len(owner), dtype=bool)
    if len(owner):
        rank = stage_rank(deals)[deals.stage]
        # A stage never learned has rank -1: nobody knows whether a step to it goes back.
        back[1:] = (owner[1:] == owner[:-1]) & (rank[1:] < rank[:-1]) & (rank[1:] >= 0)
    return back
