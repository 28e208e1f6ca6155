import numpy as np
import pandas as pd
import pytest

from inputs.rows import groups, rows

FRAME = pd.DataFrame(
    {
        "text": pd.Series(["a", None, "", "ü"], dtype="str"),
        "at": pd.to_datetime(["2024-03-04 09:30", None, "2024-03-05 10:00", "2024-03-06 11:15"]).astype(
            "datetime64[us]"
        ),
        "long": pd.to_timedelta([1, 2, None, 4], unit="h"),
        "real": [1.5, np.nan, np.inf, -0.0],
        "whole": np.array([1, 2, 3, 2**62]),
        "yes": [True, False, True, True],
        "maybe": pd.array([1, None, 3, 4], dtype="Int64"),
        "kind": pd.Categorical(["x", "y", None, "x"]),
        "spans": pd.Series([((1, 2),), (), ((3, 4), (5, 6)), None], dtype=object),
        "not a name": [1, 2, 3, 4],
        "class": [1, 2, 3, 4],
    }
).set_axis([7, 3, 5, 1])


def test_rows_are_those_of_itertuples():
    """Cells, their types, names and the index, for every kind of column; names that cannot be are numbered."""
    fast, plain = list(rows(FRAME)), list(FRAME.itertuples())
    assert [repr(tuple(row)) for row in fast] == [repr(tuple(row)) for row in plain]
    assert [[type(cell) for cell in row] for row in fast] == [[type(cell) for cell in row] for row in plain]
    assert [row._fields for row in fast] == [row._fields for row in plain]
    assert (fast[0].text, fast[0].yes, fast[3].whole, fast[1].Index) == ("a", True, 2**62, 3)


@pytest.mark.parametrize("frame", [FRAME.iloc[:0], pd.DataFrame(), pd.DataFrame(index=[1, 2])])
def test_nothing_is_as_much_as_itertuples_finds(frame):
    assert [tuple(row) for row in rows(frame)] == [tuple(row) for row in frame.itertuples()]


def test_two_columns_of_one_name_stay_two():
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert [tuple(row) for row in rows(frame)] == [(0, 1, 2)]


def test_groups_come_by_key():
    assert [(key, part["whole"].tolist()) for key, part in groups(FRAME, "yes")] == [
        (False, [2]),
        (True, [1, 3, 2**62]),
    ]
