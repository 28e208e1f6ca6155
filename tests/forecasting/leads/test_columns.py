import numpy as np
import pandas as pd

from forecasting.leads.columns import read_columns


def history(**columns) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    return pd.DataFrame(
        {"lead_id": [f"L{i}" for i in range(rows)], "converted": [i % 2 for i in range(rows)], **columns}
    )


def fresh(**columns) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    return pd.DataFrame({"lead_id": [f"F{i}" for i in range(rows)], **columns})


def test_the_date_of_creation_goes_before_a_running_number() -> None:
    past = history(n=[1, 2, 3, 4], created_at=pd.to_datetime(["2026-01-04", "2026-01-01", None, "2026-01-02"]))
    columns = read_columns(fresh(n=[5]), past)
    assert columns.order == "created_at"
    # Unknown dates come first: the holdout is then made of leads whose date is known.
    assert columns.converted.tolist() == [False, True, True, False]


def test_a_running_number_is_known_by_its_counting_on() -> None:
    past = history(size=[7, 9, 8, 1], n=[14, 11, 13, 12])
    columns = read_columns(fresh(size=[6, 30], n=[15, 16]), past)
    assert columns.order == "n"
    assert columns.past["size"].tolist() == [9.0, 1.0, 8.0, 7.0]
    assert columns.converted.tolist() == [True, True, False, False]
    assert columns.aside == {"n": "the order in time"}


def test_without_date_and_number_the_rows_are_the_order() -> None:
    columns = read_columns(fresh(a=[0.5]), history(a=[0.5, 0.1, 0.9]))
    assert columns.order == "row order"
    assert columns.past["a"].tolist() == [0.5, 0.1, 0.9]


def test_names_free_text_and_constants_are_set_aside_with_a_reason() -> None:
    rows = 40
    past = history(
        mail=[f"{i}@x" for i in range(rows)],
        same=["a"] * rows,
        empty=[np.nan] * rows,
        sometimes=["a", None, "a", " "] * 10,
        kind=["a", "b"] * 20,
    )
    columns = read_columns(fresh(mail=["0@x"], same=["b"], empty=[1.0], sometimes=["a"], kind=[" b "]), past)
    assert columns.aside == {"mail": "names the lead or is free text", "same": "constant", "empty": "constant"}
    assert list(columns.past.columns) == ["sometimes", "kind"]
    assert columns.past["sometimes"].isna().tolist() == [False, True] * 20
    assert columns.fresh["kind"].tolist() == ["b"]


def test_values_the_history_does_not_know_are_missing_and_types_follow_the_history() -> None:
    past = history(kind=["a", "b", "a"], size=[1.0, 2.0, 3.0], yes=[True, False, True])
    columns = read_columns(fresh(kind=["c", "b"], size=["2", "big"], yes=[True, False]), past)
    assert columns.fresh["kind"].isna().tolist() == [True, False]
    assert columns.fresh["size"].tolist()[0] == 2.0
    assert np.isnan(columns.fresh["size"].tolist()[1])
    assert columns.fresh["yes"].tolist() == [1.0, 0.0]


def test_rows_without_an_outcome_are_left_out_and_absent_columns_named() -> None:
    past = history(a=[1.0, 2.0, 3.0], b=[1, 2, 3])
    past["converted"] = [1.0, np.nan, 0.0]
    columns = read_columns(fresh(a=[1.0]), past)
    assert columns.converted.tolist() == [True, False]
    assert columns.absent == ("b",)
