import json
import shutil
import sys
import types
from datetime import date

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from outputs.cli import command_line
from outputs.closure_commands import periods_or_refuse, result_text, standing_alone
from outputs.closure_figures import closure_figures
from outputs.closure_pages import closure_pages
from scenarios.errors import UsageError


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    from inputs.synthetic import make_company, write_company

    company = make_company("small", customers=120, reps=2, agents=4, seed=11)
    return write_company(company, tmp_path_factory.mktemp("company") / "small")


def run(*words: str):
    return CliRunner().invoke(command_line(), [str(each) for each in words])


@pytest.fixture(scope="module")
def model(week, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "closure"
    trained = run("train", "closure", week, "--model", folder, "--json")
    assert trained.exit_code == 0, trained.output
    assert json.loads(trained.stdout)["observations"] > 0
    return folder


def test_a_model_is_trained_kept_and_scores_the_open_deals(week, model, tmp_path) -> None:
    shutil.copytree(model, tmp_path / "model")
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
    done = run(
        "evaluate", "closure", week, "--to", tmp_path / "review", "--periods", "quarter",
        "--set", "forecast.closure.fiscal_year_begins=7",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    written = {file.name for file in (tmp_path / "review").iterdir()}
    assert {"regimes.csv", "left_out.csv", "refused.csv", "quotas.csv", "quotas.svg", "quotas.png"} <= written
    for drawn in ("reliability", "periods", "lead_time", "pipeline", "strict_and_all"):
        assert {f"{drawn}.csv", f"{drawn}.svg", f"{drawn}.png"} <= written
    # The company's last quarter of decided deals is October to December 2025: the second of FY26 from July on.
    assert pd.read_csv(tmp_path / "review" / "periods.csv")["period"].iloc[-1] == "FY26 Q2"
    quotas = pd.read_csv(tmp_path / "review" / "quotas.csv")
    assert quotas["level"].iloc[0] == "all"
    assert quotas.loc[quotas["level"] == "rep", "expected_eur"].sum() == pytest.approx(quotas["expected_eur"].iloc[0])
    for file in (tmp_path / "review").glob("*.svg"):
        assert "<svg" in file.read_text()
    wrong = run("evaluate", "closure", week, "--periods", "week")
    assert wrong.exit_code == 2
    assert "no periods `week`" in wrong.stderr


def test_scores_leave_the_house_without_names(week, model, tmp_path) -> None:
    (tmp_path / "secret").write_text("long and random\n")
    asked = ("score", "closure", week, "--model", model, "--to", tmp_path / "s.csv")
    done = run(*asked, "--anonymous", tmp_path / "secret", "--cohorts", tmp_path / "c.csv", "--json")
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "s.csv")
    assert len(table) == json.loads(done.stdout)["deals"]
    assert table["customer_id"].str.fullmatch(r"[0-9a-f]{16}").all()
    assert "amount_eur" not in table
    assert (pd.read_csv(tmp_path / "c.csv")["customers"] >= 20).all()
    (tmp_path / "empty").write_text(" \n")
    for wrong, told in (("empty", "There is nothing in"), ("missing", "cannot be read")):
        refused = run(*asked, "--anonymous", tmp_path / wrong)
        assert refused.exit_code == 2
        assert told in " ".join(refused.stderr.split())


class Drawing:
    """Stands for plotly's figure: keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict] = []

    def add_scatter(self, **line) -> None:
        self.told.append(line)

    def update_layout(self, **layout) -> None:
        self.told.append(layout)

    def to_html(self, **asked) -> str:
        return json.dumps(self.told)


def test_pages_are_written_only_where_plotly_is_there(monkeypatch) -> None:
    """A line a column, each point with the whole row; of the quotas the reps' only."""
    said = pd.DataFrame({"said_pct": [10.0], "happened_pct": [12.0], "happened_low": [8.0], "happened_high": [15.0]})
    euros = {"expected_eur": [9.0, 4.0], "low_eur": [5.0, 2.0], "high_eur": [12.0, 7.0]}
    tables = {"reliability": said, "quotas": pd.DataFrame({"level": ["all", "rep"], "name": ["all", "R1"], **euros})}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert closure_pages(tables) == {}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "plotly", types.SimpleNamespace())
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", types.SimpleNamespace(Figure=Drawing))
    pages = closure_pages(tables | {"people": said.iloc[:0]})
    assert set(pages) == {"reliability", "quotas"}
    won, low, high, _ = json.loads(pages["reliability"])
    assert (won["x"], won["y"], low["y"], high["y"]) == ([10.0], [12.0], [8.0], [15.0])
    assert "happened_high: 15" in won["text"][0]
    assert [line["y"] for line in json.loads(pages["quotas"])[:3]] == [[4.0], [2.0], [7.0]]


def test_figures_are_drawn_for_what_has_rows() -> None:
    """The same tables give the same bytes, SVG in the page's ink, PNG; no rows, no figure."""
    said = {"said_pct": [10.0, 60.0], "happened_pct": [12.0, 55.0]}
    euros = {"low_eur": [1.0], "high_eur": [3.0], "expected_eur": [2.0], "won_eur": [2.5]}
    lead = {"from_days": [0.0, 3.0], "to_days": [3.0, np.inf], "auc": [0.9, 0.7], "rep_auc": [0.6, 0.6]}
    people = {
        "owner": [f"R{i}" for i in range(50)],
        "verdict": ["over-confident"] * 50,
        "bias_points": range(50, 0, -1),
    }
    who = ["trees (used)", "rep's number", "base rate"] * 2
    tables = {
        "reliability": pd.DataFrame(said | {"happened_low": [8.0, 50.0], "happened_high": [15.0, 61.0]}),
        "periods": pd.DataFrame({"period": ["FY24"], "actual_pct": [44.0], "model_pct": [35.0], "rep_pct": [np.nan]}),
        "lead_time": pd.DataFrame(lead | {"brier": [0.1, 0.2], "rep_brier": [0.2, 0.2], "skill": [0.4, -0.1]}),
        "pipeline": pd.DataFrame({"census": [pd.Timestamp(date(2026, 1, 5))], **euros}),
        "people": pd.DataFrame(people | {"bias_low": 0.0, "bias_high": 60.0}),
        "strict_and_all": pd.DataFrame({"regime": ["strict"] * 3 + ["all"] * 3, "who": who, "auc": 0.7, "brier": 0.2}),
        "quotas": pd.DataFrame(
            {"level": ["rep"], "name": ["R1"], "from_open_eur": [1.5], "from_new_eur": 0.5, **euros}
        ),
    }
    drawn = closure_figures(tables)
    assert set(drawn) == set(tables)
    assert closure_figures(tables) == drawn
    assert closure_figures({"periods": tables["periods"].iloc[:0]}) == {}
    for figure in drawn.values():
        assert figure.png.startswith(b"\x89PNG")
        assert "currentColor" in figure.svg
    assert "R0<" in drawn["people"].svg
    assert "R25<" not in drawn["people"].svg  # of 50, the 20 at either end
    assert standing_alone(drawn["periods"].svg).count('xmlns="http') == 1
    assert standing_alone('<svg xmlns="http://www.w3.org/2000/svg"></svg>\n').endswith("</svg>\n")


def test_results_are_told_line_by_line() -> None:
    assert result_text({"a": 1, "b": ["x", "y"], "notes": ["Note."]}) == "a: 1\nb: x, y\nNote."
    assert periods_or_refuse("year") == "year"
    with pytest.raises(UsageError, match="quarter"):
        periods_or_refuse("years")
