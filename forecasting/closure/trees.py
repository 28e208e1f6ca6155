"""Closure probability by gradient-boosted trees on prefix aggregates: one number, won in the horizon or not.

Small trees, slow learning, and a mean over seeds: a few thousand deals seen weekly carry a few hundred splits at most
(measured on earlier folds: sixteen leaves lose .006 AUC against four, daily rows against weekly ones .001).
Friedman (2001); Ke et al. (2017), LightGBM.
"""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
from scipy.special import expit

from forecasting.closure.features import Features
from forecasting.closure.load import Bools, Floats

PARAMETERS: dict[str, Any] = {
    "objective": "binary", "learning_rate": 0.03, "num_leaves": 4, "min_data_in_leaf": 40, "feature_fraction": 0.4,
    "bagging_fraction": 0.5, "bagging_freq": 1, "lambda_l2": 10.0, "max_bin": 63, "verbose": -1, "num_threads": 1,
    "deterministic": True, "force_col_wise": True,
}  # fmt: skip
ROUNDS = 300
LEAF_SHARE = 0.004
"""A leaf holds at least this share of the rows, and never fewer than `min_data_in_leaf`."""


@dataclass(frozen=True)
class Boosted:
    """One model per seed; names: the columns it reads, in order."""

    boosters: tuple[lgb.Booster, ...]
    names: tuple[str, ...]

    def log_odds(self, values: Any) -> Floats:
        """(R,) mean raw score of the seeds for columns as named."""
        scores = [each.predict(values, raw_score=True, num_threads=1) for each in self.boosters]
        return np.asarray(np.mean(scores, axis=0), dtype=np.float64)

    def probability(self, features: Features) -> Floats:
        """(R,) probability; columns that are gone count as unknown."""
        return np.asarray(expit(self.log_odds(features.arranged(self.names))), dtype=np.float64)


def fit_boosted(
    features: Features, outcome: Bools, weight: Floats, *, seed: int, seeds: int, rounds: int = ROUNDS
) -> Boosted | None:
    """Fits on R rows with weights; None where one outcome has no row of weight.

    Args:
        features: of R rows; constant columns and columns that repeat another are left out.
        outcome: (R,). weight: (R,), 0 leaves a row out.
        seed: of the first model; the next ones follow it. seeds: models averaged. rounds: trees of each.
    """
    used = weight > 0
    y = outcome[used]
    if len(np.unique(y)) < 2:
        return None
    names = telling(features.pick(used))
    return boost(features.pick(used).arranged(names), y, weight[used], names, seed=seed, rounds=rounds, seeds=seeds)


def boost(
    x: Any,
    outcome: Any,
    weight: Floats,
    names: tuple[str, ...],
    *,
    seed: int,
    rounds: int,
    seeds: int,
    start: Floats | None = None,
) -> Boosted:
    """The fit itself, on columns chosen already; `start` (R,) are log-odds to begin from, not part of the score."""
    leaf = max(PARAMETERS["min_data_in_leaf"], int(LEAF_SHARE * len(outcome)))
    leaf = min(leaf, max(2, len(outcome) // 8))
    data = lgb.Dataset(
        x, outcome.astype(np.int8), weight=weight, init_score=start, params={"max_bin": 63, "verbose": -1}
    )
    shape = PARAMETERS | {"min_data_in_leaf": leaf}
    boosters = [
        lgb.train(shape | {"seed": (seed + number) % 2**31}, data, num_boost_round=rounds) for number in range(seeds)
    ]
    return Boosted(tuple(boosters), names)


def telling(features: Features) -> tuple[str, ...]:
    """Names of the columns that vary and do not repeat an earlier one: a repeated column would be drawn twice."""
    seen: set[bytes] = set()
    kept = []
    for at, name in enumerate(features.names):
        column = np.ascontiguousarray(features.values[:, at])
        known = column[~np.isnan(column)]
        if len(known) == 0 or (len(known) == len(column) and (known == known[0]).all()):
            continue
        print_of = column.tobytes()
        if print_of not in seen:
            seen.add(print_of)
            kept.append(name)
    return tuple(kept)
