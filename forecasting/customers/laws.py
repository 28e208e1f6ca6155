"""Three laws of how purchases decline: customers leave, customers slow down, or both.

A table of purchases cannot tell for sure which it is. The law of both has the largest likelihood and orders customers
best, but reads every slow month as both and runs too low in total. The two laws that allow only one of them were nearer
to what came: they are mixed by how much likelier one is. In euros the mixture is set to the level of the past: who buys
often may spend more at a time as well, and drawing rates to their mean loses some of that product.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from forecasting.customers.dropout import Dropout, History, fit_dropout, log_likelihood, worked_off

EVIDENCE_NATS = 0.03
"""Log-likelihood a buyer by which one law must lead to count e times the other. In cohorts drawn
from one of them it leads by .03 to .7; nobody's purchases follow either to the letter, so the sum over buyers proves
nothing."""
LEVEL_PURCHASES = 30.0
"""So many purchases as the law says stand beside the past ones when the level of euros is read."""


@dataclass(frozen=True)
class Laws:
    """both: leaving and slowing. leaving, slowing: one of them only. All fitted to the same history."""

    both: Dropout
    leaving: Dropout
    slowing: Dropout

    def total_eur(self, history: History, days: float) -> float:
        """Sales of all buyers within `days`: what leaving alone and slowing alone lead to, mixed by their likelihoods
        (1 / (1 + exp(-lead of slowing a buyer / `EVIDENCE_NATS`)) is the share of slowing), at the level of past
        sales."""
        lead = log_likelihood(self.slowing, history) - log_likelihood(self.leaving, history)
        share = float(expit(lead / max(int(history.bought.sum()), 1) / EVIDENCE_NATS))
        slowing, leaving = (float(law.sales(history, days).sum()) for law in (self.slowing, self.leaving))
        return (share * slowing + (1 - share) * leaving) * self._level(history)

    def _level(self, history: History) -> float:
        """Repeat sales so far over what the slowing law says of them, drawn to 1 by `LEVEL_PURCHASES`."""
        law, t = self.slowing, worked_off(history.watched, self.slowing.slowing)
        times = (law.rate_shape + history.repeat) / (law.rate_days + t) * t
        repeats = float(history.repeat.sum())
        drawn = LEVEL_PURCHASES * float(history.repeat_eur.sum()) / max(repeats, 1.0)
        said = float(np.nansum(times * history.next_eur))
        return (float(history.repeat_eur.sum()) + drawn) / (said + drawn) if said + drawn > 0 else 1.0

    def window_purchases(self, history: History, start: float, stop: float) -> np.ndarray:
        """(B,) purchase days expected from `start` to `stop` days after the history; NaN for those who never bought."""
        until = self.both.expected(history, stop)
        return until - self.both.expected(history, start) if start > 0 else until


def fit_laws(history: History) -> Laws:
    """The three laws of largest likelihood."""
    return Laws(
        both=fit_dropout(history, slowing=True),
        leaving=fit_dropout(history),
        slowing=fit_dropout(history, leaving=False, slowing=True),
    )


def scaled(shares: np.ndarray, total: float) -> np.ndarray:
    """`shares` >= 0 stretched so that they sum to `total`; as they are where they sum to nothing."""
    found = float(shares.sum())
    return shares * (total / found) if found > 0 else shares
