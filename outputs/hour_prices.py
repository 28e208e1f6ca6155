"""What one more hour of a rep's day would bring, as colours: which class a price falls into, and what classes mean."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from planner.types import Plan
from scenarios.schema import FIELD

COLOURS = ("#ffe945", "#c7b35e", "#8a8779", "#4c5c86", "#00306f")
"""Light to dark, told apart with every kind of colour vision and in grey (after cividis; Nunez and others, 2018)."""
NOTHING = "#8b98a3"
"""Outline of a rep-day without a price."""


@dataclass(frozen=True)
class HourPrices:
    """Prices by day and rep, and their classes.

    by_day: label of the day -> rep_id -> euros an hour. borders: upper ends of the classes but the last, ascending.
    """

    by_day: dict[str, dict[str, float]]
    borders: tuple[float, ...]

    def colour(self, price: float) -> str:
        """The colour of a price; few classes take colours that lie far apart."""
        return self.palette()[int(np.searchsorted(self.borders, price, side="left"))]

    def palette(self) -> list[str]:
        """A colour for each class, from the lowest prices up."""
        return [COLOURS[round(at)] for at in np.linspace(0, len(COLOURS) - 1, len(self.borders) + 1)]

    def legend(self) -> list[tuple[str, str]]:
        """(colour, words) of each class."""
        ends = [f"{border:g}" for border in self.borders]
        words = [f"up to {ends[0]}"] if ends else ["any price"]
        words += [f"{low} to {high}" for low, high in pairwise(ends)]
        words += [f"above {ends[-1]}"] if ends else []
        return list(zip(self.palette(), words, strict=True))


def hour_prices(plan: Plan) -> HourPrices:
    """Of the routes where they priced their days, else of the channels' capacity, which may be one price a week."""
    prices = plan.tables.get("hour_prices")
    if prices is None or prices.empty:
        field = plan.tables["capacity_prices"]
        field = field[field["channel"] == FIELD]
        prices = field.assign(rep_id=field["resource"].astype("str").str.removeprefix(f"{FIELD}:"))
    prices = prices[prices["price_eur_per_hour"].notna()]
    by_day: dict[str, dict[str, float]] = {}
    for rep, day, price in zip(prices["rep_id"], prices["day"], prices["price_eur_per_hour"], strict=True):
        by_day.setdefault(_label(day), {})[str(rep)] = float(price)
    order = {_label(day): number for number, day in enumerate(sorted(prices["day"].unique()))}
    return HourPrices(dict(sorted(by_day.items(), key=lambda item: order[item[0]])), _borders(prices))


def _borders(prices: pd.DataFrame) -> tuple[float, ...]:
    """Ends of classes that hold about equally many prices, to two digits; fewer where prices are alike."""
    values = prices["price_eur_per_hour"].to_numpy(float)
    if not len(values):
        return ()
    shares = np.linspace(0, 1, len(COLOURS) + 1)[1:-1]
    ends = {float(f"{value:.2g}") for value in np.quantile(values, shares)}
    return tuple(sorted(end for end in ends if end < values.max()))


def _label(day: pd.Timestamp) -> str:
    return "the whole week" if pd.isna(day) else f"{day:%a} {day.day} {day:%B}"
