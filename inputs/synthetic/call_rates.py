"""How many calls come when: the planted rate of fresh contacts by queue and interval, and what handling takes.

rate = level x trend x weekday x intraday profile x holiday x campaigns, in calls an interval. The level is set so
that the planned week fills the agents' contracts: Erlang C at 80 % in 20 s and an occupancy of at most 88 %, at the
mean rate, is asked to need 84 % of the hours on the phone; what is left goes to the fit of shifts and to uncertainty.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import holidays
import numpy as np
import pandas as pd

from inputs.synthetic.people import QUEUE_LOAD

COUNTRY = "ES"
WEEKS, TRUTH_DAYS = 20, 14
INTERVAL_MINUTES = 30
OPENING_HOURS = {**dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "08:00-20:00"), "sat": "09:00-14:00"}
OPEN_INTERVALS = ((16, 40),) * 5 + ((18, 28), (0, 0))
WEEKDAY = np.array([1.20, 1.05, 1.00, 0.97, 0.88, 0.33, 0.0])
HOLIDAY, AFTER_HOLIDAY, EVE = 0.25, 1.18, 0.90
TREND_PER_WEEK = 0.004
HANDLE_SECONDS = np.array([360.0, 430.0, 540.0])
EVENING_SLOWER = 1.10
SHRINKAGE, CONTRACT_FILLED = 0.12, 0.84
ANSWERED_SHARE, WITHIN_SECONDS, MAX_OCCUPANCY = 0.80, 20.0, 0.88
EXACT_UP_TO_ERLANGS = 60.0
# Share of legs passed on, from queue (row) to queue (column); such a leg takes half the time.
TRANSFER = np.array([[0.00, 0.03, 0.05], [0.04, 0.00, 0.01], [0.02, 0.01, 0.00]])
TRANSFERRED_LEG = 0.5


@dataclass(frozen=True)
class CallRates:
    """The truth about calls, over the history and the 14 days after it.

    queues: Q names. starts: (T,) datetime64[s], consecutive half-hours. rates: (Q, T) expected fresh contacts.
    handle_seconds: (Q, T) mean of a leg that is not passed on. past: number of intervals up to the end of `as_of`.
    campaigns: the table `exogenous`.
    """

    queues: tuple[str, ...]
    starts: np.ndarray
    rates: np.ndarray
    handle_seconds: np.ndarray
    past: int
    campaigns: pd.DataFrame

    def transfer(self) -> np.ndarray:
        """(Q, Q) share of legs that one queue passes on to another."""
        return TRANSFER[: len(self.queues), : len(self.queues)]

    def leg_seconds(self) -> np.ndarray:
        """(Q, T) mean handle time of a leg: passed-on legs are half as long."""
        shorter = 1 - (1 - TRANSFERRED_LEG) * self.transfer().sum(axis=1)
        return np.asarray(self.handle_seconds * shorter[:, None])

    def contact_seconds(self) -> np.ndarray:
        """(Q, T) mean handle time of a contact that starts in the queue, all its legs: (I - P)^-1 legs."""
        chain = np.eye(len(self.queues)) - self.transfer()
        return np.asarray(np.linalg.solve(chain, self.leg_seconds()))


def make_rates(rng: np.random.Generator, *, queues: tuple[str, ...], contract_hours: float, as_of: date) -> CallRates:
    """Rates from 20 weeks before the end of `as_of` to 14 days after it, for the centre that fits the contracts."""
    first = as_of - timedelta(days=7 * WEEKS - 1)
    days = np.datetime64(first) + np.arange(7 * WEEKS + TRUTH_DAYS)
    slots = 24 * 60 // INTERVAL_MINUTES
    campaigns = _campaigns(rng, queues, days, as_of)
    shape = np.concatenate([_day_factor(days)[:, None] * _profile()[_weekday(days)]]).ravel()
    rates = np.outer(QUEUE_LOAD[: len(queues)], shape)
    for queue, name in enumerate(queues):
        effect = campaigns[campaigns["queue"] == name].set_index("date")["value"]
        lift = 1 + 0.05 * pd.Series(0.0, index=pd.DatetimeIndex(days)).add(effect, fill_value=0).to_numpy()
        rates[queue] *= np.repeat(lift, slots)
    evening = np.tile(np.where(np.arange(slots) >= 34, EVENING_SLOWER, 1.0), len(days))
    handle = HANDLE_SECONDS[: len(queues), None] * evening
    starts = (days[:, None] + np.arange(slots) * np.timedelta64(INTERVAL_MINUTES, "m")).ravel().astype("datetime64[s]")
    plan = slice(slots * (7 * WEEKS + 2), slots * (7 * WEEKS + 9))
    level = _level(rates[:, plan], handle[:, plan], contract_hours)
    return CallRates(queues, starts, rates * level, handle, slots * 7 * WEEKS, campaigns)


def _weekday(days: np.ndarray) -> np.ndarray:
    return np.asarray((days.astype("datetime64[D]").astype(int) + 3) % 7)


def _day_factor(days: np.ndarray) -> np.ndarray:
    """Weekday, trend, holidays, the day before and the day after one."""
    years = range(int(str(days[0])[:4]) - 1, int(str(days[-1])[:4]) + 2)
    free = {np.datetime64(day) for day in holidays.country_holidays(COUNTRY, years=years)}
    holiday = np.array([day in free for day in days])
    after = np.array([day - 1 in free for day in days]) & ~holiday
    eve = np.array([day + 1 in free for day in days]) & ~holiday
    special = np.where(holiday, HOLIDAY, np.where(after, AFTER_HOLIDAY, np.where(eve, EVE, 1.0)))
    return np.asarray(WEEKDAY[_weekday(days)] * special * (1 + TREND_PER_WEEK * np.arange(len(days)) / 7))


def _profile() -> np.ndarray:
    """(7, 48) shares of a day's calls by half-hour: late morning, a lower afternoon, nothing when closed."""
    hour = np.arange(48) / 2 + 0.25
    shape = np.exp(-0.5 * ((hour - 11) / 1.7) ** 2) + 0.75 * np.exp(-0.5 * ((hour - 16.5) / 2.0) ** 2) + 0.05
    profile = np.zeros((7, 48))
    for weekday, (opens, closes) in enumerate(OPEN_INTERVALS):
        profile[weekday, opens:closes] = shape[opens:closes]
    totals = profile.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(profile, totals, out=profile, where=totals > 0))


def _campaigns(rng: np.random.Generator, queues: tuple[str, ...], days: np.ndarray, as_of: date) -> pd.DataFrame:
    """The table `exogenous`: mailings of some thousand letters; four in the past, one known for the coming weeks."""
    queue = queues[min(1, len(queues) - 1)]
    past = rng.choice(np.arange(2, WEEKS - 1), 4, replace=False) * 7
    starts = np.r_[np.sort(past) + rng.integers(0, 3, 4), 7 * WEEKS + 3 + int(rng.integers(0, 3))]
    rows = []
    for start in starts:
        letters = float(rng.integers(3, 9))
        known = min(days[start] - 14, np.datetime64(as_of))
        rows += [(days[start + day], "mailing_thousand", round(letters * fade, 1), queue, known)
                 for day, fade in enumerate((1.0, 0.6, 0.3))]  # fmt: skip
    columns = ["date", "name", "value", "queue", "known_from"]
    return pd.DataFrame(rows, columns=columns).astype({"date": "datetime64[us]", "known_from": "datetime64[us]"})


def _level(shape: np.ndarray, handle_seconds: np.ndarray, contract_hours: float) -> float:
    """Calls a day such that Erlang C for the week meets the hours on the phone; bisection on a log scale."""
    hours = INTERVAL_MINUTES / 60
    target = CONTRACT_FILLED * contract_hours * (1 - SHRINKAGE)
    busy = shape > 0
    low, high = 0.1, 1e6
    for _ in range(40):
        middle = np.sqrt(low * high)
        erlangs = shape[busy] * middle * handle_seconds[busy] / 3600 / hours
        needed = agents_needed(erlangs, handle_seconds[busy]).sum() * hours
        low, high = (middle, high) if needed < target else (low, middle)
    return float(low)


def agents_needed(erlangs: np.ndarray, handle_seconds: np.ndarray) -> np.ndarray:
    """Fewest agents (n,) that answer 80 % within 20 s at an occupancy of at most 88 %, for a load in erlangs (n,).

    Erlang C by the Erlang B recursion B_k = a B / (k + a B); above 60 erlangs the occupancy decides: a / 0.88.
    """
    least = np.maximum(np.ceil(erlangs / MAX_OCCUPANCY), 1.0)
    small = np.where(erlangs <= EXACT_UP_TO_ERLANGS, erlangs, 0.0)
    blocked, found = np.ones(len(erlangs)), np.where(erlangs <= EXACT_UP_TO_ERLANGS, np.inf, least)
    agents = 0
    while np.isinf(found).any():
        agents += 1
        blocked = small * blocked / (agents + small * blocked)
        spare = np.maximum(agents - small, 1e-12)
        waits = blocked * agents / (spare + small * blocked)
        late = waits * np.exp(-spare * WITHIN_SECONDS / handle_seconds)
        good = (agents >= least) & (late <= 1 - ANSWERED_SHARE)
        found = np.where(good & np.isinf(found), agents, found)
    return np.asarray(found)


def rates_truth(rates: CallRates) -> pd.DataFrame:
    """The truth file on calls: queue and half-hour of the 14 days after `as_of`."""
    future = slice(rates.past, None)
    starts = rates.starts[future].astype("datetime64[us]")
    parts = [
        pd.DataFrame(
            {
                "queue": name,
                "interval_start": starts,
                "calls_rate": rates.rates[queue, future],
                "handle_seconds_mean": rates.leg_seconds()[queue, future],
                "contact_seconds_mean": rates.contact_seconds()[queue, future],
            }
        )
        for queue, name in enumerate(rates.queues)
    ]
    return pd.concat(parts, ignore_index=True)
