import datetime as dt

import pandas as pd
import pytest

from inputs.contracts.contract import contracts
from inputs.gates.faults import fault_rows, finding, shorten
from inputs.gates.table import ROW, Gated, gate_table
from inputs.quality import fault_frame
from inputs.sources.text_file import read_text
from scenarios.schema import Source

AS_OF = dt.date(1999, 12, 17)
SOURCE = Source.model_validate({"path": "x.csv"})


def gate(table: str, text: str, timezone: str = "Europe/Madrid") -> Gated:
    raw = read_text(text.encode(), SOURCE)
    return gate_table(contracts()[table], raw, label=f"{table}.csv", columns={}, as_of=AS_OF, timezone=timezone)


def faults(gated: Gated) -> list[tuple[str, str, str, list[int]]]:
    return [(f.column, f.check, f.severity, list(map(int, f.rows))) for f in gated.faults]


def test_bad_cells_of_required_columns_reject_rows_those_of_others_are_emptied() -> None:
    """All checks at once on one table; the rows that stay are sorted by key."""
    gated = gate(
        "customers",
        "customer_id,latitude,longitude,visit_minutes,digital_engagement,last_contact_date,required\n"
        "C9,41.4,2.1,30,0.5,1999-12-17,1\n"
        ",41.4,2.1,30,0.5,,\n"
        "C3,north,2.1,30,0.5,,\n"
        "C4,41.4,,30,0.5,,\n"
        "C1,41.4,2.1,-5,7,1999-12-18,\n"
        "C9,41.5,2.1,30,0.5,,\n",
    )
    assert faults(gated) == [
        ("customer_id", "missing value", "reject", [2]),
        ("latitude", "wrong type", "reject", [3]),
        ("longitude", "missing value", "reject", [4]),
        ("last_contact_date", "date in the future", "warn", [5]),
        ("digital_engagement", "out of range", "warn", [5]),
        ("visit_minutes", "out of range", "warn", [5]),
        ("customer_id", "duplicate key", "reject", [6]),
    ]
    assert gated.frame["customer_id"].tolist() == ["C1", "C9"]
    assert gated.frame[ROW].tolist() == [5, 1]
    first = gated.frame.iloc[0]
    assert pd.isna(first["visit_minutes"])
    assert pd.isna(first["digital_engagement"])
    assert pd.isna(first["last_contact_date"])
    assert gated.frame["required"].tolist() == [False, True]
    assert gated.bronze == 6


def test_as_of_means_the_end_of_that_day_with_a_second_of_tolerance() -> None:
    """Midnight after as_of is within the second; a second later is the future."""
    gated = gate(
        "stage_events",
        "opportunity_id,stage,entered_at\nO1,won,1999-12-17T23:59:59\nO1,a,1999-12-18T00:00:00\nO1,b,1999-12-18T00:00:01\n",
    )
    assert faults(gated) == [("entered_at", "date in the future", "reject", [3])]


def test_places_that_cannot_be_right() -> None:
    """Swapped ones in and out of range, beyond the poles, and 0,0: each with its own words; an end place is emptied."""
    gated = gate(
        "customers",
        "customer_id,latitude,longitude\nC1,41.4,2.1\nC2,41.3,2.2\nC3,2.1,41.4\nC4,0,0\nC5,95,200\nC6,120,30\nC7,nan,2\n",
    )
    assert faults(gated) == [
        ("latitude", "missing value", "reject", [7]),
        ("latitude, longitude", "swapped coordinates", "reject", [3, 6]),
        ("latitude, longitude", "out of range", "reject", [5]),
        ("latitude, longitude", "place at 0,0", "reject", [4]),
    ]
    reps = gate(
        "reps",
        "rep_id,home_latitude,home_longitude,shift_start,shift_end,end_latitude,end_longitude\n"
        "R1,41.4,2.1,09:00,24:00,0,0\nR2,41.4,2.1,17:00,09:00,,\n",
    )
    assert faults(reps) == [
        ("end_latitude, end_longitude", "place at 0,0", "warn", [1]),
        ("shift_start, shift_end", "impossible span", "reject", [2]),
    ]
    assert reps.frame[["end_latitude", "end_longitude"]].isna().all(axis=None)
    assert reps.frame["shift_end"].tolist() == [1440]


def test_factors_and_percents_outside_their_limits_are_unknown_and_told() -> None:
    """A rep who takes nine times as long, or no time at all, and 120 % a day are slips: told, and the row stays."""
    reps = gate(
        "reps",
        "rep_id,home_latitude,home_longitude,shift_start,shift_end,drive_factor\n"
        "R1,41.4,2.1,09:00,17:00,3\nR2,41.4,2.1,09:00,17:00,9\nR3,41.4,2.1,09:00,17:00,0\nR4,41.4,2.1,09:00,17:00,\n",
    )
    assert faults(reps) == [("drive_factor", "out of range", "warn", [2, 3])]
    assert reps.frame["drive_factor"].fillna(-1).tolist() == [3, -1, -1, -1]
    customers = gate(
        "customers", "customer_id,latitude,longitude,waiting_pct_per_day\nC1,41.4,2.1,120\nC2,41.4,2.1,12.5\n"
    )
    assert faults(customers) == [("waiting_pct_per_day", "out of range", "warn", [1])]
    assert customers.frame["waiting_pct_per_day"].fillna(-1).tolist() == [-1, 12.5]


def test_windows_from_one_or_two_columns_and_impossible_ones_dropped() -> None:
    """A start alone lasts to midnight, an end alone begins there; a window that ends before it starts is dropped."""
    gated = gate(
        "customers",
        "customer_id,latitude,longitude,window_start,window_end,windows\n"
        "C1,41.4,2.1,09:00,13:00,\nC2,41.4,2.1,15:00,,\nC3,41.4,2.1,,12:00,\nC4,41.4,2.1,13:00,09:00,\n"
        "C5,41.4,2.1,,,09:00-11:00|15:00-24:00\nC6,41.4,2.1,,,\nC7,41.4,2.1,08:00,09:00,10:00-11:00\n",
    )
    assert gated.frame["windows"].tolist() == [
        ((540, 780),),
        ((900, 1440),),
        ((0, 720),),
        (),
        ((540, 660), (900, 1440)),
        (),
        ((600, 660),),
    ]
    assert faults(gated) == [("window_start, window_end", "impossible span", "warn", [4])]
    assert gated.faults[0].cells == ["13:00 to 09:00"]


def test_appointments_and_availability_that_end_before_they_start() -> None:
    """An appointment is rejected; an agent's availability counts as not given."""
    gated = gate("appointments", "rep_id,start,end\nR1,1999-12-20T10:00,1999-12-20T09:00\n")
    assert faults(gated) == [("start, end", "impossible span", "reject", [1])]
    agents = gate(
        "agents",
        "agent_id,queues,contract_hours_per_week,available_from,available_to\nA1,q,38.5,12:00,09:00\nA2,,40,,\n",
    )
    assert faults(agents) == [
        ("queues", "missing value", "reject", [2]),
        ("available_from, available_to", "impossible span", "warn", [1]),
    ]
    assert agents.frame[["available_from", "available_to"]].to_numpy().tolist() == [[-1, -1]]


def test_the_hour_repeated_in_autumn_is_added_up_not_a_duplicate() -> None:
    """Madrid set its clocks back on 1999-10-31 at 3:00: 2:00 comes twice; 4:00 twice is a duplicate."""
    gated = gate(
        "call_counts",
        "queue,interval_start,calls_offered,handled\n"
        "q,1999-10-31T02:00,3,2\nq,1999-10-31T02:00,4.5,\nq,1999-10-31T04:00,1,\nq,1999-10-31T04:00,1,\n",
    )
    assert gated.merged == 1
    assert gated.frame["calls_offered"].tolist() == [7.5, 1.0]
    assert gated.frame["handled"].tolist()[0] == 2.0
    assert faults(gated) == [("queue, interval_start", "duplicate key", "reject", [4])]


def test_broken_rows_are_rejected_and_counted() -> None:
    """A row with a cell too many keeps its number; notes say how days were read."""
    gated = gate("transactions", "customer_id,date,amount_eur\nC1,17.12.1999,5\nC2,17.12.1999,5,9\n")
    assert faults(gated) == [("", "broken row", "reject", [2])]
    assert gated.bronze == 2
    assert gated.notes == ("date: day first, for example 17.12.1999 is 1999-12-17",)


def test_names_in_any_script_and_columns_beyond_the_contract_stay() -> None:
    """Unicode is data like any other; features keep their kind."""
    gated = gate("customers", "customer_id,name,latitude,longitude,feature_x,zip\nÇ1,陳大文 🏪,41.4,2.1,2,08001\n")
    assert gated.frame[["customer_id", "name", "zip"]].to_numpy().tolist() == [["Ç1", "陳大文 🏪", "08001"]]
    assert gated.frame["feature_x"].tolist() == [2.0]


def test_stage_events_of_one_instant_keep_the_order_of_the_source() -> None:
    """Equal instants are not reordered by stage."""
    gated = gate(
        "stage_events",
        "opportunity_id,stage,entered_at\nO2,z,1999-12-01\nO1,z,1999-12-01\nO1,a,1999-12-01\nO1,m,1999-11-30\n",
    )
    assert gated.frame["stage"].tolist() == ["m", "z", "a", "z"]


@pytest.mark.parametrize(
    ("value", "text"), [(None, "(empty)"), (float("nan"), "(empty)"), ("a\n b", "a b"), (("a", "b"), "a|b")]
)
def test_cells_are_shown_on_one_short_line(value: object, text: str) -> None:
    """Empty cells have a word, line breaks go, long texts are cut at 80 characters."""
    assert shorten(value) == text
    assert shorten("x" * 100) == "x" * 77 + "..."


def test_a_finding_shows_five_rows_at_most_and_the_total() -> None:
    """Seven bad rows: the message names file, column and total, the examples the first five."""
    rows = "".join(f"C{n},bad,2.1\n" for n in range(1, 8))
    fault = gate("customers", "customer_id,latitude,longitude\n" + rows).faults[0]
    shown = finding(fault, table="customers", label="customers.csv")
    assert shown.message == "customers.csv: latitude (7 rows): not a number"
    assert shown.examples == tuple(f"row {n}: bad" for n in range(1, 6))
    assert len(fault_rows(fault, "customers")) == 7


def test_areas_as_text_must_be_polygons() -> None:
    """A polygon in WKT stays, also without a name; a point and words are rejected; an empty cell is missing."""
    gated = gate(
        "areas",
        "key,name,geometry\n"
        '1,,"POLYGON ((0 0, 1 0, 1 1, 0 0))"\n2,b,POINT (1 1)\n3,c,nonsense\n4,d,\n5,e,POLYGON EMPTY\n',
    )
    assert faults(gated) == [
        ("geometry", "missing value", "reject", [4]),
        ("geometry", "wrong type", "reject", [2, 3, 5]),
    ]
    assert gated.frame["name"].tolist() == ["1"]


def test_rows_set_aside_say_who_they_are() -> None:
    """The id of the row, also where another cell is at fault; none where the row cannot be read."""
    gated = gate("customers", "customer_id,latitude,longitude\nC1,north,2.1\nC2,41.4,2.1\n,41.4,2.1\nC2,41.4,2.1\n")
    aside = fault_frame({"customers": gated}, emptied=False)
    assert aside[["row", "column", "id"]].to_numpy().tolist() == [
        [3, "customer_id", "(empty)"],
        [1, "latitude", "C1"],
        [4, "customer_id", "C2"],
    ]
    broken = gate("transactions", "customer_id,date,amount_eur\nC1,17.12.1999,5\nC2,17.12.1999,5,9\n")
    assert fault_frame({"transactions": broken}, emptied=False)["id"].tolist() == [""]
