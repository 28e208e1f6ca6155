"""Plans side by side: figures with their differences, and who moved between channels, reps and days.

Works on the tables that a plan hands over (planner/tables.py), so plans read back from disk compare like fresh ones.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

Tables = Mapping[str, pd.DataFrame]

EXAMPLES = 5
"""Who is named of each move; the count holds all."""
NOBODY, NEVER = "nobody", "not visited"

_LESS_IS_BETTER = re.compile(
    r".*_cost_eur|.*_pay_eur|missed_service_eur|travel_.*|waiting_hours|unserved_visits|not_contacted|rep_days"
    r"|agent_hours|overtime_hours|agents_short_hours|territory_max_over_mean|moved_customers|stray_parts"
    r"|rep_overtime_.*|border_eur|waited_eur|hours_beyond_share"
)
_NONE_BEFORE = ("rep_overtime_eur", "border_eur", "waited_eur", "rep_overtime_hours", "border_visits")
"""A run that lacks these was made before there were any: it has 0 of them."""


def less_is_better(figure: str) -> bool:
    """Whether a plan with less of this figure is the better one, all else equal: costs, and time that is paid."""
    return _LESS_IS_BETTER.fullmatch(figure) is not None


def compare_figures(kpis: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Figures by run: kpi, unit, a column per run, and `NAME: difference` to the first for each further run.

    Args:
        kpis: name of the run -> its figures (kpi, value, unit); the first is the one compared with. A figure that a
            run lacks (a channel of another scenario) is missing there; overtime and border visits of a run made before
            they were counted are 0.
    """
    frames = [frame.set_index("kpi") for frame in kpis.values()]
    names = list(dict.fromkeys(kpi for frame in frames for kpi in frame.index))
    units = [next(frame.loc[kpi, "unit"] for frame in frames if kpi in frame.index) for kpi in names]
    table = pd.DataFrame({"kpi": names, "unit": units})
    none = table["kpi"].isin(_NONE_BEFORE).to_numpy()
    for run, frame in zip(kpis, frames, strict=True):
        values = frame["value"].reindex(names).to_numpy(float)
        table[run] = np.where(none & ~table["kpi"].isin(frame.index), 0.0, values)
    first, *others = kpis
    for run in others:
        table[f"{run}: difference"] = table[run] - table[first]
    return table


def moves(before: Tables, after: Tables) -> pd.DataFrame:
    """Who changed between two plans.

    Returns:
        what (channel | owner | visited by | visit day | agent's days), before, after, count, examples (the first
        ids, sorted, joined by a comma); the most frequent first within each `what`. Customers that only one of the
        plans knows are left out; a customer with several contacts has its channels joined by `+`.
    """
    visits_before, visits_after = _visits(before), _visits(after)
    known = pd.Index(sorted(set(before["allocations"]["customer_id"]) & set(after["allocations"]["customer_id"])))
    parts = [
        _moved("channel", _joined(before["allocations"], "channel"), _joined(after["allocations"], "channel"), known),
        _moved("owner", _owners(before), _owners(after), known),
        _moved("visited by", _joined(visits_before, "rep_id"), _joined(visits_after, "rep_id"), known, missing=NEVER),
        _moved("visit day", _joined(visits_before, "on"), _joined(visits_after, "on"), known, missing=NEVER),
    ]
    agents = pd.Index(sorted(set(before["agents"]["agent_id"]) & set(after["agents"]["agent_id"])))
    parts.append(_moved("agent's days", _days_worked(before), _days_worked(after), agents, missing="0 days"))
    return pd.concat(parts, ignore_index=True)


def _moved(what: str, before: pd.Series, after: pd.Series, known: pd.Index, *, missing: str = NOBODY) -> pd.DataFrame:
    """Counts of each change among `known` ids; both series are texts by id."""
    pairs = pd.DataFrame({"before": before.reindex(known), "after": after.reindex(known)}).fillna(missing)
    changed = pairs[pairs["before"] != pairs["after"]]
    rows = [
        (what, old, new, len(group), ", ".join(map(str, group.index[:EXAMPLES])))
        for (old, new), group in changed.groupby(["before", "after"], sort=True)
    ]
    table = pd.DataFrame(rows, columns=["what", "before", "after", "count", "examples"]).astype({"count": "int64"})
    return table.sort_values(["count", "before", "after"], ascending=[False, True, True], ignore_index=True)


def _joined(frame: pd.DataFrame, column: str) -> pd.Series:
    """The distinct values of a customer in order, joined by `+`."""
    by_customer = frame[["customer_id", column]].drop_duplicates().sort_values(["customer_id", column])
    several = by_customer["customer_id"].duplicated(keep=False)
    joined = by_customer[several].groupby("customer_id")[column].agg("+".join)
    texts: pd.Series = pd.concat([by_customer[~several].set_index("customer_id")[column], joined]).astype("str")
    return texts


def _owners(tables: Tables) -> pd.Series:
    return tables["territories"].set_index("customer_id")["rep_id"].astype("str").replace("", NOBODY)


def _visits(tables: Tables) -> pd.DataFrame:
    stops = tables["stops"]
    visits = stops[stops["kind"] == "visit"]
    return visits.assign(on=visits["day"].dt.strftime("%Y-%m-%d").astype("str"))


def _days_worked(tables: Tables) -> pd.Series:
    """How many days an agent works, in words."""
    days = tables["agent_shifts"].groupby("agent_id")["day"].nunique()
    return days.map("{} days".format).astype("str")
