"""What changed between the plan that people hold and the one after the new facts, a row for each visit that is told."""

from collections.abc import Iterable

import pandas as pd

from solvers.types import Routes

COLUMNS = (
    "customer_id", "what", "forced", "rep_before", "start_before", "rep_now", "start_now", "channel_now", "why",
)  # fmt: skip
MOVED, RETIMED, DROPPED, ADDED = "moved", "another time", "dropped", "added"


def changes_table(before: pd.DataFrame, routes: Routes, forced: Iterable[str], contacts: pd.DataFrame) -> pd.DataFrame:
    """One row for each visit whose rep, day or start differs, the changes that count first.

    Returns:
        customer_id; what: moved (rep or day), another time (same rep and day), dropped or added; forced: whether the
        new facts left no choice (these and new times do not count against the budget); rep_before, start_before,
        rep_now, start_now ("" and NaT where there is none); channel_now: the contact that a dropped visit became;
        why: the reason that stands in `unserved` for a dropped one.
    """
    old, new = _visits(before), _visits(routes.stops)
    merged = old.merge(new, on=["customer_id", "number"], how="outer", suffixes=("_before", "_now"))
    merged = merged.astype({"rep_before": object, "rep_now": object})
    gone, come = merged["start_now"].isna(), merged["start_before"].isna()
    same_day = merged["start_before"].dt.normalize() == merged["start_now"].dt.normalize()
    same = same_day & (merged["rep_before"] == merged["rep_now"])
    merged["what"] = MOVED
    merged.loc[same, "what"] = RETIMED
    merged.loc[gone, "what"] = DROPPED
    merged.loc[come, "what"] = ADDED
    rows = merged[~(same & (merged["start_before"] == merged["start_now"]))].copy()
    rows["forced"] = rows["customer_id"].isin(set(forced)) & (rows["what"] != RETIMED)
    channel = dict(zip(contacts["customer_id"], contacts["channel"], strict=True))
    told = dict(zip(routes.unserved["customer_id"], routes.unserved["detail"], strict=True))
    for column, words in (("channel_now", channel), ("why", told)):
        dropped = zip(rows["customer_id"], rows["what"] == DROPPED, strict=True)
        rows[column] = [words.get(customer, "") if is_dropped else "" for customer, is_dropped in dropped]
    order = {DROPPED: 0, MOVED: 1, ADDED: 2, RETIMED: 3}
    rows = rows.assign(rank=rows["what"].map(order)).sort_values(
        ["rank", "forced", "customer_id", "number"], ascending=[True, False, True, True], kind="stable"
    )
    texts = dict.fromkeys(("customer_id", "what", "rep_before", "rep_now", "channel_now", "why"), "str")
    table = rows.assign(rep_before=rows["rep_before"].fillna(""), rep_now=rows["rep_now"].fillna(""))
    typed: pd.DataFrame = table[list(COLUMNS)].astype(texts | {"forced": bool})
    return typed.reset_index(drop=True)


def _visits(stops: pd.DataFrame) -> pd.DataFrame:
    """customer_id, number (of the customer's visits in time), rep, start."""
    visits = stops.loc[stops["kind"] == "visit", ["customer_id", "rep_id", "start_at"]].sort_values("start_at")
    visits = visits.rename(columns={"rep_id": "rep", "start_at": "start"})
    return visits.assign(number=visits.groupby("customer_id").cumcount())
