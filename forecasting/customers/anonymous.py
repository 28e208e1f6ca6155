"""Tables of customers that may leave the house: ids that cannot be read back, and no group small enough to name one.

An id becomes the first 16 hexadecimal digits of HMAC-SHA256 under a salt (RFC 2104): equal for equal ids and salts, so
that tables still join, and not to be found by hashing all known ids without the salt. Values of the columns that could
single somebody out are kept only where at least k customers share the whole combination (k-anonymity: Sweeney, 2002);
groups below k in a summary are joined into one, which is left out if it is still below k.
"""

import hashlib
import hmac
from collections.abc import Sequence

import pandas as pd

from scenarios.errors import MusterError

SMALLEST_COHORT = 20
DIGITS = 16
SUPPRESSED = "suppressed"
OTHER = "all others"


def hashed_ids(ids: pd.Series, *, salt: str) -> pd.Series:
    """The ids as digits that mean nothing without the salt; a missing id stays missing.

    Raises:
        MusterError: the salt is empty.
    """
    if not salt:
        raise MusterError("an export without names needs a salt: give one, or a scenario with a name")
    key = salt.encode()
    return ids.map(
        lambda each: hmac.new(key, str(each).encode(), hashlib.sha256).hexdigest()[:DIGITS], na_action="ignore"
    ).astype("str")


def anonymous(
    table: pd.DataFrame,
    *,
    salt: str,
    ids: Sequence[str] = ("customer_id",),
    quasi: Sequence[str] = ("segment",),
    drop: Sequence[str] = ("name",),
    smallest: int = SMALLEST_COHORT,
) -> pd.DataFrame:
    """The table with hashed ids, without `drop`, rows in order of the hash.

    Args:
        ids: columns to hash. quasi: columns whose combination could single a customer out; where fewer than `smallest`
            customers (by the first of `ids`) share it, they become `suppressed`. Columns the table lacks are skipped.
    """
    kept = table.drop(columns=[name for name in drop if name in table.columns])
    known = [name for name in quasi if name in kept.columns]
    who = [name for name in ids if name in kept.columns]
    if known and len(kept):
        group = kept.groupby(known, dropna=False, observed=True)
        size = group[who[0]].transform("nunique") if who else group[known[0]].transform("size")
        kept = kept.assign(**{name: kept[name].astype("object").where(size >= smallest, SUPPRESSED) for name in known})
        kept = kept.astype(dict.fromkeys(known, "str"))
    kept = kept.assign(**{name: hashed_ids(kept[name], salt=salt) for name in who})
    return kept.sort_values(who, kind="stable", ignore_index=True) if who else kept.reset_index(drop=True)


def cohorts(
    table: pd.DataFrame, *, by: str, figures: Sequence[str], smallest: int = SMALLEST_COHORT
) -> tuple[pd.DataFrame, int]:
    """Customers and mean figures by cohort, and how many customers are in no shown cohort.

    Cohorts below `smallest` are joined into `all others`; if that is still too small it is not shown.
    """
    name = table[by].astype("object").where(table[by].notna(), OTHER).astype("str")
    count = name.map(name.value_counts())
    name = name.where(count >= smallest, OTHER)
    joined = table.assign(**{by: name}).groupby(by, sort=True)
    summary = joined[list(figures)].mean()
    summary.insert(0, "customers", joined.size())
    shown = summary[summary["customers"] >= smallest].reset_index()
    return shown, int(len(table) - shown["customers"].sum())
