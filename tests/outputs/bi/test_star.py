"""The star schema: keys are unique, references resolve, sums are those of the plan, texts are harmless."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from outputs.bi import Star, make_star, write_star
from outputs.bi.dictionary import TABLE_WORDS, dictionary, dictionary_page
from outputs.bi.star import DTYPES


@pytest.fixture(scope="module")
def star(held: Any) -> Star:
    return make_star(held.plan, held.tables)


def unresolved(star: Star) -> dict[str, list[Any]]:
    """Values that refer to no row, by table and column."""
    found = {}
    for table, columns in dictionary().items():
        for column in columns:
            if column.references:
                target, key = column.references.split(".")
                values = star[table][column.name].dropna()
                if missing := sorted(set(values) - set(star[target][key])):
                    found[f"{table}.{column.name}"] = missing
    return found


def test_the_dictionary_describes_every_table() -> None:
    """Every table has words and a key; a reference names the key of a dimension."""
    assert set(dictionary()) == set(TABLE_WORDS)
    for table, columns in dictionary().items():
        assert any(column.key for column in columns), table
        assert len({column.name for column in columns}) == len(columns), table
        for column in columns:
            assert column.type in DTYPES, (table, column)
            assert column.description.endswith("."), (table, column)
            if column.references:
                target, key = column.references.split(".")
                assert [each.name for each in dictionary()[target] if each.key] == [key]


def test_columns_and_types_are_those_of_the_dictionary(star: Star) -> None:
    """In their order, nothing else."""
    for table, columns in dictionary().items():
        assert list(star[table].columns) == [column.name for column in columns]
        assert [str(dtype) for dtype in star[table].dtypes] == [DTYPES[column.type] for column in columns], table


def test_keys_are_unique_and_references_resolve(star: Star) -> None:
    """No row twice, no key empty, nothing refers to nowhere."""
    for table, columns in dictionary().items():
        keys = star[table][[column.name for column in columns if column.key]]
        assert not keys.duplicated().any(), table
        assert keys.notna().all(axis=None), table
    assert unresolved(star) == {}


def test_a_reference_to_nowhere_would_be_seen(star: Star) -> None:
    """The check itself can fail."""
    broken = star | {"dim_rep": star["dim_rep"].iloc[1:]}
    assert unresolved(broken)["fact_stop.rep_id"] == [star["dim_rep"]["rep_id"].iloc[0]]


def test_sums_are_those_of_the_plan(star: Star, held: Any) -> None:
    """Visits, kilometres, contact value, paid hours and calls add up to the key figures."""
    figures = held.plan.kpis.set_index("kpi")["value"]
    stops, shifts = star["fact_stop"], star["fact_roster"]
    assert (stops["kind"] == "visit").sum() == figures["visits"]
    assert stops["travel_km"].sum() == pytest.approx(figures["travel_km"])
    assert star["fact_rep_day"]["visits"].sum() == figures["visits"]
    assert shifts["paid_minutes"].sum() / 60 == pytest.approx(figures["agent_hours"])
    assert star["fact_requirement"]["calls_mean"].sum() == pytest.approx(figures["calls"])
    done = star["fact_next_best_action"].query("planned")
    assert done["win_eur"].sum() == pytest.approx(figures["win_eur"])
    contacts = star["fact_contact"]
    assert (contacts["channel"] != "none").sum() == figures["contacts"]
    assert star["fact_deal"]["expected_eur"].sum() == pytest.approx(figures["expected_won_eur"])


def test_a_field_contact_has_the_day_and_the_rep_of_its_first_visit(star: Star, held: Any) -> None:
    """And contacts of other channels have no rep."""
    visits = held.plan.tables["stops"].query("kind == 'visit'").sort_values("start_at")
    first = visits.drop_duplicates("customer_id").set_index("customer_id")
    contacts = star["fact_contact"]
    for row in contacts[contacts["channel"] == "field"].itertuples():
        assert (row.date, row.rep_id) == (first.loc[row.customer_id, "day"], first.loc[row.customer_id, "rep_id"])
    assert contacts.loc[contacts["channel"] != "field", "rep_id"].isna().all()


def test_overtime_borders_and_waiting_are_facts(lent: Any, star: Star) -> None:
    """The lent visit names the owner; the day has its overtime; a row for each plan on the way, in order."""
    made = make_star(lent.plan, lent.tables)
    stops = made["fact_stop"]
    assert stops.loc[stops["border"], ["customer_id", "rep_id", "for_rep_id", "waited_eur"]].to_numpy().tolist() == [
        [lent.visit.customer_id, lent.visit.rep_id, lent.owner, 7.5]
    ]
    day = made["fact_rep_day"].query("overtime_minutes > 0")
    assert day[["overtime_eur", "border_visits", "border_eur", "waited_eur"]].to_numpy().tolist() == [[17.5, 1, 2, 7.5]]
    ways = made["fact_routing_way"]
    assert ways[["number", "way"]].to_numpy().tolist() == [[1, "own territories"], [2, "border visits"]]
    assert ways["difference_eur"].iloc[1] == 12.5
    assert unresolved(made) == {}
    assert star["fact_routing_way"].empty
    assert not star["fact_stop"]["border"].any()


def test_days_have_no_gap(star: Star, held: Any) -> None:
    """Every day from the first to the last; the horizon is marked."""
    dates = star["dim_date"]
    assert (dates["date"].diff().dropna() == pd.Timedelta(days=1)).all()
    assert dates["field_planned"].sum() == held.plan.scenario.horizon.days
    monday = dates[dates["weekday"] == "mon"].iloc[0]
    assert monday["weekday_number"] == 1
    assert monday["iso_week"] == f"{monday['date']:%G-W%V}"


def test_who_is_only_referred_to_is_a_row_of_its_dimension(held: Any) -> None:
    """A deal of a customer that the table does not have: the customer is there, and marked as not known."""
    from dataclasses import replace

    closure = held.plan.tables["closure"]
    stranger = closure.assign(customer_id=["nobody-knows", *closure["customer_id"].iloc[1:]])
    star = make_star(replace(held.plan, tables=held.plan.tables | {"closure": stranger}), held.tables)
    row = star["dim_customer"].set_index("customer_id").loc["nobody-knows"]
    assert not row["is_known"]
    assert star["dim_customer"]["is_known"].sum() == len(held.tables.customers)
    assert unresolved(star) == {}


def test_files_hold_the_same_twice_and_nothing_that_runs(held: Any, hostile: Any, tmp_path: Path) -> None:
    """CSV and Parquet of each table, equal bytes when written again, formulas led by an apostrophe."""
    write_star(tmp_path / "a", held.plan, held.tables)
    write_star(tmp_path / "b", held.plan, held.tables)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(["README.md", *(f"{table}.{kind}" for table in dictionary() for kind in ("csv", "parquet"))])
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    write_star(tmp_path / "c", hostile.plan, hostile.tables)
    people = pd.read_csv(tmp_path / "c" / "dim_customer.csv", dtype="str", keep_default_na=False)
    assert people["name"].str.startswith("'=HYPERLINK").any()
    assert not people["name"].str.match(r"[=+\-@\t]").any()
    assert "<script>" not in (tmp_path / "c" / "README.md").read_text(encoding="utf-8")


def test_the_page_names_every_column() -> None:
    """With what it refers to; the key in bold."""
    page = dictionary_page(name="A | week", quantiles="the quantiles 10 % and 90 %")
    assert "`A   week`" in page
    assert "| **rep_id** | text |  | dim_rep.rep_id | Whose day. |" in page
    assert all(f"## {table}\n" in page for table in dictionary())
