"""How an estimated response changes what the scenario assumes of a channel, customer by customer.

An experiment counts responses; the scenario speaks of win points, churn and growth. What an experiment can say is how
channels and customers compare, so the level stays as assumed and the comparison is estimated. With the measured effects
m and their errors s, the assumed win lifts l, and the level L (responses a point) that fits all channels best, a
channel's effect is m / (L l) of the assumed one, known to s / (L l). What is assumed is itself known only roughly, to
t = `ASSUMED_SPREAD`, so that the two are averaged by precision:

    factor of a channel = 1 + t^2 / (t^2 + (s / (L l))^2) x (m / (L l) - 1)

times how the customer compares with the channel's mean. Where no win lift is assumed only the customer counts.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecasting.confidence import ASSUMED_SPREAD
from forecasting.response.arms import NORMAL_90
from forecasting.response.learn import MIN_ROWS, Response
from scenarios.schema import Channel

EFFECTS = (
    "channel", "evidence", "contacts_by_lot", "left_alone_by_lot", "contacts_logged", "logged_share", "effect_points",
    "low_points", "high_points", "qini_points", "qini_low_points", "qini_high_points", "believed", "mean_factor",
)  # fmt: skip
LARGEST = 4.0
"""No estimate makes an assumed effect more than so many times as large."""
LEAST_SPREAD = 0.05
STEPS = 30


def effect_factors(
    response: Response | None, customer_id: pd.Series, channels: Mapping[str, Channel]
) -> dict[str, tuple[np.ndarray, float]]:
    """By channel with an experiment: (N,) factor of each customer, and the relative error of the channel's effect.

    Customers unknown to the experiment have the channel's mean; an effect below 0 counts 0.
    """
    if response is None or not len(response.quality):
        return {}
    quality = response.quality.set_index("channel")
    names = [name for name in channels if name in quality.index]
    mean = quality.loc[names, "mean_effect"].to_numpy(dtype=np.float64)
    error = (quality.loc[names, "high"] - quality.loc[names, "low"]).to_numpy(dtype=np.float64) / (2 * NORMAL_90)
    lift = np.array([channels[name].win_lift_points for name in names])
    compared, spread = _compared(mean, error, lift)
    relative = response.effect.set_index(["channel", "customer_id"])["relative"]
    found = {}
    for position, name in enumerate(names):
        own = np.ones(len(customer_id))
        if name in relative.index.get_level_values(0):
            own = relative.loc[name].reindex(customer_id).fillna(1.0).to_numpy(dtype=np.float64)
        found[name] = (np.clip(own * compared[position], 0.0, LARGEST), float(spread[position]))
    return found


def effects_table(
    response: Response | None, factors: Mapping[str, tuple[np.ndarray, float]], channels: Mapping[str, Channel]
) -> pd.DataFrame:
    """One row a channel: `evidence` assumed or estimated, and what it rests on (columns `EFFECTS`).

    Counts are rows of the contact history. Points: responses in 100 customers that a contact adds, with its 90 %
    interval; Qini in responses a 100 customers. mean_factor: what the assumed effects are multiplied with on average.
    Figures of an assumed channel are empty.
    """
    table = pd.DataFrame({"channel": list(channels)}).astype("str")
    table["evidence"] = pd.Series(["estimated" if name in factors else "assumed" for name in channels], dtype="str")
    given = pd.DataFrame(columns=["channel"]) if response is None else response.quality
    known = given.set_index("channel").reindex(table["channel"])
    counts = {"contacts_by_lot": "contacts", "left_alone_by_lot": "controls", "contacts_logged": "logged"}
    shares = {"logged_share": "logged_share", "believed": "believed"}
    points = {
        "effect_points": "mean_effect", "low_points": "low", "high_points": "high", "qini_points": "qini",
        "qini_low_points": "qini_low", "qini_high_points": "qini_high",
    }  # fmt: skip
    for name, source in (counts | shares | points).items():
        scale = 100.0 if name in points else 1.0
        found = known[source] if source in known.columns else pd.Series(np.nan, index=known.index)
        table[name] = scale * found.to_numpy(dtype=np.float64)
    for name in counts:
        table[name] = table[name].fillna(0.0)
    table["mean_factor"] = [float(factors[name][0].mean()) if name in factors else 1.0 for name in channels]
    return table[list(EFFECTS)].astype({"mean_factor": "float64"})


def effects_sentence(response: Response | None, table: pd.DataFrame) -> str:
    """Which effects are estimated, from how many contacts and how well they order; or that all are assumed."""
    estimated = table[table["evidence"] == "estimated"]
    if response is None:
        return "effects of contacts are those that the scenario assumes, as `next_best_action.effects` asks"
    if estimated.empty:
        return (
            "effects of contacts are those that the scenario assumes: the contact history holds too few contacts by "
            f"lot (`randomised` 1; {MIN_ROWS} by a channel and {MIN_ROWS} of `none` are needed)"
        )
    order = response.order.iloc[0]
    assumed = ", ".join(table.loc[table["evidence"] == "assumed", "channel"])
    return (
        f"effects of {', '.join(estimated['channel'])} are estimated from {estimated['contacts_by_lot'].sum():,.0f} "
        f"contacts by lot and {estimated['left_alone_by_lot'].max():,.0f} customers left alone by lot"
        + (f"; those of {assumed} are assumed" if assumed else "")
        + f". Qini of their order: {100 * order['qini']:.2f} responses in 100 customers (90 % interval "
        f"{100 * order['low']:.2f} to {100 * order['high']:.2f}; 0 says nothing)"
    )


def _compared(mean: np.ndarray, error: np.ndarray, lift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K,) factor of each channel, and its relative error; 1 and the assumed spread where nothing can be compared."""
    factor, spread = np.ones(len(mean)), np.full(len(mean), ASSUMED_SPREAD)
    some = lift > 0
    level = _level(mean[some], error[some], lift[some])
    if level <= 0:
        return factor, spread
    expected = level * lift[some]
    prior, noise = ASSUMED_SPREAD**2, (error[some] / expected) ** 2
    factor[some] = np.maximum(1 + prior / (prior + noise) * (mean[some] / expected - 1), 0.0)
    after = np.sqrt(prior * noise / (prior + noise)) / np.maximum(factor[some], 0.1)
    spread[some] = np.clip(after, LEAST_SPREAD, 1.0)
    return factor, spread


def _level(mean: np.ndarray, error: np.ndarray, lift: np.ndarray) -> float:
    """Responses a win point, by weighted least squares: a channel is off by its error and by what its lift is known
    to."""
    level = float(mean.sum() / lift.sum()) if len(mean) else 0.0
    for _ in range(STEPS):
        if level <= 0:
            return 0.0
        weight = 1 / (error**2 + (ASSUMED_SPREAD * level * lift) ** 2)
        level = float((weight * mean * lift).sum() / (weight * lift**2).sum())
    return level
