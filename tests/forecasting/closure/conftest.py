from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.closure.landmarks import DAY
from forecasting.closure.load import Deals

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="session")
def deals_of():
    """A maker of deals from (created, terminal, won) and their events' seconds, all of stage 0, known to day 100."""

    def make(spans: list[tuple[int, int, bool]], events: list[list[int]], amounts: list[float] | None = None) -> Deals:
        counts = [len(each) for each in events]
        names = [f"D{number:04d}" for number in range(len(spans))]
        return Deals(
            table=pd.DataFrame(
                {
                    "opportunity_id": pd.Series(names, dtype="str"),
                    "customer_id": pd.Series(["C"] * len(spans), dtype="str"),
                    "amount_eur": np.full(len(spans), np.nan) if amounts is None else np.array(amounts, dtype=float),
                    "rep_probability": np.full(len(spans), np.nan),
                    "owner": pd.Series([""] * len(spans), dtype="str"),
                    "segment": pd.Series([""] * len(spans), dtype="str"),
                    "strict": [True] * len(spans),
                }
            ),
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


@pytest.fixture(scope="session")
def pipeline_tables():
    """A maker of opportunities and events: good deals go on to `offer` and win, bad ones linger and lose."""

    def make(deals: int, seed: int = 1):
        rng = np.random.default_rng(seed)
        end = pd.Timestamp(AS_OF)
        rows, created_at, ids = [], [], [f"O{number:05d}" for number in range(deals)]
        for name in ids:
            created = end - pd.Timedelta(days=float(rng.uniform(0, 200)))
            created_at.append(created)
            good = rng.random() < 0.4
            at = created
            for stage in ["lead", "talk", "offer"] if good else ["lead", "talk", "lead"]:
                rows.append((name, stage, at))
                at += pd.Timedelta(days=float(rng.exponential(5)))
            wins = rng.random() < (0.8 if good else 0.1)
            rows.append((name, "won" if wins else "lost", at + pd.Timedelta(days=float(rng.exponential(12)))))
        opportunities = pd.DataFrame(
            {
                "opportunity_id": pd.Series(ids, dtype="str"),
                "customer_id": pd.Series([f"C{i % 50}" for i in range(deals)], dtype="str"),
                "created_at": pd.Series(created_at).astype("datetime64[us]"),
                "amount_eur": np.where(np.arange(deals) % 10 == 0, np.nan, 500.0 * rng.integers(2, 40, deals)),
                "rep_probability_pct": rng.integers(20, 90, deals).astype(float),
                "owner_rep_id": pd.Series([f"R{i % 4}" for i in range(deals)], dtype="str"),
            }
        )
        events = pd.DataFrame(rows, columns=["opportunity_id", "stage", "entered_at"])
        events["entered_at"] = events["entered_at"].astype("datetime64[us]")
        events = events[events["entered_at"] < end + pd.Timedelta(days=1)]
        return opportunities, events.astype({"opportunity_id": "str", "stage": "str"}).reset_index(drop=True)

    return make


@pytest.fixture(scope="session")
def trained(pipeline_tables):
    """A small model of 900 deals with every candidate, its history, and the tables it was learned from."""
    from forecasting.closure.landmarks import take_censuses
    from forecasting.closure.load import read_deals
    from forecasting.closure.model import learn
    from forecasting.closure.models import MEAN, Care, describe

    opportunities, events = pipeline_tables(900)
    deals = read_deals(opportunities, events, start_stages=[], as_of=AS_OF).with_unknown_stage()
    history = describe(deals, take_censuses(deals, horizon_days=60), horizon_days=60)
    care = Care(tree_seeds=1, hazard_seeds=1, hazard_spans=8_000)
    model = learn(history, deals.end, chosen=MEAN, hidden_states=3, seed=3, care=care, folds=2)
    return model, history, opportunities, events
