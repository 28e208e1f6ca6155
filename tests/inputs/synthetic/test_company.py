"""The synthetic company: the same for the same seed, complete, in its planned shares, and small when asked to be."""

import hashlib
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from inputs.synthetic import Company, make_company
from inputs.synthetic.write import company_files
from scenarios.errors import DataError, UsageError
from scenarios.schema import Data


@cache
def demo() -> Company:
    return make_company("demo")


def digest(company: Company) -> str:
    files = company_files(company)
    return hashlib.sha256(b"".join(name.encode() + files[name] for name in sorted(files))).hexdigest()


def small(**changes: object) -> Company:
    return make_company(**{"name": "small", "customers": 60, "reps": 3, "agents": 4, "seed": 5, **changes})  # type: ignore[arg-type]


def test_same_seed_gives_same_bytes_and_another_seed_does_not() -> None:
    """The hash over every file repeats with the seed and changes with it."""
    assert digest(small()) == digest(small())
    assert digest(small()) != digest(small(seed=6))


def test_parts_do_not_disturb_each_other() -> None:
    """More agents leave every customer, deal and rep as they were."""
    one, other = small(), small(agents=9)
    for table in ("customers", "opportunities", "reps", "transactions", "leads"):
        pd.testing.assert_frame_equal(one.tables[table], other.tables[table])
    assert len(other.tables["calls"]) > 1.5 * len(one.tables["calls"])


def test_counts_are_those_asked_for() -> None:
    """So many customers, reps and agents; 150 to 250 thousand calls at 60 agents."""
    tables = demo().tables
    assert [len(tables[name]) for name in ("customers", "reps", "agents")] == [3200, 20, 60]
    assert 150_000 <= len(tables["calls"]) <= 250_000


def test_every_table_is_one_of_the_scenario_and_keys_are_whole() -> None:
    """Tables have the scenario's names; keys are unique and point to rows that exist."""
    tables = demo().tables
    assert set(tables) <= set(Data.model_fields)
    keys = {"customers": "customer_id", "opportunities": "opportunity_id", "calls": "call_id", "cases": "case_id",
            "reps": "rep_id", "agents": "agent_id", "leads": "lead_id", "current_territories": "customer_id",
            "customer_history": "snapshot_id", "areas": "key"}  # fmt: skip
    for table, key in keys.items():
        assert tables[table][key].is_unique, table
    customers, reps = set(tables["customers"]["customer_id"]), set(tables["reps"]["rep_id"])
    for table in ("transactions", "opportunities", "interactions", "cases", "current_territories"):
        assert set(tables[table]["customer_id"]) <= customers, table
    assert set(tables["current_territories"]["rep_id"]) <= reps
    assert set(tables["stage_events"]["opportunity_id"]) == set(tables["opportunities"]["opportunity_id"])
    assert set(tables["absences"]["person_id"]) <= reps | set(tables["agents"]["agent_id"])
    assert set(tables["customers"]["area"]) <= set(tables["areas"]["key"])
    assert set(tables["appointments"]["customer_id"]) - {""} <= customers


REQUIRED = {
    "customers": "customer_id latitude longitude name area last_contact_date preferred_channel digital_engagement "
    "open_tickets visit_minutes window_start window_end windows required_skill required due_date visits_per_week "
    "min_days_between consent",
    "customer_history": "churned snapshot_id snapshot_date",
    "transactions": "customer_id date amount_eur quantity",
    "opportunities": "opportunity_id customer_id created_at amount_eur rep_probability_pct owner_rep_id",
    "stage_events": "opportunity_id stage entered_at",
    "leads": "lead_id created_at",
    "lead_history": "lead_id converted created_at",
    "interactions": "customer_id channel at outcome value_eur randomised",
    "cases": "case_id customer_id opened_at closed_at topic",
    "appointments": "rep_id start end customer_id place",
    "calls": "call_id queue arrived_at caller_id direction ivr_seconds wait_seconds outcome handle_seconds agent_id "
    "transferred_from",
    "reps": "rep_id home_latitude home_longitude shift_start shift_end name working_days skills end_latitude "
    "end_longitude",
    "agents": "agent_id queues contract_hours_per_week name available_from available_to hourly_cost_eur",
    "absences": "person_id date reason",
    "shift_requests": "agent_id date kind weight",
    "current_territories": "customer_id rep_id",
    "areas": "name key",
    "exogenous": "date name value queue known_from",
}


@pytest.mark.parametrize("table", REQUIRED)
def test_columns_are_those_of_the_contract(table: str) -> None:
    """Each table has the contract's columns; beyond them only features (and the leads' own)."""
    columns = set(demo().tables[table].columns)
    wanted = set(REQUIRED[table].split())
    assert wanted <= columns
    if "lead" not in table:
        assert all(name.startswith("feature_") or name == "geometry" for name in columns - wanted)


def test_nothing_is_known_after_the_day_of_knowledge() -> None:
    """No instant of the past lies after as_of; past campaigns were announced, deals start before their events."""
    tables, end = demo().tables, pd.Timestamp("2026-03-07")
    for table, column in [("calls", "arrived_at"), ("transactions", "date"), ("stage_events", "entered_at"),
                          ("opportunities", "created_at"), ("interactions", "at"), ("cases", "opened_at"),
                          ("cases", "closed_at"), ("customers", "last_contact_date"), ("leads", "created_at"),
                          ("exogenous", "known_from")]:  # fmt: skip
        assert tables[table][column].max() < end, (table, column)
    first = tables["stage_events"].groupby("opportunity_id")["entered_at"].min()
    created = tables["opportunities"].set_index("opportunity_id")["created_at"]
    assert (first - created).abs().max() <= pd.Timedelta(seconds=1)


def test_people_live_on_land_and_outside_the_no_go_areas() -> None:
    """Customers and homes stand in their district, none in the park, the port or the sea."""
    import shapely

    company = demo()
    areas = company.tables["areas"].set_index("key")["geometry"]
    customers, reps = company.tables["customers"], company.tables["reps"]
    for key, group in customers.groupby("area"):
        assert shapely.contains_xy(areas[key], group["longitude"], group["latitude"]).all()
    land = shapely.union_all(list(areas))
    for x, y in [(customers["longitude"], customers["latitude"]), (reps["home_longitude"], reps["home_latitude"])]:
        assert shapely.contains_xy(land, x, y).all()
        for area in company.no_go.values():
            assert area.area > 0
            assert not shapely.contains_xy(area, x, y).any()


def test_field_capacity_is_a_quarter_to_a_third_of_the_customers() -> None:
    """Visit minutes plus a 14-minute drive fill the reps' days with 22 to 33 % of the customers."""
    tables = demo().tables
    reps = tables["reps"]
    hours = pd.to_datetime(reps["shift_end"], format="%H:%M") - pd.to_datetime(reps["shift_start"], format="%H:%M")
    minutes = (hours.dt.total_seconds() / 60 - 45) * reps["working_days"].str.count(r"\|").add(1)
    visits = minutes.sum() / (tables["customers"]["visit_minutes"].mean() + 14)
    assert 0.22 <= visits / len(tables["customers"]) <= 0.33
    assert (reps["working_days"] != "mon|tue|wed|thu|fri").sum() == 2


def test_territories_are_uneven_on_purpose() -> None:
    """The largest territory holds at least twice the customers of the smallest, and nobody is left without any."""
    sizes = demo().tables["current_territories"]["rep_id"].value_counts()
    assert len(sizes) == 20
    assert sizes.max() >= 2 * sizes.min()
    assert sizes.min() >= 0.2 * sizes.mean()


def test_shares_of_customers() -> None:
    """Windows, consent, requirements and due dates occur in the stated shares, within four standard errors."""
    customers = demo().tables["customers"]

    def close(share: float, stated: float) -> bool:
        return abs(share - stated) < 4 * np.sqrt(stated * (1 - stated) / len(customers))

    assert close((customers["windows"] != "").mean(), 0.10)
    assert close((customers["window_start"] != "").mean(), 0.33)
    assert close(customers["due_date"].notna().mean(), 0.03)
    assert close(customers["consent"].str.contains("outbound").mean(), 0.85)
    assert customers["consent"].str.contains("self_service").all()
    assert customers["required"].sum() == 8
    assert set(customers["visits_per_week"]) == {1, 2}


@pytest.mark.parametrize(("customers", "reps", "agents"), [(1, 0, 1), (1, 1, 0), (1, 0, 0), (2, 1, 1), (7, 4, 7)])
def test_smallest_companies(customers: int, reps: int, agents: int) -> None:
    """One customer, nobody in the field, nobody on the phone: the tables are there, empty ones with their columns."""
    company = make_company("tiny", customers=customers, reps=reps, agents=agents, seed=0)
    assert [len(company.tables[name]) for name in ("customers", "reps", "agents")] == [customers, reps, agents]
    for table, columns in REQUIRED.items():
        assert set(columns.split()) <= set(company.tables[table].columns), table
    assert company.tables["calls"].empty == (agents == 0)
    assert company.tables["current_territories"].empty == (reps == 0)
    assert company_files(company)["week.yaml"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [({"customers": 0}, "customers must be 1 to"), ({"reps": -1}, "reps must be 0 to"),
     ({"agents": 10**6}, "agents must be 0 to"), ({"seed": -1}, "seed must be"), ({"name": " "}, "needs a name")],
)  # fmt: skip
def test_impossible_companies_are_refused(changes: dict, text: str) -> None:
    """A count that cannot be is refused with what is allowed."""
    with pytest.raises(UsageError, match=text):
        small(**changes)


def test_week_follows_the_day_of_knowledge() -> None:
    """From a Wednesday on, the planned week is that of the next Monday."""
    company = small(as_of=date(2025, 5, 14))
    assert "as_of: 2025-05-14" in company.scenario_yaml
    assert "horizon: {start: 2025-05-19, days: 5}" in company.scenario_yaml
    assert company.truth["calls"]["interval_start"].min() == pd.Timestamp("2025-05-15")
    assert company.tables["shift_requests"]["date"].between("2025-05-19", "2025-05-25").all()


def test_own_districts_replace_the_coast() -> None:
    """Customers live in the user's polygons, which carry the user's names."""
    import shapely

    squares = {"Nord": shapely.box(4.0, 50.05, 4.1, 50.1), "Süd": shapely.box(4.0, 50.0, 4.1, 50.05)}
    company = small(districts=squares)
    assert company.tables["areas"]["name"].tolist() == ["Nord", "Süd"]
    assert company.tables["customers"]["latitude"].between(50.0, 50.1).all()
    assert company.no_go == {}
    with pytest.raises(DataError, match="are polygons"):
        small(districts=[shapely.Point(4, 50)])
