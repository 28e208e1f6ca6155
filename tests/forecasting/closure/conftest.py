import numpy as np
import pandas as pd
import pytest

from forecasting.closure.landmarks import DAY
from forecasting.closure.sequences import Deals


@pytest.fixture
def deals_of():
    """A maker of deals from (created, terminal, won) and their events' seconds, all of stage 0, known to day 100."""

    def make(spans: list[tuple[int, int, bool]], events: list[list[int]]) -> Deals:
        counts = [len(each) for each in events]
        return Deals(
            table=pd.DataFrame({"strict": [True] * len(spans)}),
            created=np.array([s[0] for s in spans], dtype=np.int64),
            terminal=np.array([s[1] for s in spans], dtype=np.int64),
            won=np.array([s[2] for s in spans], dtype=bool),
            first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            stage=np.zeros(sum(counts), dtype=np.int64),
            entered=np.array([at for each in events for at in each], dtype=np.int64),
            stages=("s", "t", "u"),
            left_out=pd.DataFrame(),
            end=100 * DAY,
        )

    return make
