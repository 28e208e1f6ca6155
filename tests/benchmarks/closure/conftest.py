import numpy as np
import pandas as pd
import pytest

from benchmarks.closure.cases import CASES, EVENTS


@pytest.fixture(scope="session")
def write_log():
    """A writer of a log in the format of the public one, of other cases."""

    def write(folder, seed: int = 0, count: int = 300):
        """Cases from October to February: qualified, offered, then won or lost; every tenth is never decided."""
        rng = np.random.default_rng(seed)
        begin = pd.Timestamp("2011-10-01")
        rows, cases = [], []
        for case in range(count):
            q = begin + pd.Timedelta(days=float(rng.uniform(0, 125)))
            cases.append((case, int(rng.integers(1, 40)) * 500, q - pd.Timedelta(hours=2)))
            good = rng.random() < 0.5
            path = [("A_SUBMITTED", -0.1), ("A_PREACCEPTED", 0.0), ("W_CALL", 0.5)]
            path += [("O_SENT", 2.0)] if good else []
            if case % 10:
                path.append(("A_APPROVED" if good == (rng.random() < 0.8) else "A_DECLINED", float(rng.uniform(4, 30))))
            rows += [(case, name, "COMPLETE", q + pd.Timedelta(days=day)) for name, day in path]
        events = pd.DataFrame(rows, columns=["case_id", "activity", "lifecycle", "timestamp"])
        events["idx"] = events.groupby("case_id").cumcount()
        events.astype({"activity": "category", "lifecycle": "category"}).to_parquet(folder / EVENTS)
        pd.DataFrame(cases, columns=["case_id", "amount_requested", "registered"]).to_parquet(folder / CASES)
        return folder

    return write
