import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from outputs.cli import command_line
from outputs.closure_commands import periods_or_refuse, result_text, standing_alone
from outputs.closure_figures import closure_figures
from scenarios.errors import UsageError


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    from inputs.synthetic import make_company, write_company

    company = make_company("small", customers=120, reps=2, agents=4, seed=11)
    return write_company(company, tmp_path_factory.mktemp("company") / "small")


def run(*words: str):
    return CliRunner().invoke(command_line(), [str(each) for each in words])


def test_a_model_is_trained_kept_and_scores_the_open_deals(week, tmp_path) -> None:
    trained = run("train", "closure", week, "--model", tmp_path / "model", "--json")
    assert trained.exit_code == 0, trained.output
    assert json.loads(trained.stdout)["observations"] > 0
    scored = run("score", "closure", week, "--model", tmp_path / "model", "--to", tmp_path / "s.csv")
    assert scored.exit_code == 0, scored.output
    table = pd.read_csv(tmp_path / "s.csv")
    assert f"deals: {len(table)}" in scored.stdout
    assert table["win_probability"].between(0, 1).all()
    (tmp_path / "model" / "model.json").write_text("{}")
    refused = run("score", "closure", week, "--model", tmp_path / "model")
    assert refused.exit_code == 3
    assert "was changed" in refused.stderr


def test_a_review_writes_tables_and_figures(week, tmp_path) -> None:
    done = run("evaluate", "closure", week, "--to", tmp_path / "review", "--periods", "quarter")
    assert done.exit_code == 0, done.output
    written = {file.name for file in (tmp_path / "review").iterdir()}
    assert {"regimes.csv", "left_out.csv", "refused.csv"} <= written
    for file in (tmp_path / "review").glob("*.svg"):
        assert "<svg" in file.read_text()
    wrong = run("evaluate", "closure", week, "--periods", "week")
    assert wrong.exit_code == 2
    assert "no periods `week`" in wrong.stderr


def test_figures_are_drawn_for_what_has_rows() -> None:
    said = {"said_pct": [10.0, 60.0], "happened_pct": [12.0, 55.0]}
    euros = {"low_eur": [1.0], "high_eur": [3.0], "expected_eur": [2.0], "won_eur": [2.5]}
    tables = {
        "reliability": pd.DataFrame(said | {"happened_low": [8.0, 50.0], "happened_high": [15.0, 61.0]}),
        "periods": pd.DataFrame({"period": ["FY24"], "actual_pct": [44.0], "model_pct": [35.0], "rep_pct": [np.nan]}),
        "pipeline": pd.DataFrame({"census": [pd.Timestamp(date(2026, 1, 5))], **euros}),
        "people": pd.DataFrame({"owner": []}),
    }
    drawn = closure_figures(tables)
    assert set(drawn) == {"reliability", "periods", "pipeline"}
    assert closure_figures(tables) == drawn
    assert closure_figures({"periods": tables["periods"].iloc[:0]}) == {}
    assert standing_alone(drawn["periods"]).count('xmlns="http') == 1
    assert standing_alone('<svg xmlns="http://www.w3.org/2000/svg"></svg>\n').endswith("</svg>\n")


def test_results_are_told_line_by_line() -> None:
    assert result_text({"a": 1, "b": ["x", "y"], "notes": ["Note."]}) == "a: 1\nb: x, y\nNote."
    assert periods_or_refuse("year") == "year"
    with pytest.raises(UsageError, match="quarter"):
        periods_or_refuse("years")
