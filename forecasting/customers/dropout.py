"""Purchases of customers who may stop for good without telling anybody: how many are still to come, from few numbers.

The BG/NBD model (Fader, Hardie and Lee, 2005, Counting your customers the easy way): a customer buys at random times at
a rate of their own, gamma-distributed over customers, and after each purchase leaves for good with a probability of
their own, beta-distributed. Four parameters, fitted by likelihood to days with purchases; the euros of a purchase are
the customer's mean drawn to the mean of all. It needs few buyers and no features, and stands beside the trees.

It says how much of the sales attrition takes; it is never read as a churn probability: that needs known leavers.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

from forecasting.customers.purchases import Purchases

START = (0.5, 60.0, 0.8, 2.5)
LIMITS = ((1e-3, 50.0), (1e-1, 1e5), (1e-3, 50.0), (1e-2, 1e4))
"""Of r, alpha (days), a, b: wide enough for every real table, narrow enough for finite numbers."""
PRIOR_PURCHASES = 1.0
"""The mean of all counts so many purchases in a customer's mean purchase."""


@dataclass(frozen=True)
class History:
    """Of B customers up to a day: repeat (days with purchases after the first), last and watched (days since the
    first), eur (all sales); watched is NaN for those who never bought."""

    repeat: np.ndarray
    last: np.ndarray
    watched: np.ndarray
    eur: np.ndarray


@dataclass(frozen=True)
class Dropout:
    """rate_shape, rate_days: of the gamma law of rates (mean shape / days a day). leave, stay: of the beta law."""

    rate_shape: float
    rate_days: float
    leave: float
    stay: float

    def expected(self, history: History, days: float) -> np.ndarray:
        """(B,) purchase days expected within `days` after the history; NaN for those who never bought. Eq. (10)."""
        r, alpha, a, b = self.rate_shape, self.rate_days, self.leave, self.stay
        a = a if abs(a - 1) > 1e-6 else 1 + 1e-6  # the formula has a hole at 1 and none beside it
        x, t = history.repeat, history.watched
        z = days / (alpha + t + days)
        # Euler's transformation of the published hypergeometric function: the second argument is small.
        series = hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
        ahead = (a + b + x - 1) / (a - 1) * (1 - (1 - z) ** (a - 1) * series)
        later = np.log(a / (b + np.maximum(x, 1) - 1)) + (r + x) * np.log((alpha + t) / (alpha + history.last))
        still: np.ndarray = np.where(x > 0, 1 / (1 + np.exp(np.minimum(later, 700.0))), 1.0)
        return np.asarray(np.maximum(ahead * still, 0.0))

    def sales(self, history: History, days: float) -> np.ndarray:
        """(B,) euros expected within `days`; customers who never bought get 0."""
        bought = ~np.isnan(history.watched)
        times = np.where(bought, history.repeat + 1, 0.0)
        mean = history.eur[bought].sum() / max(float(times.sum()), 1.0)
        each = (history.eur + PRIOR_PURCHASES * mean) / (times + PRIOR_PURCHASES)
        return np.where(bought, np.nan_to_num(self.expected(history, days)) * np.maximum(each, 0.0), 0.0)

    def kept_share(self, history: History, days: float) -> float:
        """Share of the sales within `days` that attrition leaves: 1 where purchases show none.

        Compared with what these customers would buy at their mean rate (r + x) / (alpha + watched) if nobody left.
        """
        bought = ~np.isnan(history.watched)
        rate = (self.rate_shape + history.repeat) / (self.rate_days + history.watched)
        weight = np.where(bought, history.eur, 0.0) / np.maximum(history.repeat + 1, 1.0)
        staying = float((np.nan_to_num(rate * days) * weight).sum())
        return (
            float(min(1.0, (np.nan_to_num(self.expected(history, days)) * weight).sum() / staying)) if staying else 1.0
        )


def summarise(purchases: Purchases, until: int) -> History:
    """What the model reads of each customer's purchases before day `until`; several on one day are one."""
    n = len(purchases.ids)
    before = purchases.day < until
    row, day, eur = purchases.row[before], purchases.day[before], np.maximum(purchases.eur[before], 0.0)
    distinct = np.unique(row * np.int64(until + 1) + day)
    who, when = distinct // (until + 1), distinct % (until + 1)
    count = np.bincount(who, minlength=n).astype(np.float64)
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, who, when)
    np.maximum.at(last, who, when)
    bought = count > 0
    with np.errstate(invalid="ignore"):
        span, watched = last - first, until - first
    return History(
        repeat=np.maximum(count - 1, 0.0),
        last=np.where(bought, span, 0.0),
        watched=np.where(bought, watched, np.nan),
        eur=np.bincount(row, weights=eur, minlength=n),
    )


def fit_dropout(history: History) -> Dropout:
    """The four parameters of largest likelihood; without buyers the start values."""
    bought = ~np.isnan(history.watched)
    if not bought.any():
        return Dropout(*START)
    rows = np.column_stack([history.repeat, history.last, history.watched])[bought]
    (x, t_x, t), weight = (lambda found: (found[0].T, found[1] / len(rows)))(
        np.unique(rows, axis=0, return_counts=True)
    )
    low, high = np.log(np.array(LIMITS)).T

    def minus_log_likelihood(logs: np.ndarray) -> float:
        """Mean over customers, eq. (6); parameters as logarithms."""
        r, alpha, a, b = np.exp(np.clip(logs, low, high))
        ever = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        leaving = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        still = -(r + x) * np.log(alpha + t)
        gone = np.log(a / (b + np.maximum(x, 1) - 1)) - (r + x) * np.log(alpha + t_x)
        either = np.where(x > 0, np.logaddexp(still, np.where(x > 0, gone, still)), still)
        return -float(((ever + leaving + either) * weight).sum())

    found = minimize(
        minus_log_likelihood,
        np.log(START),
        method="Nelder-Mead",
        options={"maxiter": 800, "xatol": 1e-3, "fatol": 1e-7},
    )
    return Dropout(*(float(each) for each in np.exp(np.clip(found.x, low, high))))
