"""Keeps up with win rates that move: the level of a kept model's numbers, told by the latest weeks' deals.

A shift found on settled observations alone is as late as outcomes are slow: with 90 days to wait, a year that is 12
points better is half over before it is noticed. Young observations do tell: how many were won, how many lost, and how
many are still open after so many days, beside how it went before. For an observation of age a, with chance p and shares
F(a) of later wins and G(a) of later losses that had happened by that age:

    won: p        lost: 1 - p        still open: p (1 - F(a)) + (1 - p) (1 - G(a))

This mixture likelihood (Larson and Dinse, 1985) is unbiased by which outcomes are quick. The shift of all log-odds
that makes the last weeks likeliest is drawn to 0 by how few deals there are. A model that is learned anew asks what is
thought of its open deals today (`recent`); here no prediction of today is needed, so that the past can be measured week
by week without learning every week anew.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.landmarks import DAY, Rows, matured
from forecasting.closure.load import Bools, Floats, Ints

WINDOW_DAYS = 35
"""Observations of so many days, back from the moment asked about, are looked at."""
REACH_DAYS = 365
"""How far back the settled observations lie that tell how quick outcomes are."""
MIN_SETTLED = 200
"""With fewer of them nothing is shifted."""
MOVE_SD = 0.5
"""How far win rates move in a season, in log-odds (.5 is twelve points at one half). Of .25 to 1 and 28 to 63 days, on
planted pipelines of other seeds: smaller follows late, larger is restless in small ones; between them log loss hardly
differs."""
GROUPS = 4
"""Likely deals are decided sooner: speed is counted in groups of equal size by probability."""
LARGEST_SHIFT = 2.0


@dataclass(frozen=True)
class Watch:
    """What is known at second `when` of observations (R,): chosen once for all models.

    young, settled: (R,) masks. known: (R,) whether the label was known. age, took: (R,) seconds since the landmark,
    and from it to the settling of the label (of known ones).
    """

    young: Bools
    settled: Bools
    known: Bools
    age: Ints
    took: Ints
    won: Bools
    deal: Ints

    def shift(self, probability: Floats) -> float | None:
        """The shift in log-odds of probabilities (R,) that did not see the rows' outcomes; NaN leaves a row out.

        None where too little is settled to know how quick outcomes are, or nothing is young.
        """
        told = ~np.isnan(probability)
        settled, young = np.flatnonzero(self.settled & told), np.flatnonzero(self.young & told)
        if len(settled) < MIN_SETTLED or len(young) == 0:
            return None
        waits = self._still_open(probability, settled, young)
        known, won = self.known[young], self.won[young]
        base = logit(probability[young])
        # Rows of one deal tell the same outcome again: together they weigh as one.
        _, code = np.unique(self.deal[young], return_inverse=True)
        count = np.bincount(code)
        together = float((count**2).sum() / count.sum())

        def unlikely(shift: float) -> float:
            p = expit(base + shift)
            still = p * waits[1] + (1 - p) * waits[0]
            chance = np.where(known, np.where(won, p, 1 - p), np.maximum(still, 1e-12))
            return float(-np.log(np.maximum(chance, 1e-12)).sum() / together + 0.5 * (shift / MOVE_SD) ** 2)

        found = minimize_scalar(unlikely, bounds=(-LARGEST_SHIFT, LARGEST_SHIFT), method="bounded")
        return float(found.x)

    def _still_open(self, probability: Floats, settled: Ints, young: Ints) -> Floats:
        """(2, Y) share of later losses (0) and wins (1) like each young row that took longer than it is old."""
        cuts = np.quantile(probability[settled], np.arange(1, GROUPS) / GROUPS)
        group, of = np.searchsorted(cuts, probability[settled]), np.searchsorted(cuts, probability[young])
        open_still = np.ones((2, len(young)))
        for number in range(GROUPS):
            mine = of == number
            for outcome in (0, 1):
                alike = settled[(group == number) & (self.won[settled] == bool(outcome))]
                if len(alike) and mine.any():
                    took = np.sort(self.took[alike])
                    open_still[outcome, mine] = 1 - np.searchsorted(took, self.age[young[mine]], "right") / len(took)
        return open_still


def watch(rows: Rows, when: int) -> Watch:
    """What is known of the observations at second `when`; later ones are neither young nor settled."""
    before = rows.landmark < when
    age = when - rows.landmark
    near = before & (age <= REACH_DAYS * DAY)
    settled = np.zeros(len(rows), dtype=bool)
    place = np.flatnonzero(near)
    if len(place):
        settled[place] = matured(rows.pick(place), when)
    known = before & (rows.known_at <= when)
    took = np.where(known, rows.known_at - rows.landmark, 0)
    return Watch(before & (age <= WINDOW_DAYS * DAY), settled, known, age, took, rows.won, rows.deal)
