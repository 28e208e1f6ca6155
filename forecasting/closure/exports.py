"""Scores of open deals that may leave the house: no names, no exact amounts, no group small enough to name one.

Ids become hashes under a secret (see `customers.anonymous`). What could single a deal out is coarsened: amounts to
bands, days to weeks and months, probabilities to whole percent. The band is kept where at least 20 customers share
stage and band, the stage where 20 share it and what is left of the band. Cohorts are means over groups of at least 20
customers.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from forecasting.customers.anonymous import OTHER, SMALLEST_COHORT, SUPPRESSED, anonymous

BANDS_EUR = (1_000, 3_000, 10_000, 30_000, 100_000)
UNKNOWN = "unknown"
COLUMNS = (
    "customer_id", "opportunity_id", "stage", "amount_band", "age_weeks", "win_probability", "close_month",
)  # fmt: skip
COHORT_COLUMNS = ("by", "cohort", "customers", "deals", "win_pct", "amount_eur", "expected_eur")


def anonymous_scores(scores: pd.DataFrame, *, salt: str, smallest: int = SMALLEST_COHORT) -> pd.DataFrame:
    """The scores without what could name a customer: `COLUMNS`, in order of the hash.

    Args:
        scores: as `score_open_deals` gives them. salt: the secret; equal salts give equal hashes, so exports join.
        smallest: customers who must share stage and amount band, else the band and then the stage become `suppressed`.

    Raises:
        MusterError: the salt is empty.
    """
    month = pd.to_datetime(scores["close_p50"]).dt.strftime("%Y-%m")
    coarse = pd.DataFrame(
        {
            "customer_id": scores["customer_id"],
            "opportunity_id": scores["opportunity_id"],
            "stage": scores["stage"],
            "amount_band": amount_bands(scores["amount_eur"]),
            "age_weeks": (scores["age_days"] // 7).astype("int64"),
            "win_probability": scores["win_probability"].round(2),
            "close_month": month,
        }
    )
    # The band goes first: it says less than the stage.
    alike = coarse.groupby(["stage", "amount_band"])["customer_id"].transform("nunique")
    coarse["amount_band"] = coarse["amount_band"].where(alike >= smallest, SUPPRESSED)
    return anonymous(
        coarse, salt=salt, ids=("customer_id", "opportunity_id"), quasi=("stage", "amount_band"), smallest=smallest
    )


def amount_bands(amount_eur: pd.Series) -> pd.Series:
    """The band of each amount in words, such as `1000 to 3000 eur`; `unknown` where there is none."""
    edges = [0, *BANDS_EUR]
    names = [f"{low} to {high} eur" for low, high in pairwise(edges)] + [f"{edges[-1]} eur on"]
    place = np.searchsorted(BANDS_EUR, amount_eur.fillna(0).to_numpy(dtype=np.float64), side="right")
    band = pd.Series(np.array(names, dtype=object)[place], index=amount_eur.index, dtype="str")
    return band.where(amount_eur.notna(), UNKNOWN)


def score_cohorts(
    scores: pd.DataFrame, *, by: Sequence[str] = ("stage", "amount_band"), smallest: int = SMALLEST_COHORT
) -> pd.DataFrame:
    """Deals, and their means, of each cohort with at least `smallest` customers: `COHORT_COLUMNS`.

    Smaller cohorts are joined into `all others`; if those are too few as well, the smallest cohort shown joins them, so
    that no group can be found by subtraction from the total; where that leaves nothing, nothing is shown.
    """
    known = scores.assign(amount_band=amount_bands(scores["amount_eur"]))
    rows = []
    for column in by:
        name = _joined(known[column], known["customer_id"], smallest)
        for cohort, mine in known.groupby(name, sort=True):
            if mine["customer_id"].nunique() < smallest:
                continue
            amount, expected = mine["amount_eur"].mean(), mine["expected_eur"].mean()
            rows.append((column, cohort, mine["customer_id"].nunique(), len(mine),
                         100 * mine["win_probability"].mean(), amount, expected))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COHORT_COLUMNS))


def _joined(cohort: pd.Series, customer: pd.Series, smallest: int) -> pd.Series:
    """The cohort of each row, small ones as `all others`, which is large enough or all there is."""
    size = customer.groupby(cohort).nunique().sort_values(kind="stable")
    small = set(size.index[size < smallest])
    for name in size.index:
        others = cohort.isin(list(small))
        if not small or customer[others].nunique() >= smallest:
            break
        small.add(name)
    return cohort.astype("object").where(~cohort.isin(list(small)), OTHER).astype("str")
