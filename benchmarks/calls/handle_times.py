"""Handle time on the raw log: trained on its first fortnight, tested on the second, as the protocol has it.

Cells are queue x day x hour with answered inbound calls (outbound call-backs are no demand), weighted by their calls:
cell error = sum of calls x |forecast - mean| / sum of calls x mean. Bias is that of the whole workload. Beside the
forecast of the whole fortnight (the figure of the summary) stands one that is made anew each evening.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.calls.series import OUTBOUND
from benchmarks.frame import Row
from forecasting.calls.handle import mean_handle_times

LAST_TRAINING_DAY = date(1999, 2, 14)
TEST_DAYS = 14


def read_log(path: Path) -> pd.DataFrame:
    """Answered inbound calls: queue, arrived_at, handle_seconds > 0."""
    log = pd.read_csv(path)
    log = log[(log["outcome"] == "AGENT") & (log["ser_time"] > 0) & (log["type"] != OUTBOUND)]
    day = pd.to_datetime(log["date"].astype(str), format="%y%m%d")
    columns = {"queue": log["type"].astype("str"), "arrived_at": day + pd.to_timedelta(log["vru_entry"])}
    return pd.DataFrame({**columns, "handle_seconds": log["ser_time"].astype(float)}).reset_index(drop=True)


def measure_handle_times(path: Path) -> Iterator[Row]:
    """Rows: our forecast once and each evening, the queue's mean, the queue's median."""
    log = read_log(path)
    first = pd.Timestamp(LAST_TRAINING_DAY) + pd.Timedelta(days=1)
    train, test = log[log["arrived_at"] < first], log[log["arrived_at"] >= first]
    queues = tuple(sorted(log["queue"].unique()))
    hour = test["arrived_at"].dt.hour.to_numpy()
    row = pd.Index(queues).get_indexer(pd.Index(test["queue"]))
    once = mean_handle_times(train, queues=queues, as_of=LAST_TRAINING_DAY).seconds[row, hour]
    daily = np.zeros(len(test))
    for step in range(TEST_DAYS):
        evening = LAST_TRAINING_DAY + timedelta(days=step)
        seconds = mean_handle_times(log, queues=queues, as_of=evening).seconds
        mine = (test["arrived_at"].dt.normalize() == pd.Timestamp(evening) + pd.Timedelta(days=1)).to_numpy()
        daily[mine] = seconds[row[mine], hour[mine]]
    by_queue = train.groupby("queue")["handle_seconds"]
    for method, said in (
        ("ours", once),
        ("ours, each evening", daily),
        ("mean of the queue", test["queue"].map(by_queue.mean()).to_numpy()),
        ("median of the queue", test["queue"].map(by_queue.median()).to_numpy()),
    ):
        yield {"measure": "handle time", "series": "technion_feb", "method": method, **_errors(test, said)}


def _errors(test: pd.DataFrame, said: np.ndarray) -> dict[str, float]:
    cells = test.assign(said=said, day=test["arrived_at"].dt.normalize(), hour=test["arrived_at"].dt.hour)
    mean = cells.groupby(["queue", "day", "hour"])[["said", "handle_seconds"]].sum()
    missed = (mean["said"] - mean["handle_seconds"]).abs().sum()
    work = mean["handle_seconds"].sum()
    return {"cell_error_pct": 100 * missed / work, "workload_bias_pct": 100 * (mean["said"].sum() / work - 1)}
