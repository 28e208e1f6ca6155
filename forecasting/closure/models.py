"""The candidates for the closure probability, fitted on what was known at one moment.

base rate: the weighted share won among rows open at a census. hidden Markov, stage x dwell: the two models.
mean logit: the mean of their log-odds; two views of the same history that err differently.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.hmm import HiddenMarkov, Sequences, fit_hidden_markov, tick_sequences
from forecasting.closure.landmarks import Rows, weights_at
from forecasting.closure.logistic import StageDwell, State, fit_stage_dwell, states
from forecasting.closure.sequences import Deals, Floats

BASE, HMM, DWELL, MEAN = "base rate", "hidden Markov", "stage x dwell", "mean logit"
CANDIDATES = (MEAN, DWELL, HMM, BASE)
"""In order of preference where the figures do not tell them apart; the base rate must never win by a tie."""
MIN_ROWS = 60
"""With fewer settled rows only the base rate is fitted."""


@dataclass(frozen=True)
class History:
    """R observations with everything the models look at, so that it is computed once for all moments.

    rows, state, sequences belong together row by row. created, amount_eur, rep_probability: (R,) of the deal, for
    reports only: no model sees them. stages: number of stage codes.
    """

    rows: Rows
    state: State
    sequences: Sequences
    created: Any
    amount_eur: Floats
    rep_probability: Floats
    stages: int

    def pick(self, chosen: Any) -> "History":
        """The rows of a mask or index array."""
        return History(
            self.rows.pick(chosen),
            self.state.pick(chosen),
            self.sequences.pick(chosen),
            self.created[chosen],
            self.amount_eur[chosen],
            self.rep_probability[chosen],
            self.stages,
        )


@dataclass(frozen=True)
class Fitted:
    """The candidates that could be fitted. rows: settled rows learned from; won: how many of them were won."""

    base_rate: float
    hidden_markov: HiddenMarkov | None
    stage_dwell: StageDwell | None
    rows: int
    won: int

    @property
    def names(self) -> tuple[str, ...]:
        """The candidates that can be asked."""
        fitted = {HMM: self.hidden_markov is not None, DWELL: self.stage_dwell is not None, BASE: True}
        fitted[MEAN] = fitted[HMM] and fitted[DWELL]
        return tuple(name for name in CANDIDATES if fitted[name])

    def probabilities(self, history: History) -> dict[str, Floats]:
        """Raw probability (R,) by candidate, of those that were fitted."""
        found = {BASE: np.full(len(history.rows), self.base_rate)}
        if self.hidden_markov is not None:
            found[HMM] = self.hidden_markov.probability(history.sequences)
        if self.stage_dwell is not None:
            found[DWELL] = self.stage_dwell.probability(history.state)
        if HMM in found and DWELL in found:
            found[MEAN] = np.asarray(expit((logit(found[HMM]) + logit(found[DWELL])) / 2), dtype=np.float64)
        return found


def describe(deals: Deals, rows: Rows) -> History:
    """What the models and the reports need to know of the rows."""
    return History(
        rows=rows,
        state=states(deals, rows),
        sequences=tick_sequences(deals, rows),
        created=deals.created[rows.deal],
        amount_eur=deals.table["amount_eur"].to_numpy()[rows.deal],
        rep_probability=deals.table["rep_probability"].to_numpy()[rows.deal],
        stages=len(deals.stages),
    )


def fit_models(history: History, when: int, *, hidden_states: int, seed: int) -> Fitted:
    """Fits all candidates on the rows whose label was known at second `when`, weighted for those not known yet.

    With one outcome only, the base rate is (won + 1) / (rows + 2), Laplace's rule: never certain. Without rows 1/2.
    """
    weight = weights_at(history.rows, when)
    known = weight > 0
    won = history.rows.won & known
    rows, wins = int(known.sum()), int(won.sum())
    if wins in (0, rows):
        return Fitted((wins + 1) / (rows + 2), None, None, rows, wins)
    base_rate = float(weight[won].sum() / weight.sum())
    if rows < MIN_ROWS:
        return Fitted(base_rate, None, None, rows, wins)
    learned = history.pick(known)
    chains = fit_hidden_markov(
        learned.sequences,
        learned.rows.won,
        weight[known],
        stages=history.stages,
        hidden_states=hidden_states,
        seed=seed,
    )
    return Fitted(base_rate, chains, fit_stage_dwell(learned.state, learned.rows.won, weight[known]), rows, wins)
