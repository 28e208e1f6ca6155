import numpy as np
import pytest

import benchmarks.closure.chains as chains
import benchmarks.closure.probabilities as probabilities
import benchmarks.closure.scoring as scoring
from benchmarks.closure import BENCHMARK, summarise
from benchmarks.frame import Options, whole_summary
from forecasting.metrics import auc


def test_sequences_look_like_those_of_a_crm() -> None:
    flat, lengths = chains.crm_sequences(2000, 1)
    assert lengths.sum() == len(flat)
    assert 4 < lengths.mean() < 12
    assert flat.max() == chains.STAGES + 1
    ends = flat[np.cumsum(lengths) - 1]
    assert 0.05 < (ends < chains.STAGES).mean() < 0.6  # deals that are still open
    again, _ = chains.crm_sequences(2000, 1)
    assert np.array_equal(flat, again)


def test_the_chains_are_compared_on_the_same_sequences() -> None:
    rows = list(chains.measure(300, 200, 3))
    ours, theirs = rows
    assert ours["prefixes"] < ours["rows"] * 24
    assert theirs["rows"] == 200
    assert theirs["difference"] < 1e-6
    assert chains.summarise(rows)["hmm_loglik_diff"] == theirs["difference"]


def test_expected_auc_is_that_of_outcomes_drawn_from_the_truth() -> None:
    rng = np.random.default_rng(0)
    truth = np.round(rng.random(4000), 1)
    won = rng.random(4000) < truth
    score = truth + rng.normal(0, 0.2, 4000)
    assert scoring.expected_auc(score, truth) == pytest.approx(auc(score, won), abs=0.015)
    assert scoring.expected_auc(np.zeros(50), truth[:50]) == pytest.approx(0.5)
    assert np.isnan(scoring.expected_auc(score[:3], np.ones(3)))


def test_planted_calibration_error_by_hand() -> None:
    assert scoring.planted_ece(np.array([0.1, 0.1, 0.9, 0.9]), np.array([0.2, 0.2, 0.7, 0.7]), bins=2) == pytest.approx(
        0.15
    )


def test_every_key_is_declared_once_and_parts_keep_to_their_rows() -> None:
    assert len(set(BENCHMARK.summary_keys)) == len(BENCHMARK.summary_keys)
    rows = [
        {"part": "chains", "model": "prefix tree", "rows": 100_000, "seconds": 0.2, "prefixes": 9},
        {"part": "scoring", "model": "batch", "rows": 100_000, "seconds": 5.0},
        {
            "part": "scoring",
            "model": "company 1",
            "auc": 0.7,
            "ece": 0.01,
            "truth_auc": 0.72,
            "bias_pp": 1,
            "seconds": 2,
        },
    ]
    found = whole_summary(BENCHMARK, rows)
    assert found["hmm_100k_seconds"] == 0.2
    assert found["score_100k_seconds"] == 5.0
    assert found["planted_auc"] == 0.7
    assert found["auc"] is None
    assert summarise([]) == {}


def test_cells_need_the_log_only_for_its_own_part(tmp_path) -> None:
    options = Options(data=tmp_path, size="quick", seed=1)
    keys = [cell.key for cell in BENCHMARK.cells(options)]
    parts = {key.split()[0] for key in keys}
    assert "probabilities" not in parts
    assert {"chains", "scoring", "actions", "founding"} <= parts
    assert [path.name for path in BENCHMARK.inputs(options)] == ["crm"]


@pytest.mark.slow
def test_a_log_of_other_cases_is_measured_from_end_to_end(tmp_path, write_log) -> None:
    write_log(tmp_path, count=1400)
    options = Options(data=tmp_path, instances=(tmp_path,), size="quick", seed=1, solutions=tmp_path / "out")
    rows = [{"part": "probabilities", **row} for _, run in probabilities.cells(options) for row in run()]
    found = whole_summary(BENCHMARK, rows)
    assert found["auc"] > found["base_rate.auc"] + 0.2
    assert found["auc_low"] <= found["auc"] <= found["auc_high"]
    assert found["pipeline_mape_pct"] > 0
    written = (tmp_path / "out" / "closure.csv").read_text().splitlines()
    assert len(written) == found["test_rows"] + 1
    assert written[0].startswith("case_id,at,won,amount,ours,")
