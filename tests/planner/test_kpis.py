"""The figures of a plan, worked out by hand."""

import pandas as pd
import pytest

from planner.flags import flags_of
from planner.kpis import hours_beyond_share, key_figures, money_figures
from scenarios.schema import Scenario

DAY = pd.Timestamp("2026-03-09")
SCENARIO = Scenario.model_validate_json(
    """{"name": "t", "as_of": "2026-03-06", "horizon": {"start": "2026-03-09", "days": 1},
    "data": {"customers": "c.csv"}, "reps": {"cost_eur_per_hour": 30}, "money": {"travel_eur_per_km": 0.5},
    "staffing": {"interval_minutes": 30, "costs": {"understaffed_eur_per_agent_hour": 60}}}"""
)


def tables() -> dict[str, pd.DataFrame]:
    """One rep-day with two visits, one call interval, two agents."""
    actions = pd.DataFrame(
        [
            ("C1", "field", 100.0, 20.0, 5.0, 0.0),
            ("C2", "field", 10.0, 0.0, 0.0, 0.0),
            ("C3", "outbound", 0.0, 9.0, 1.0, 4.0),
        ],
        columns=["customer_id", "channel", "win_eur", "churn_eur", "growth_eur", "contact_cost_eur"],
    )
    allocations = pd.DataFrame(
        [("C1", "field"), ("C2", "field"), ("C3", "outbound"), ("C4", "none")], columns=["customer_id", "channel"]
    )
    rep_days = pd.DataFrame(
        {
            "rep_id": ["R1", "R2"],
            "works": [True, False],
            "reason": ["", "not_working_day"],
            "shift_start_at": [DAY + pd.Timedelta(hours=9), pd.NaT],
            "shift_end_at": [DAY + pd.Timedelta(hours=17), pd.NaT],
            "visits": [2, 0],
            "visit_minutes": [120.0, 0.0],
            "travel_minutes": [30.0, 0.0],
            "wait_minutes": [6.0, 0.0],
            "travel_km": [40.0, 0.0],
            "waited_eur": [7.0, 0.0],
            "border_visits": [1, 0],
            "border_eur": [2.5, 0.0],
            "overtime_minutes": [15.0, 0.0],
            "overtime_eur": [10.0, 0.0],
        }
    )
    requirement = pd.DataFrame(
        {
            "queue": ["q", "q"],
            "calls_mean": [30.0, 10.0],
            "handle_seconds_mean": [360.0, None],
            "agents_short": [0.0, 2.0],
            "answered_pct_expected": [90.0, 50.0],
        }
    )
    agents = pd.DataFrame({"paid_hours": [8.0, 4.0], "overtime_hours": [1.0, 0.0], "cost_eur": [200.0, 80.0]})
    return {
        "actions": actions,
        "allocations": allocations,
        "rep_days": rep_days,
        "requirement": requirement,
        "agents": agents,
        "unserved": pd.DataFrame({"customer_id": ["C4"], "reason": ["shift_full"]}),
        "territory_reps": pd.DataFrame({"workload_over_mean": [1.2, 0.8], "stray_parts": [0, 1]}),
        "territories": pd.DataFrame({"moved": [True, False, False, False]}),
        "team": pd.DataFrame({"rep_id": ["R1", "R2"], "shift_start": [540, 600], "shift_end": [1020, 840]}),
        "closure": pd.DataFrame({"win_probability": [0.5, 0.1], "amount_eur": [1000.0, None]}),
    }


def test_net_value_is_what_contacts_bring_less_all_costs() -> None:
    """110 + 29 + 6 - 4 (contact) - 20 (40 km) - 10 (overtime) - 2.5 (border) - 7 (waiting) - 240 (8 h) - 280 (agents)
    - 60 (2 agents short for half an hour): each once."""
    assert money_figures(SCENARIO, tables()) == {
        "win_eur": 110.0,
        "churn_eur": 29.0,
        "growth_eur": 6.0,
        "contact_cost_eur": 4.0,
        "travel_cost_eur": 20.0,
        "rep_overtime_eur": 10.0,
        "border_eur": 2.5,
        "waited_eur": 7.0,
        "rep_pay_eur": 240.0,
        "agent_pay_eur": 280.0,
        "missed_service_eur": 60.0,
        "net_value_eur": 145.0 - 623.5,
    }


def test_leave_is_paid() -> None:
    """R2 is ill on a day of four hours: 240 eur for R1's day and 120 for R2's."""
    ill = tables()
    ill["rep_days"]["reason"] = ["", "absent"]
    assert money_figures(SCENARIO, ill)["rep_pay_eur"] == 360.0


@pytest.mark.parametrize(
    ("kpi", "value"),
    [
        ("visits", 2),
        ("visits_per_rep_day", 2),
        ("travel_km", 40),
        ("travel_hours", 0.5),
        ("waiting_hours", 0.1),
        ("visiting_pct", 100 * 120 / 495),
        ("rep_overtime_hours", 0.25),
        ("border_visits", 1),
        ("waited_eur", 7),
        ("hours_beyond_share", 0),
        ("unserved_visits", 1),
        ("contacts", 3),
        ("contacts_outbound", 1),
        ("not_contacted", 1),
        ("calls", 40),
        ("call_hours", 3),
        ("answered_pct", 80),
        ("agent_hours", 12),
        ("overtime_hours", 1),
        ("agents_short_hours", 1),
        ("territory_max_over_mean", 1.2),
        ("territory_min_over_mean", 0.8),
        ("moved_customers", 1),
        ("stray_parts", 1),
        ("open_deals", 2),
        ("expected_won_deals", 0.6),
        ("expected_won_eur", 500),
    ],
)
def test_figures_by_hand(kpi: str, value: float) -> None:
    """Each figure of the tiny plan; calls answered are weighted by calls: (30 x 90 + 10 x 50) / 40 = 80."""
    figures = key_figures(SCENARIO, tables()).set_index("kpi")["value"]
    assert figures[kpi] == pytest.approx(value)


def test_figures_are_listed_once() -> None:
    """No figure stands twice, net value first."""
    figures = key_figures(SCENARIO, tables())
    assert figures["kpi"].is_unique
    assert figures["kpi"].iloc[0] == "net_value_eur"


class NoSearches:
    """Decisions in which no search hit a limit."""

    def outcomes(self) -> tuple[()]:
        return ()


def test_flags_name_required_visits_and_findings() -> None:
    """A required customer on no route and an audit finding are flags; an optional one is not."""
    none = pd.DataFrame(columns=["check", "table", "row", "message"])
    customers = pd.DataFrame({"customer_id": ["C4", "C5"], "required": [True, False]})
    flags = flags_of(NoSearches(), customers, tables(), none)  # type: ignore[arg-type]
    assert flags == ("1 required visits are on no route (C4); tables/unserved.csv says why.",)
    finding = pd.DataFrame([("law_kept", "agent_shifts", "A1", "x")], columns=none.columns)
    optional = customers.assign(required=False)
    assert flags_of(NoSearches(), optional, tables(), finding) == (  # type: ignore[arg-type]
        "The audit has 1 findings (law_kept); do not use the plan before they are explained.",
    )


def test_hours_beyond_share_are_counted_by_working_time() -> None:
    """R1 works two days of 8 h, R2 one: of 15 h of work R1's share is 10, R2's 5; R2 has 8, three too many."""
    begins = [DAY + pd.Timedelta(hours=9)] * 3
    days = pd.DataFrame(
        {
            "rep_id": ["R1", "R1", "R2"],
            "works": True,
            "shift_start_at": begins,
            "shift_end_at": [at + pd.Timedelta(hours=8) for at in begins],
            "visit_minutes": [120.0, 180.0, 360.0],
            "travel_minutes": [60.0, 60.0, 120.0],
        }
    )
    assert hours_beyond_share(days) == pytest.approx(3.0)
    assert hours_beyond_share(days.assign(works=False)) == 0.0


def test_hours_beyond_share_are_those_of_the_routes_where_these_tell_them() -> None:
    """The last row is the plan."""
    ways = pd.DataFrame({"way": ["own territories", "even weeks"], "beyond_share_hours": [4.0, 1.5]})
    figures = key_figures(SCENARIO, tables() | {"routing_ways": ways}).set_index("kpi")["value"]
    assert figures["hours_beyond_share"] == 1.5
    none = key_figures(SCENARIO, tables() | {"routing_ways": ways.iloc[:0]}).set_index("kpi")["value"]
    assert none["hours_beyond_share"] == 0.0
