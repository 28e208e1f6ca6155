import numpy as np
import pandas as pd
import pytest

from benchmarks.closure.cases import cohort_of, judged_history, read_log, train_history
from benchmarks.closure.probabilities import OURS, differences, figures, simple_models, summarise
from forecasting.metrics import auc


@pytest.fixture(scope="module")
def log(tmp_path_factory, write_log):
    return read_log(write_log(tmp_path_factory.mktemp("log")))


def test_cases_are_cut_as_the_terms_say(log) -> None:
    assert len(log.cases) == 270
    assert (log.train["q"] < "2011-12-05").all()
    assert (log.train["end"] < "2012-01-05").all()
    assert ((log.test["q"] >= "2012-01-05") & (log.test["q"] < "2012-02-08")).all()
    assert set(log.cases["outcome"]) == {"A_APPROVED", "A_DECLINED"}


def test_rows_are_open_cases_on_mondays_and_only_states_are_stages(log) -> None:
    train = train_history(log)
    test = judged_history(log, train.deals)
    moment = pd.DatetimeIndex(np.asarray(test.rows.landmark).astype("datetime64[s]"))
    assert (moment.day_of_week == 0).all()
    assert (moment.hour == 0).all()
    assert (test.deals.terminal[test.rows.deal] > test.rows.landmark).all()
    assert (np.asarray(test.created) < test.rows.landmark).all()
    assert train.deals.stages == ("A_PREACCEPTED", "A_SUBMITTED", "O_SENT", "(unknown stage)")
    assert train.deals.touches.kinds == ("W_CALL",)
    assert test.deals.stages == train.deals.stages
    assert set(cohort_of(test)) <= {0, 1, 2}


def test_figures_and_differences_are_those_of_the_measures(log) -> None:
    train = train_history(log)
    test = judged_history(log, train.deals)
    found = simple_models(train, test)
    assert set(found) == {"last stage", "stage + dwell logistic, isotonic"}
    p = found["last stage"]
    row = figures("last stage", p, test, draws=20, seed=1)
    assert row["auc"] == auc(p, test.rows.won)
    assert row["auc_low"] <= row["auc"] <= row["auc_high"]
    assert row["max_cohort_bias_pp"] >= abs(row["bias_pp"]) - 1e-9
    same = list(differences({OURS: p, "last stage": p}, test, draws=10, seed=1))
    assert [each["low"] for each in same] == [0.0, 0.0]
    summary = summarise([row | {"model": OURS}, *same])
    assert summary["auc"] == row["auc"]
    assert summary["last_stage.auc_gain_low"] == 0.0
