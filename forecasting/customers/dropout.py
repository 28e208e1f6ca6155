"""Purchases of customers who may stop for good without telling anybody, or slow down: how many are still to come.

The BG/NBD model (Fader, Hardie and Lee, 2005, Counting your customers the easy way): a customer buys at random times at
a rate of their own, gamma-distributed over customers, and after each purchase leaves for good with a probability of
their own, beta-distributed. Here the rate also falls with the days t since the first purchase, as (1 + t / 7)^-slowing:
the model holds as it stands once days are counted in the time S(t) that such a rate works off (S' is the rate; time-
rescaling of Poisson processes). `slowing` 0 is the published model; without leaving it is a gamma mixture of power-law
processes. The euros of a purchase are the customer's mean, drawn to that of all.

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
SETTLING_DAYS = 7.0
"""Scale of the slowing: after so many days the rate is 2^-slowing of what it was."""
MOST_SLOWING = 1.5
PRIOR_PURCHASES = 1.0
"""The mean of all counts so many purchases in a customer's mean purchase."""
FACTOR_PURCHASES = 30.0
"""A factor by number of purchases is drawn to that of all, and that of all to 1, by so many purchases."""


@dataclass(frozen=True)
class History:
    """Of B customers up to a day: repeat (days with purchases after the first), last and watched (days since the
    first), log_ages (sum over repeat purchases of log(1 + t / 7)), repeat_eur (sales of the repeat days), next_eur (of
    the next purchase day); watched and next_eur are NaN for those who never bought."""

    repeat: np.ndarray
    last: np.ndarray
    watched: np.ndarray
    log_ages: np.ndarray
    repeat_eur: np.ndarray
    next_eur: np.ndarray

    @property
    def bought(self) -> np.ndarray:
        """(B,) bool: customers with a purchase."""
        return np.asarray(~np.isnan(self.watched))


@dataclass(frozen=True)
class Dropout:
    """rate_shape, rate_days: of the gamma law of rates (mean shape / days a day). leave, stay: of the beta law, leave 0
    where nobody leaves. slowing: exponent of the fall of the rate."""

    rate_shape: float
    rate_days: float
    leave: float
    stay: float
    slowing: float = 0.0

    def expected(self, history: History, days: float) -> np.ndarray:
        """(B,) purchase days expected within `days` after the history; NaN for those who never bought. Eq. (10)."""
        r, alpha, a, b = self.rate_shape, self.rate_days, self.leave, self.stay
        x, t = history.repeat, worked_off(history.watched, self.slowing)
        ahead_days = worked_off(history.watched + days, self.slowing) - t
        if a == 0:
            return np.asarray((r + x) / (alpha + t) * ahead_days)
        a = a if abs(a - 1) > 1e-6 else 1 + 1e-6  # the formula has a hole at 1 and none beside it
        z = ahead_days / (alpha + t + ahead_days)
        # Euler's transformation of the published hypergeometric function: the second argument is small.
        series = hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
        ahead = (a + b + x - 1) / (a - 1) * (1 - (1 - z) ** (a - 1) * series)
        last = worked_off(history.last, self.slowing)
        later = np.log(a / (b + np.maximum(x, 1) - 1)) + (r + x) * np.log((alpha + t) / (alpha + last))
        still: np.ndarray = np.where(x > 0, 1 / (1 + np.exp(np.minimum(later, 700.0))), 1.0)
        return np.asarray(np.maximum(ahead * still, 0.0))

    def sales(self, history: History, days: float) -> np.ndarray:
        """(B,) euros expected within `days`; customers who never bought get 0."""
        return np.asarray(np.nan_to_num(self.expected(history, days) * history.next_eur))

    def kept_share(self, history: History, days: float) -> float:
        """Share of the sales within `days` that attrition and slowing leave: 1 where purchases show none.

        Compared with what these customers would buy at their own mean rate so far, (r + x) / (alpha + S(t)) x S(t) / t.
        """
        t = history.watched
        pace = worked_off(t, self.slowing) / np.maximum(t, 1.0)
        rate = (self.rate_shape + history.repeat) / (self.rate_days + worked_off(t, self.slowing)) * pace
        each = np.nan_to_num(history.next_eur)
        staying = float((np.nan_to_num(rate * days) * each).sum())
        kept = float((np.nan_to_num(self.expected(history, days)) * each).sum())
        return min(1.0, kept / staying) if staying > 0 else 1.0


def worked_off(days: np.ndarray, slowing: float) -> np.ndarray:
    """S(t), the integral of (1 + t / 7)^-slowing from 0 to `days`: `days` themselves where nothing slows down."""
    if slowing == 0:
        return np.asarray(days, dtype=np.float64)
    u = 1 + np.asarray(days) / SETTLING_DAYS
    if abs(slowing - 1) < 1e-6:
        return np.asarray(SETTLING_DAYS * np.log(u))
    return np.asarray(SETTLING_DAYS * (u ** (1 - slowing) - 1) / (1 - slowing))


def summarise(purchases: Purchases, until: int) -> History:
    """What the model reads of each customer's purchases before day `until`; several on one day are one."""
    n = len(purchases.ids)
    before = purchases.day < until
    row, day, eur = purchases.row[before], purchases.day[before], np.maximum(purchases.eur[before], 0.0)
    distinct, place = np.unique(row * np.int64(until + 1) + day, return_inverse=True)
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
        log_ages=np.bincount(who, weights=np.log1p((when - first[who]) / SETTLING_DAYS), minlength=n),
        repeat_eur=np.bincount(row, weights=eur * (day > first[row]), minlength=n),
        next_eur=next_purchase_eur(who, np.bincount(place, weights=eur, minlength=len(who)), n),
    )


def next_purchase_eur(who: np.ndarray, eur: np.ndarray, customers: int) -> np.ndarray:
    """(B,) euros of each customer's next purchase day; NaN for those who never bought.

    The mean of the customer's n purchase days, drawn to that of all by `PRIOR_PURCHASES`, times a factor by size of n
    (1, 2 to 3, 4 to 7, ...): what purchases after the n-th brought over what this rule said of them. So it is met that
    later purchases differ from first ones, and that who buys often may buy more at a time.

    Args:
        who, eur: (K,) customer and euros of each purchase day, by customer and day. customers: B.
    """
    if not len(who):
        return np.full(customers, np.nan)
    mean = float(eur.mean())
    begins = np.r_[0, np.flatnonzero(np.diff(who)) + 1]
    sizes = np.diff(np.r_[begins, len(who)])
    passed = np.arange(len(who)) - np.repeat(begins, sizes)
    so_far = np.r_[0.0, np.cumsum(eur)[:-1]]
    so_far -= np.repeat(so_far[begins], sizes)
    said = (so_far + PRIOR_PURCHASES * mean) / (passed + PRIOR_PURCHASES)
    later = passed > 0
    times, total = np.bincount(who, minlength=customers), np.bincount(who, weights=eur, minlength=customers)
    groups = int(np.log2(times.max())) + 1
    group = np.log2(np.maximum(passed, 1)).astype(np.int64)[later]
    drawn = FACTOR_PURCHASES * mean
    overall = (eur[later].sum() + drawn) / (said[later].sum() + drawn)
    factor = (np.bincount(group, weights=eur[later], minlength=groups) + drawn * overall) / (
        np.bincount(group, weights=said[later], minlength=groups) + drawn
    )
    own = (total + PRIOR_PURCHASES * mean) / (times + PRIOR_PURCHASES)
    return np.where(times > 0, own * factor[np.log2(np.maximum(times, 1)).astype(np.int64)], np.nan)


def fit_dropout(history: History, *, leaving: bool = True, slowing: bool = False) -> Dropout:
    """The parameters of largest likelihood, customers who leave and rates that fall each allowed or not.

    Without buyers, the start values.
    """
    start = Dropout(*START) if leaving else Dropout(START[0], START[1], 0.0, 1.0)
    bought = history.bought
    if not bought.any():
        return start
    rows = np.column_stack([history.repeat, history.last, history.watched])[bought]
    found, count = np.unique(rows, axis=0, return_counts=True)
    x, t_x, t = found.T
    weight = count / len(rows)
    log_ages = float(history.log_ages[bought].mean())
    laws = 4 if leaving else 2
    first = [*np.log(START[:laws]), *([0.2] if slowing else [])]
    bounds = [*np.log(LIMITS[:laws]).tolist(), *([(0.0, MOST_SLOWING)] if slowing else [])]

    def law_of(point: np.ndarray) -> Dropout:
        r, alpha, a, b = np.exp(point[:4]) if leaving else (*np.exp(point[:2]), 0.0, 1.0)
        return Dropout(float(r), float(alpha), float(a), float(b), float(point[laws]) if slowing else 0.0)

    def minus_log_likelihood(point: np.ndarray) -> float:
        """Mean over customers, eq. (6) in the time worked off; the last term is of the rate at each purchase."""
        law = law_of(point)
        return law.slowing * log_ages - float((_log_likelihood(law, x, t_x, t) * weight).sum())

    best = minimize(minus_log_likelihood, first, method="L-BFGS-B", bounds=bounds)
    return law_of(best.x)


def log_likelihood(law: Dropout, history: History) -> float:
    """Of all buyers' histories, in nats."""
    bought = history.bought
    of_each = _log_likelihood(law, history.repeat[bought], history.last[bought], history.watched[bought])
    return float(of_each.sum()) - law.slowing * float(history.log_ages[bought].sum())


def _log_likelihood(law: Dropout, x: np.ndarray, t_x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(R,) of histories with `x` repeat purchases, the last after `t_x` of `t` days."""
    r, alpha, a, b = law.rate_shape, law.rate_days, law.leave, law.stay
    ever = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    still = -(r + x) * np.log(alpha + worked_off(t, law.slowing))
    if a == 0:
        return np.asarray(ever + still)
    leaving = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    gone = np.log(a / (b + np.maximum(x, 1) - 1)) - (r + x) * np.log(alpha + worked_off(t_x, law.slowing))
    either = np.where(x > 0, np.logaddexp(still, np.where(x > 0, gone, still)), still)
    return np.asarray(ever + leaving + either)
