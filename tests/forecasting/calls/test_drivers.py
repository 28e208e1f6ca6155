"""Known-future drivers: what was known when, and nothing of what was not."""

import numpy as np
import pandas as pd
import pytest

from forecasting.calls.drivers import driver_values

DAYS = np.arange(np.datetime64("2024-06-01"), np.datetime64("2024-06-11"))


def rows(*entries: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(entries, columns=["date", "name", "value", "queue", "known_from"])
    return frame.astype({"date": "datetime64[us]", "known_from": "datetime64[us]"})


def values(frame: pd.DataFrame, origin: str) -> tuple[np.ndarray, tuple[str, ...]]:
    return driver_values(frame, queues=("a", "b"), days=DAYS, origin=np.datetime64(origin))


def test_a_value_counts_from_the_day_it_was_known():
    """A mailing on the 8th, known from the 5th: absent on the 4th, there on the 5th, only in its queue."""
    frame = rows(("2024-06-08", "mailing", 4.0, "a", "2024-06-05"), ("2024-06-02", "mailing", 8.0, "a", "2024-05-20"))
    before, names = values(frame, "2024-06-04")
    assert names == ("mailing",)
    assert before[0, :, 0].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    after, _ = values(frame, "2024-06-05")
    assert after[0, 7, 0] == pytest.approx(0.5)
    assert after[1].sum() == 0


def test_the_latest_vintage_known_wins_and_later_ones_change_nothing():
    """2 was known on the 1st, 6 on the 3rd, 100 on the 9th: at the 4th it is 6, whatever the 100 becomes."""
    vintages = [("2024-06-08", "rain", v, None, k) for v, k in ((2.0, "2024-06-01"), (6.0, "2024-06-03"))]
    scale = ("2024-06-01", "rain", 12.0, "*", "2024-06-01")
    for later in (100.0, -5.0):
        known, _ = values(rows(scale, *vintages, ("2024-06-08", "rain", later, None, "2024-06-09")), "2024-06-04")
        assert known[:, 7, 0].tolist() == [0.5, 0.5]


def test_no_rows_no_columns():
    """Nothing, an empty table, and rows that are not known yet give no driver."""
    for frame in (None, rows(), rows(("2024-06-08", "x", 1.0, "a", "2024-06-08"))):
        block, names = values(frame, "2024-06-05") if frame is not None else driver_values(
            None, queues=("a", "b"), days=DAYS, origin=np.datetime64("2024-06-05")
        )  # fmt: skip
        assert names == ()
        assert block.shape == (2, 10, 0)
