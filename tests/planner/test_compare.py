"""Figures side by side and moves between two plans, worked out by hand."""

import pandas as pd
import pytest

from planner.compare import compare_figures, less_is_better, moves


def kpis(**values: float) -> pd.DataFrame:
    return pd.DataFrame({"kpi": list(values), "value": list(values.values()), "unit": "eur"})


def test_figures_stand_side_by_side() -> None:
    """Each further run has its difference to the first; a figure that a run lacks is missing, not 0."""
    table = compare_figures({"a": kpis(x=1.0, y=2.0), "b": kpis(x=4.0, z=5.0)})
    assert table["kpi"].tolist() == ["x", "y", "z"]
    assert table["b: difference"].fillna(-99).tolist() == [3.0, -99.0, -99.0]


def test_a_run_made_before_overtime_was_counted_has_none_of_it() -> None:
    """Its overtime and border visits are 0; what nobody knows of it, hours beyond share, is missing."""
    now = kpis(visits=5.0, rep_overtime_hours=2.5, border_visits=3.0, hours_beyond_share=1.0)
    table = compare_figures({"old": kpis(visits=4.0), "now": now}).set_index("kpi")
    assert table["now: difference"].fillna(-99).to_dict() == {
        "visits": 1.0, "rep_overtime_hours": 2.5, "border_visits": 3.0, "hours_beyond_share": -99.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "less"),
    [
        ("net_value_eur", False), ("visits", False), ("answered_pct", False), ("travel_km", True),
        ("travel_cost_eur", True), ("waited_eur", True), ("rep_overtime_hours", True), ("border_visits", False),
        ("agent_hours", True), ("not_contacted", True), ("visits_per_rep_day", False),
    ],
)  # fmt: skip
def test_costs_are_better_when_they_are_less(figure: str, less: bool) -> None:
    """Direction of a figure, by its name."""
    assert less_is_better(figure) is less


def plan(
    channels: list[str], owners: list[str], visits: dict[str, tuple[str, str]], days: int
) -> dict[str, pd.DataFrame]:
    """Customers A, B, C: channel and owner of each; visits: customer -> (rep, day); one agent who works `days`."""
    names = ["A", "B", "C"]
    stops = pd.DataFrame(
        [("visit", name, rep, pd.Timestamp(day)) for name, (rep, day) in visits.items()]
        + [("lunch", "", "R1", pd.NaT)],
        columns=["kind", "customer_id", "rep_id", "day"],
    )
    return {
        "allocations": pd.DataFrame({"customer_id": names, "channel": channels}),
        "territories": pd.DataFrame({"customer_id": names, "rep_id": owners}),
        "stops": stops,
        "agents": pd.DataFrame({"agent_id": ["X"]}),
        "agent_shifts": pd.DataFrame({"agent_id": ["X"] * days, "day": pd.date_range("2026-03-02", periods=days)}),
    }


def test_moves_are_counted_with_examples() -> None:
    """B and C leave the field for the phone, C's owner and A's day change, the agent works a day more."""
    before = plan(["field"] * 3, ["R1", "R1", "R2"], {"A": ("R1", "2026-03-02"), "B": ("R1", "2026-03-02")}, 2)
    after = plan(["field", "outbound", "outbound"], ["R1", "R1", "R1"], {"A": ("R1", "2026-03-03")}, 3)
    found = [tuple(row) for row in moves(before, after).itertuples(index=False)]
    assert found == [
        ("channel", "field", "outbound", 2, "B, C"),
        ("owner", "R2", "R1", 1, "C"),
        ("visited by", "R1", "not visited", 1, "B"),
        ("visit day", "2026-03-02", "2026-03-03", 1, "A"),
        ("visit day", "2026-03-02", "not visited", 1, "B"),
        ("agent's days", "2 days", "3 days", 1, "X"),
    ]
    assert moves(before, before).empty
