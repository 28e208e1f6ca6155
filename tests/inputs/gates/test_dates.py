import datetime as dt

import pandas as pd
import pytest

from inputs.gates.dates import Dates, parse_dates


def days(
    values: list[object], dtype: str = "str", *, whole_days: bool = True, timezone: str = "Europe/Madrid"
) -> Dates:
    return parse_dates(pd.Series(values, dtype=dtype), timezone=timezone, whole_days=whole_days, missing_words=("n/a",))


def texts(dates: Dates) -> list[str]:
    return [str(cell) for cell in dates.cells]


def test_iso_days_and_instants() -> None:
    """ISO with T or blank, seconds or not; 24:00 is the next midnight; the 30th of February is no day."""
    got = days(
        ["1999-12-17", "1999-12-17T08:30", "1999-12-17 08:30:15.5", "1999-12-31T24:00", "1999-02-30", None, "n/a"],
        whole_days=False,
    )
    assert texts(got)[:4] == [
        "1999-12-17 00:00:00",
        "1999-12-17 08:30:00",
        "1999-12-17 08:30:15.500000",
        "2000-01-01 00:00:00",
    ]
    assert got.bad.tolist() == [False, False, False, False, True, False, False]
    assert got.missing.tolist() == [False, False, False, False, False, True, True]
    assert str(got.cells.dtype) == "datetime64[us]"


def test_offsets_are_moved_to_the_local_zone() -> None:
    """Noon UTC is 13:00 in Madrid in winter and 14:00 in summer; the note says so."""
    got = days(["1999-12-17T12:00:00Z", "1999-07-01T12:00+00:00", "1999-07-01T12:00"], whole_days=False)
    assert texts(got) == ["1999-12-17 13:00:00", "1999-07-01 14:00:00", "1999-07-01 12:00:00"]
    assert got.notes == ("instants with an offset were moved to Europe/Madrid",)
    zoned = pd.Series(pd.to_datetime(["1999-12-17T12:00Z"]))
    assert str(parse_dates(zoned, timezone="Asia/Jerusalem", whole_days=False, missing_words=()).cells[0]) == (
        "1999-12-17 14:00:00"
    )


def test_other_notations_without_doubt() -> None:
    """Points mean day first; with slashes a number above 12 tells; 19991217 and 1999/12/17 are plain."""
    assert texts(days(["17.12.1999", "1.2.1999"])) == ["1999-12-17 00:00:00", "1999-02-01 00:00:00"]
    got = days(["17/12/1999", "03/04/1999 9:30"], whole_days=False)
    assert texts(got) == ["1999-12-17 00:00:00", "1999-04-03 09:30:00"]
    assert got.notes == ("day first, for example 17/12/1999 is 1999-12-17",)
    assert texts(days(["12/17/1999", "03/04/1999"])) == ["1999-12-17 00:00:00", "1999-03-04 00:00:00"]
    assert texts(days(["19991217", "1999/12/18"])) == ["1999-12-17 00:00:00", "1999-12-18 00:00:00"]


@pytest.mark.parametrize(
    "values", [["03/04/1999", "05/06/1999"], ["17/12/1999", "12/17/1999"], ["12.31.1999", "1.2.1999"]]
)
def test_notations_in_doubt_are_bad(values: list[object]) -> None:
    """Where nothing tells the day from the month, or the rows contradict each other, nothing is guessed."""
    got = days(values)
    assert got.bad.all()
    assert "no day" in got.reason


def test_early_days_and_nonsense_are_bad() -> None:
    """A spreadsheet's zero is 1899-12-30; words are no days."""
    got = days(["1899-12-30", "soon", "1900-01-01"])
    assert got.bad.tolist() == [True, True, False]


def test_cells_of_a_workbook() -> None:
    """Python dates and datetimes, empty cells, texts between them."""
    got = days([dt.date(1999, 12, 17), dt.datetime(1999, 12, 18, 8, 0), None, pd.NaT, "1999-12-19"], "object")
    assert texts(got)[::2] == ["1999-12-17 00:00:00", "NaT", "1999-12-19 00:00:00"]
    assert got.missing.tolist() == [False, False, True, True, False]
    stamps = pd.Series(pd.to_datetime(["1999-12-17 08:00", None]))
    assert str(parse_dates(stamps, timezone="UTC", whole_days=True, missing_words=()).cells[0]) == "1999-12-17 00:00:00"
