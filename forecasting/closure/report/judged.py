"""What the reports read: observations of open deals with their outcome, the model's probability and the rep's."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecasting.closure.landmarks import DAY
from forecasting.closure.load import Bools, Floats, Ints
from forecasting.closure.models import History


@dataclass(frozen=True)
class Judged:
    """R observations, of which every outcome is known.

    deal: (R,) rows of one deal have one number. landmark, created, closed: (R,) seconds since 1970. won: (R,) bool.
    probability: (R,) finished probabilities by model. rep: (R,) the rep's number, NaN if none. amount_eur: (R,) NaN
    if unknown. owner: (R,) "" if unknown.
    """

    deal: Ints
    landmark: Ints
    created: Ints
    closed: Ints
    won: Bools
    probability: dict[str, Floats]
    rep: Floats
    amount_eur: Floats
    owner: Any

    def __len__(self) -> int:
        return len(self.deal)

    def pick(self, chosen: Any) -> "Judged":
        """The rows of a mask or index array."""
        return Judged(
            self.deal[chosen],
            self.landmark[chosen],
            self.created[chosen],
            self.closed[chosen],
            self.won[chosen],
            {name: p[chosen] for name, p in self.probability.items()},
            self.rep[chosen],
            self.amount_eur[chosen],
            self.owner[chosen],
        )

    @property
    def days_ahead(self) -> Floats:
        """(R,) days from the landmark until the deal was decided."""
        return np.asarray((self.closed - self.landmark) / DAY, dtype=np.float64)

    @property
    def cycle_days(self) -> float:
        """Median days from creation to decision of the deals; NaN without any."""
        _, one = np.unique(self.deal, return_index=True)
        days = (self.closed[one] - self.created[one]) / DAY
        return float(np.median(days)) if len(days) else float("nan")


def judge(history: History, probability: dict[str, Floats]) -> Judged:
    """The rows of a history whose deal is decided, with the models' probabilities for them."""
    closed = history.deals.terminal[history.rows.deal]
    known = closed <= history.deals.end
    part = history.pick(known)
    return Judged(
        deal=part.rows.deal,
        landmark=part.rows.landmark,
        created=np.asarray(part.created),
        closed=closed[known],
        won=part.rows.won,
        probability={name: p[known] for name, p in probability.items()},
        rep=part.rep_probability,
        amount_eur=part.amount_eur,
        owner=part.owner,
    )


def moments(seconds: Ints) -> pd.DatetimeIndex:
    """Seconds since 1970 as instants."""
    return pd.DatetimeIndex(np.asarray(seconds).astype("datetime64[s]"))
