"""How far the week's figures may land from what the plan states: 80 % bands, from the forecasts' own uncertainty.

Calls, handling hours and answered share come from the forecast's joint sample paths, with the roster as planned.
Deals won, and what contacts bring, are sums of many chances. They are drawn one by one, all of a draw moved together
by one shared effect on the log-odds: a slow quarter is slow for every deal, and a sum of independent chances would
come out far too sure. A band is read from the 10th to the 90th percentile of the draws.

Not covered: that the effects of a contact, which the scenario assumes, are wrong; that potentials are wrong; that
visits do not take place; service level beyond the calls themselves (handle times, absences of agents).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecasting.types import CallForecast
from planner.kpis import Tables, money_figures
from planner.types import Decisions
from scenarios.schema import Scenario
from solvers.staffing.erlang import erlang_a

Array = np.ndarray[Any, np.dtype[Any]]

LOW, MIDDLE, HIGH = 10, 50, 90
"""Percentiles of a band and of its median."""
DRAWS = 2_000
ONE_BY_ONE = 1_500
"""Chances drawn one by one, the largest stakes; the many small ones beyond are drawn as one normal sum."""
USUAL_SPREAD = 0.25
"""Standard deviation of the shared effect, in log-odds, where past periods do not tell: some 5 points at one half."""
FEWEST_PERIODS = 3
MOST_CELLS = 150_000
"""Futures x intervals for which the answered share is computed; fewer futures are taken where there would be more."""

COLUMNS = ("kpi", "low", "median", "high", "covers")
CALLS, SHARE, DEALS, CONTACTS = (
    "how many calls come",
    "how many calls come, with the roster as planned",
    "which deals close, and good and bad times shared by all",
    "which deals and customers the contacts turn, and times shared by all; contact effects are taken as assumed",
)


def figure_bands(scenario: Scenario, decisions: Decisions, tables: Tables) -> pd.DataFrame:
    """Bands of those key figures whose uncertainty the forecasts know; the same seed gives the same bands.

    Args:
        tables: those handed over with the decisions, of which the money figures are made.

    Returns:
        kpi, low (10th percentile), median, high (90th), covers (in words), in the units of planner/kpis.py.
    """
    rng = np.random.default_rng(scenario.solve.seed)
    rows = [*_centre_bands(scenario, decisions), *_chance_bands(scenario, decisions, tables, rng)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _band(kpi: str, draws: Array, covers: str) -> tuple[str, float, float, float, str]:
    low, middle, high = np.percentile(draws, [LOW, MIDDLE, HIGH])
    return kpi, float(low), float(middle), float(high), covers


def _centre_bands(scenario: Scenario, decisions: Decisions) -> list[tuple[str, float, float, float, str]]:
    """Calls, handling hours and answered share over the rostered intervals."""
    requirement = decisions.roster.requirement
    calls = calls_of(decisions.calls, requirement, interval_minutes=scenario.staffing.interval_minutes)
    if calls.sum() <= 0:
        return []
    handle = requirement["handle_seconds_mean"].fillna(0).to_numpy(float)
    return [
        _band("calls", calls.sum(axis=1), CALLS),
        _band("call_hours", calls @ handle / 3600, CALLS),
        _band("answered_pct", answered_pct(scenario, requirement, calls), SHARE),
    ]


def calls_of(forecast: CallForecast, requirement: pd.DataFrame, *, interval_minutes: int) -> Array:
    """(S, R) calls of each future in each row of the requirement; none where the forecast does not reach."""
    width = np.timedelta64(60 * interval_minutes, "s")
    starts = np.asarray(forecast.interval_starts, dtype="datetime64[s]")
    offset = starts - starts.astype("datetime64[D]")
    slots = starts.astype("datetime64[D]") + offset // width * width
    columns: dict[tuple[str, np.datetime64], int] = {
        (queue, start): row
        for row, (queue, start) in enumerate(
            zip(requirement["queue"], requirement["interval_start"].to_numpy("datetime64[s]"), strict=True)
        )
    }
    calls = np.zeros((len(forecast.paths), len(requirement)))
    for number, queue in enumerate(forecast.queues):
        for column, slot in enumerate(slots):
            row = columns.get((queue, slot))
            if row is not None:
                calls[:, row] += np.nan_to_num(forecast.paths[:, number, column])
    return calls


def answered_pct(scenario: Scenario, requirement: pd.DataFrame, calls: Array) -> Array:
    """(S',) percent of each future's calls answered within the promise by the agents rostered (Erlang A).

    Futures without calls are left out, and every k-th is taken where all would be more than `MOST_CELLS`.
    """
    settings = scenario.staffing
    every = -(-calls.size // MOST_CELLS)
    taken = calls[calls.sum(axis=1) > 0][::every]
    handle = requirement["handle_seconds_mean"].fillna(0).to_numpy(float)
    in_time = erlang_a(
        requirement["agents_rostered"].to_numpy(float),
        taken * handle / (60 * settings.interval_minutes),
        handle_seconds=np.maximum(handle, 1e-9),
        patience_seconds=settings.patience_seconds,
        within_seconds=settings.service_level.within_seconds,
    ).answered_in_time
    share: Array = 100 * (in_time * taken).sum(axis=1) / taken.sum(axis=1)
    return share


@dataclass(frozen=True)
class Chances:
    """n things that may happen, each with a chance of `lift` or `scale` x p, and worth `stake`.

    p: (n,) base probabilities, moved together by the shared effect. lift: (n,) rise in probability, which counts as far
    as there is room below 1; NaN: the chance is scale x p. scale, stake: (n,).
    """

    p: Array
    lift: Array
    scale: Array
    stake: Array

    def pick(self, which: np.ndarray) -> "Chances":
        """Those at the positions `which`."""
        return Chances(self.p[which], self.lift[which], self.scale[which], self.stake[which])

    def at(self, effect: Array) -> Array:
        """(E, n) chances under each shared effect (E,) in log-odds."""
        odds = np.log(np.clip(self.p, 1e-12, 1 - 1e-12)) - np.log1p(-np.clip(self.p, 1e-12, 1 - 1e-12))
        moved = 1 / (1 + np.exp(-(odds + effect[:, None])))
        room = np.minimum(self.lift, 1 - moved)
        found: Array = np.where(np.isnan(self.lift), self.scale * moved, room)
        return found


def drawn_sums(chances: Chances, effect: Array, rng: np.random.Generator) -> Array:
    """(D,) what happens to be won in each draw, given its shared effect (D,)."""
    order = np.argsort(-chances.stake, kind="stable")
    large, small = chances.pick(order[:ONE_BY_ONE]), chances.pick(order[ONE_BY_ONE:])
    sums = np.zeros(len(effect))
    step = max(1, 2_000_000 // max(len(large.p), 1))
    for first in range(0, len(effect), step):
        part = slice(first, first + step)
        happens = rng.random((len(effect[part]), len(large.p))) < large.at(effect[part])
        sums[part] = happens @ large.stake
    if len(small.p):
        nodes = np.linspace(effect.min(), effect.max(), 33)
        means, variances = np.zeros(33), np.zeros(33)
        for node in range(33):
            chance = small.at(nodes[node : node + 1])[0]
            means[node] = chance @ small.stake
            variances[node] = (chance * (1 - chance)) @ small.stake**2
        spread = np.sqrt(np.interp(effect, nodes, variances))
        sums += np.interp(effect, nodes, means) + spread * rng.standard_normal(len(effect))
    return sums


def _chance_bands(
    scenario: Scenario, decisions: Decisions, tables: Tables, rng: np.random.Generator
) -> list[tuple[str, float, float, float, str]]:
    """Deals won, and what the planned contacts bring."""
    effect_deals = shared_spread(decisions) * rng.standard_normal(DRAWS)
    effect_churn = USUAL_SPREAD * rng.standard_normal(DRAWS)
    bands = []
    deals = open_deals(decisions)
    if len(deals):
        p, amount = (deals[name].to_numpy(float) for name in ("win_probability", "amount_eur"))
        none, one = np.full(len(p), np.nan), np.ones(len(p))
        bands.append(_band("expected_won_deals", drawn_sums(Chances(p, none, one, one), effect_deals, rng), DEALS))
        bands.append(_band("expected_won_eur", drawn_sums(Chances(p, none, one, amount), effect_deals, rng), DEALS))
    won = drawn_sums(deal_gains(scenario, decisions, deals), effect_deals, rng)
    kept = drawn_sums(churn_gains(scenario, decisions), effect_churn, rng)
    money = money_figures(scenario, tables)
    sure = money["net_value_eur"] - money["win_eur"] - money["churn_eur"]
    drawn = {"win_eur": won, "churn_eur": kept}
    bands += [_band(kpi, draws, CONTACTS) for kpi, draws in drawn.items() if draws.max() > 0]
    if won.max() > 0 or kept.max() > 0:
        bands.append(_band("net_value_eur", won + kept + sure, CONTACTS))
    return bands


def open_deals(decisions: Decisions) -> pd.DataFrame:
    """Open deals with a closure probability; unknown amounts count 0."""
    deals = decisions.closure.scores
    known = deals[deals["win_probability"].notna()]
    return known.assign(
        win_probability=known["win_probability"].clip(0, 1), amount_eur=known["amount_eur"].fillna(0).clip(lower=0)
    )


def _contacts(decisions: Decisions) -> pd.DataFrame:
    """customer_id, channel and effect_factor (what the assumed effects are multiplied with) of each contact."""
    planned = decisions.channels.allocations
    contacts = planned.loc[planned["channel"] != "none", ["customer_id", "channel"]]
    factors = decisions.actions.table[["customer_id", "channel", "effect_factor"]]
    return contacts.merge(factors, on=["customer_id", "channel"], how="left")


def deal_gains(scenario: Scenario, decisions: Decisions, deals: pd.DataFrame) -> Chances:
    """The chance of each contact to win a deal that would else be lost, and the margin of that deal."""
    contacts = _contacts(decisions)
    if "open_opportunities" not in scenario.next_best_action.value_from:
        contacts = contacts.iloc[:0]
    reached = contacts.merge(deals[["customer_id", "win_probability", "amount_eur"]], on="customer_id")
    points = {name: channel.win_lift_points for name, channel in scenario.channels.items()}
    lift = reached["channel"].map(points).to_numpy(float) / 100 * reached["effect_factor"].to_numpy(float)
    stake = reached["amount_eur"].to_numpy(float) * scenario.money.gross_margin_pct / 100
    return Chances(reached["win_probability"].to_numpy(float), lift, np.ones(len(lift)), stake)


def churn_gains(scenario: Scenario, decisions: Decisions) -> Chances:
    """The chance of each contact to keep a customer who would else leave, and the margin of that customer."""
    contacts = _contacts(decisions)
    if "churn_risk" not in scenario.next_best_action.value_from:
        contacts = contacts.iloc[:0]
    scores = decisions.customers.scores[["customer_id", "churn_probability", "potential_eur"]].fillna(0)
    reached = contacts.merge(scores, on="customer_id")
    share = {name: channel.churn_reduction_pct / 100 for name, channel in scenario.channels.items()}
    scale = np.minimum(reached["channel"].map(share).to_numpy(float) * reached["effect_factor"].to_numpy(float), 1.0)
    stake = reached["potential_eur"].clip(lower=0).to_numpy(float) * scenario.money.gross_margin_pct / 100
    return Chances(reached["churn_probability"].clip(0, 1).to_numpy(float), np.full(len(scale), np.nan), scale, stake)


def shared_spread(decisions: Decisions) -> float:
    """Standard deviation in log-odds of what all deals of a period share, from the closure model's past errors.

    The bias of each half-month of the backtest is that period's own effect plus the luck of its rows; what remains of
    the biases' mean square beyond that luck is the shared part. In log-odds it is divided by the mean of p (1 - p).
    The usual spread where fewer than three periods were measured.
    """
    quality, deals = decisions.closure.quality, open_deals(decisions)
    if "metric" not in quality.columns or not len(deals):
        return USUAL_SPREAD
    periods = quality[quality["metric"] == "cohort_bias_points"].drop_duplicates("note")
    if len(periods) < FEWEST_PERIODS:
        return USUAL_SPREAD
    p = deals["win_probability"].to_numpy(float)
    noise = float((p * (1 - p)).mean())
    if noise <= 0:
        return USUAL_SPREAD
    bias = periods["value"].to_numpy(float) / 100
    luck = noise / periods["rows"].to_numpy(float)
    return math.sqrt(max(float((bias**2 - luck).mean()), 0.0)) / noise
