from pathlib import Path

import pytest

from inputs.contracts.contract import contracts, default_values, empty_table, synonyms
from inputs.contracts.page import tables_page
from inputs.types import Tables
from scenarios.schema import Data

ROOT = Path(__file__).resolve().parents[3]


def test_the_contract_has_the_tables_of_the_scenario_and_of_silver() -> None:
    """What a scenario can give, what the contract describes and what silver holds are the same tables."""
    assert list(contracts()) == list(Data.model_fields)
    assert set(contracts()) == set(Tables.__dataclass_fields__) - {"demand", "handled", "contacts", "quality", "hashes"}


def test_keys_orders_and_references_point_at_columns_that_exist() -> None:
    """Every name in the contract's data files is a column of the contract."""
    for contract in contracts().values():
        named = {*contract.key, *contract.sort, *(name for group in contract.any_of for name in group)}
        assert named <= set(contract.columns)
        for column in contract.columns.values():
            assert all(name in contracts()[table].columns for table, name in column.refers_to)
            assert not column.refers_to or column.orphan in ("reject", "warn")
            assert column.kind != "integer" or column.default, "whole numbers have no word for missing"
    every = {name for contract in contracts().values() for name in contract.columns}
    assert set(synonyms()) <= every


def test_required_columns_are_those_of_the_contract_of_tables() -> None:
    """Spot values: the bold columns of customers, calls and reps."""
    assert contracts()["customers"].required == ("customer_id", "latitude", "longitude")
    assert contracts()["calls"].required == ("call_id", "queue", "arrived_at")
    assert contracts()["reps"].required == ("rep_id", "home_latitude", "home_longitude", "shift_start", "shift_end")


def test_the_docs_page_is_up_to_date() -> None:
    """docs/tables.md is what the contract says today."""
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == tables_page()


@pytest.mark.parametrize(
    ("table", "column", "kind", "value"),
    [
        ("customers", "open_tickets", "int64", 0),
        ("customers", "required", "bool", False),
        ("customers", "window_start", "int64", -1),
        ("customers", "windows", "object", ()),
        ("reps", "working_days", "object", ("mon", "tue", "wed", "thu", "fri")),
        ("shift_requests", "weight", "float64", 1.0),
        ("calls", "direction", "str", "inbound"),
    ],
)
def test_defaults_of_columns_that_are_not_given(table: str, column: str, kind: str, value: object) -> None:
    """A missing optional column has its default, in a dtype that does not depend on the number of rows."""
    cells = default_values(contracts()[table].columns[column], 2)
    assert str(cells.dtype) == kind == str(empty_table(contracts()[table])[column].dtype)
    assert list(cells) == [value, value]
