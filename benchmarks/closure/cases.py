"""The log of a loan process (BPI Challenge 2012, times in UTC) as deals: cases, terms of training and test, rows.

A case is an application that reaches A_PREACCEPTED (moment q). Its end is the first of A_APPROVED, A_REGISTERED,
A_ACTIVATED (won) or A_DECLINED, A_CANCELLED (lost); it and the 5 seconds before it are cut off. Cases undecided at the
log's end are left out. Train: q before 2011-12-05 and decided before 2012-01-05. Test: q from 2012-01-05 until before
2012-02-08. Rows: every Monday 00:00 at which a case is open. Stages are the A_ and O_ events; W_ events are work items.

A log of other cases can be given by `--instances`: a folder with the two files of the same names.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from forecasting.closure.landmarks import Rows, join, observe
from forecasting.closure.load import Deals, read_deals
from forecasting.closure.models import History, describe

EVENTS, CASES = "bpic2012_events.parquet", "bpic2012_cases.parquet"
WON = ("A_APPROVED", "A_REGISTERED", "A_ACTIVATED")
LOST = ("A_DECLINED", "A_CANCELLED")
QUALIFIED = "A_PREACCEPTED"
TRAIN_BEFORE, DECIDED_BEFORE = pd.Timestamp("2011-12-05"), pd.Timestamp("2012-01-05")
TEST_FROM, TEST_BEFORE = pd.Timestamp("2012-01-05"), pd.Timestamp("2012-02-08")
TEST_MONDAYS = pd.date_range("2012-01-09", "2012-03-19", freq="7D")
COHORTS = (pd.Timestamp("2012-01-16"), pd.Timestamp("2012-02-01"))
"""Test cohorts by q: before the first, between the two, from the second on."""
EVER_DAYS = 36_500


@dataclass(frozen=True)
class Log:
    """cases: by case_id: q, end, won, amount, of those decided in the log. undecided: the same of the others, whose end
    is not known. events: of all of them, in order.
    """

    cases: pd.DataFrame
    undecided: pd.DataFrame
    events: pd.DataFrame

    @property
    def train(self) -> pd.DataFrame:
        """The cases that may teach."""
        return self.cases[(self.cases["q"] < TRAIN_BEFORE) & (self.cases["end"] < DECIDED_BEFORE)]

    @property
    def test(self) -> pd.DataFrame:
        """The cases that are judged."""
        return self.cases[(self.cases["q"] >= TEST_FROM) & (self.cases["q"] < TEST_BEFORE)]

    @property
    def begun(self) -> pd.DataFrame:
        """All cases that had been qualified when the test begins, decided or not, now or ever."""
        everything = pd.concat([self.cases, self.undecided])
        return everything[everything["q"] < DECIDED_BEFORE]


def read_log(folder: Path) -> Log:
    """Reads and cuts the log."""
    events = pd.read_parquet(folder / EVENTS)
    events["activity"] = events["activity"].astype("str")
    events["lifecycle"] = events["lifecycle"].astype("str")
    events = events.sort_values(["case_id", "timestamp", "idx"], kind="stable")
    q = events[events["activity"] == QUALIFIED].groupby("case_id")["timestamp"].min()
    ends = events[events["activity"].isin([*WON, *LOST])].groupby("case_id").first()
    cases = pd.DataFrame({"q": q}).join(ends[["timestamp", "activity"]], how="left")
    cases = cases.rename(columns={"timestamp": "end", "activity": "outcome"})
    amount = pd.read_parquet(folder / CASES).set_index("case_id")["amount_requested"]
    cases["amount"] = amount.reindex(cases.index).astype("float64")
    cases["won"] = cases["outcome"].isin(WON)
    decided = cases["end"].notna()
    return Log(cases[decided], cases[~decided], events[events["case_id"].isin(cases.index)])


def deals_of(log: Log, cases: pd.DataFrame, *, as_of: date) -> Deals:
    """These cases as the product reads deals: events that complete a work item are touches."""
    events = log.events[log.events["case_id"].isin(cases.index)]
    name = events["activity"]
    deal = events["case_id"].astype("str")
    is_work = name.str.startswith("W_")
    stage = name.where(~name.isin(WON), "won").where(~name.isin(LOST), "lost")
    stages = pd.DataFrame({"opportunity_id": deal, "stage": stage, "entered_at": events["timestamp"]})[~is_work]
    worked = is_work & (events["lifecycle"] == "COMPLETE")
    touches = pd.DataFrame({"opportunity_id": deal, "activity": name, "at": events["timestamp"]})[worked]
    opportunities = pd.DataFrame(
        {
            "opportunity_id": cases.index.astype("str"),
            "customer_id": cases.index.astype("str"),
            "created_at": cases["q"].to_numpy(),
            "amount_eur": cases["amount"].to_numpy(),
        }
    )
    return read_deals(opportunities, stages, start_stages=[], as_of=as_of, activities=touches)


def rows_at(deals: Deals, moments: pd.DatetimeIndex) -> Rows:
    """The deals open at each moment, won meaning won at last."""
    return join([observe(deals, int(each.timestamp()), horizon_days=EVER_DAYS)[0] for each in moments])


def train_history(log: Log) -> History:
    """Train cases at every Monday; all labels are known by the day before the test begins."""
    deals = deals_of(log, log.train, as_of=(DECIDED_BEFORE - pd.Timedelta(days=1)).date()).with_unknown_stage()
    return describe(deals, rows_at(deals, train_mondays(log)), horizon_days=None)


def known_history(log: Log, like: Deals) -> History:
    """Every case begun when the test begins, at every Monday, as it was known then: what is open then has no outcome.

    Coded as the train deals were. These rows teach nothing to the models of the terms above; they tell the level of
    the latest weeks, and all of them teach the model that stands beside.
    """
    as_of = (DECIDED_BEFORE - pd.Timedelta(days=1)).date()
    deals = deals_of(log, log.begun, as_of=as_of).coded_as(like.stages, np.asarray(like.rank))
    return describe(deals, rows_at(deals, train_mondays(log)), horizon_days=None)


def train_mondays(log: Log) -> pd.DatetimeIndex:
    """Mondays 00:00 from the first train case until the test begins."""
    first = log.train["q"].min().normalize()
    return pd.date_range(first - pd.Timedelta(days=first.day_of_week), DECIDED_BEFORE, freq="7D")


def judged_history(log: Log, like: Deals) -> History:
    """Test cases at every Monday of the test, coded as the train deals were."""
    deals = deals_of(log, log.test, as_of=log.cases["end"].max().date()).coded_as(like.stages, np.asarray(like.rank))
    return describe(deals, rows_at(deals, TEST_MONDAYS), horizon_days=None)


def cohort_of(history: History) -> np.ndarray:
    """(R,) cohort 0, 1 or 2 of each row by its case's q."""
    q = np.asarray(history.created).astype("datetime64[s]")
    cuts = np.array([np.datetime64(each, "s") for each in COHORTS])
    return np.asarray(np.searchsorted(cuts, q, side="right"))
