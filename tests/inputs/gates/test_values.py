from dataclasses import replace
from datetime import time
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inputs.contracts.contract import Column, contracts
from inputs.gates.values import Converted, as_text, convert, infer, parse_numbers, parse_windows


def column(name: str) -> Column:
    table, _, field = name.partition(".")
    return contracts()[table].columns[field]


def cells(name: str, values: list[object], decimal: str = ".", dtype: str = "str") -> Converted:
    return convert(pd.Series(values, dtype=dtype), column(name), decimal=decimal, timezone="Europe/Madrid")


def test_numbers_as_people_write_them() -> None:
    """Blanks and words for unknown are missing; text, infinities, underscores and thousands marks are bad."""
    got = cells("customers.visit_minutes", ["30", " 45.5 ", None, "n/a", "half", "inf", "1_0", "1,000", "-1e1"])
    assert got.cells.tolist()[:2] == [30.0, 45.5]
    assert got.missing.tolist() == [False, False, True, True, False, False, False, False, False]
    assert got.bad.tolist() == [False, False, False, False, True, True, True, True, False]
    assert got.cells.iloc[-1] == -10.0


def test_decimal_comma_refuses_a_point() -> None:
    """With a decimal comma `1.234` could mean 1234: it is not guessed."""
    got = cells("customers.visit_minutes", ["41,5", "1.234", "7"], decimal=",")
    assert got.bad.tolist() == [False, True, False]
    assert got.cells.tolist()[::2] == [41.5, 7.0]


def test_whole_numbers_have_a_default_and_no_fractions() -> None:
    """Open tickets: empty means 0, 2.0 is 2, 2.5 is bad; the dtype is int64 all the same."""
    got = cells("customers.open_tickets", ["2.0", None, "2.5"])
    assert got.cells.tolist() == [2, 0, 0]
    assert str(got.cells.dtype) == "int64"
    assert got.bad.tolist() == [False, False, True]


def test_flags() -> None:
    """0/1, yes/no and true/false in any case; anything else is bad."""
    got = cells("customer_history.churned", ["1", "No", "TRUE", "0.0", "maybe", None])
    assert got.cells.tolist() == [True, False, True, False, False, False]
    assert got.bad.tolist() == [False, False, False, False, True, False]
    assert got.missing.tolist() == [False, False, False, False, False, True]
    assert convert(
        pd.Series([True, False]), column("customers.required"), decimal=".", timezone="UTC"
    ).cells.tolist() == [
        True,
        False,
    ]


def test_clock_times_up_to_midnight() -> None:
    """24:00 is the end of the day (1440), 24:01 and 9h are none; a cell of a workbook may hold a time."""
    got = cells("reps.shift_end", ["24:00", "9:05", "24:01", "9h", None, time(17, 30)], dtype="object")
    assert got.cells.tolist() == [1440, 545, -1, -1, -1, 1050]
    assert got.bad.tolist() == [False, False, True, True, False, False]


def test_lists_are_tuples_without_repeats() -> None:
    """Parts are trimmed, repeats and empty parts go; weekdays are checked; a list of Parquet reads alike."""
    assert cells("reps.skills", ["a| b |a|", None]).cells.tolist() == [("a", "b"), ()]
    got = cells("reps.working_days", ["Mon|tue", "mon|xyz", None])
    assert got.cells.tolist() == [("mon", "tue"), *[("mon", "tue", "wed", "thu", "fri")] * 2]
    assert got.bad.tolist() == [False, True, False]
    assert cells("reps.skills", [["a", "b"], np.array(["c"])], dtype="object").cells.tolist() == [("a", "b"), ("c",)]


def test_texts_with_a_closed_list_of_words() -> None:
    """Case does not matter; a direction not given is inbound; an unknown one is bad."""
    got = cells("calls.direction", ["Outbound", None, "sideways"])
    assert got.cells.tolist() == ["outbound", "inbound", "inbound"]
    assert got.bad.tolist() == [False, False, True]


def test_identifiers_of_workbooks_and_databases_are_texts() -> None:
    """Whole numbers lose `.0`; missing stays missing."""
    assert as_text(pd.Series([7.0, np.nan, 2.5])).tolist()[::2] == ["7", "2.5"]
    assert as_text(pd.Series([7, 8])).tolist() == ["7", "8"]
    assert as_text(pd.Series([" x ", "", None], dtype=object)).isna().tolist() == [False, True, True]


def test_windows_are_sorted_and_those_that_touch_are_joined() -> None:
    """09:00-11:00 and 10:30-12:00 are one window; an impossible one is refused."""
    assert parse_windows("15:00-17:00| 9:00-11:00|10:30-12:00") == ((540, 720), (900, 1020))
    with pytest.raises(ValueError, match="ends before it starts"):
        parse_windows("09:00-11:00|12:00-12:00")
    got = cells("customers.windows", ["09:00-10:00", None, "11:00-10:00"])
    assert got.cells.tolist() == [((540, 600),), (), ()]
    assert got.bad.tolist() == [False, False, True]


@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda w: w[0] < w[1]), max_size=5))
@settings(max_examples=60, deadline=None)
def test_joined_windows_cover_the_same_minutes(windows: list[tuple[int, int]]) -> None:
    """Joining windows neither adds nor loses a minute, and leaves them apart and in order."""
    text = "|".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in windows)
    joined = parse_windows(text)
    assert {m for a, b in joined for m in range(a, b)} == {m for a, b in windows for m in range(a, b)}
    assert all(first[1] < second[0] for first, second in pairwise(joined))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", None], "float64"),
        (["1", "nan", "-"], "float64"),
        (["08001", "7"], "str"),
        (["true", "False"], "bool"),
        (["true", None], "str"),
        (["1", "2", "x1"], "str"),
        (["yes", "no"], "str"),
        ([None, None], "str"),
        (["nan", "null"], "str"),
    ],
)
def test_columns_beyond_the_contract_stay_what_they_are(values: list[object], kind: str) -> None:
    """Numbers, true/false, texts; postcodes with a leading zero are texts."""
    assert str(infer(pd.Series(values, dtype="str"), ".").dtype) == kind


def test_typed_columns_beyond_the_contract() -> None:
    """Numbers of a Parquet file become float64, booleans stay."""
    assert str(infer(pd.Series([1, 2]), ".").dtype) == "float64"
    assert str(infer(pd.Series([True, False]), ".").dtype) == "bool"


def test_typed_numbers_are_taken_as_they_are() -> None:
    """A numeric column needs no parsing; infinities are bad."""
    got = convert(pd.Series([1.5, np.inf, np.nan]), column("customers.visit_minutes"), decimal=",", timezone="UTC")
    assert got.bad.tolist() == [False, True, False]
    assert got.missing.tolist() == [False, False, True]
    assert replace(got, reason="").cells.iloc[0] == 1.5


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1.234,50", ",", 1234.5),
        ("-12.345.678,9", ",", -12345678.9),
        ("1,234.50", ".", 1234.5),
        ("1.234", ",", None),
        ("1,234", ".", None),
        ("12.34,5", ",", None),
    ],
)
def test_grouped_thousands_count_where_the_decimal_mark_tells_them_apart(
    text: str, decimal: str, value: float | None
) -> None:
    """With both marks there is one reading; with one mark alone there are two, so the cell is bad."""
    values, bad = parse_numbers(pd.Series([text], dtype="str"), decimal)
    assert bad.tolist() == [value is None]
    if value is not None:
        assert values.tolist() == [value]


def test_signs_at_numbers_are_read_by_their_unit() -> None:
    """A percent sign at percentages, the euro at euros; the wrong sign is bad, not dropped."""
    percent = cells("opportunities.rep_probability_pct", ["40 %", "40%", "7", "40 €"])
    assert percent.cells.tolist()[:3] == [40.0, 40.0, 7.0]
    assert percent.bad.tolist() == [False, False, False, True]
    euros = cells("transactions.amount_eur", ["1.234,50 €", "€ 12", "EUR 7,5", "8 EUR", "40 %"], decimal=",")
    assert euros.cells.tolist()[:4] == [1234.5, 12.0, 7.5, 8.0]
    assert euros.bad.tolist() == [False, False, False, False, True]
    assert cells("agents.hourly_cost_eur", ["22,30 €"], decimal=",").cells.tolist() == [22.3]


def test_flags_in_the_languages_of_exports() -> None:
    """German, Spanish and French yes and no."""
    got = cells("customers.required", ["ja", "Nein", "Sí", "no", "oui", "non", "vielleicht"])
    assert got.cells.tolist()[:6] == [True, False, True, False, True, False]
    assert got.bad.tolist() == [False] * 6 + [True]


@pytest.mark.parametrize(
    ("texts", "lists", "notes"),
    [
        (["a|b,c", "d,e"], [("a", "b,c"), ("d,e",)], ()),
        (["a, b", "c"], [("a", "b"), ("c",)], ("lists by commas, for example a, b",)),
        (["a; b,c", "d,e"], [("a", "b,c"), ("d,e",)], ("lists by semicolons, for example a; b,c",)),
        (["a", "b c"], [("a",), ("b c",)], ()),
    ],
)
def test_lists_by_one_mark_in_the_whole_column(
    texts: list[object], lists: list[tuple[str, ...]], notes: tuple[str, ...]
) -> None:
    """`|` where there is one, else the semicolon, else the comma; a mark that was told is noted."""
    got = cells("customers.consent", texts)
    assert (got.cells.tolist(), got.notes) == (lists, notes)


def test_weekdays_by_commas() -> None:
    """What a closed list does not know is bad, whatever separates it."""
    got = cells("reps.working_days", ["mon,Tue", "Mo,Di"])
    assert (got.cells.iloc[0], got.bad.tolist()) == (("mon", "tue"), [False, True])
