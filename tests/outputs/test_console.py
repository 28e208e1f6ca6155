"""A run as text: what borders and even weeks changed stands between the figures and the folder."""

from pathlib import Path
from typing import Any

import pandas as pd

from outputs.console import run_text
from outputs.run import Run

WAYS = """\
way,value_eur,visits,border_visits,beyond_share_hours,team_hours,longest_hours,shortest_hours
own territories,1000.0,20,0,2.0,75.0,30.0,20.0
border visits,1012.25,21,3,2.5,75.0,31.0,20.0
"""


def run(folder: Path) -> Run:
    outcome: dict[str, Any] = {
        "stage": "routing", "reason": "step_limit", "value": 1012.25, "bound": None, "gap_pct": None, "unit": "EUR",
        "seconds": 1.0, "method": "searched", "notes": (),
    }  # fmt: skip
    return Run(
        folder=folder, exit_code=0, flags=(), kpis=pd.DataFrame({"kpi": ["visits"], "value": [21.0]}),
        outcomes=pd.DataFrame([outcome]), findings=pd.DataFrame(),
        stages=pd.DataFrame({"stage": ["routing"], "seconds": [1.0]}), report=None, reused=False,
    )  # fmt: skip


def test_what_borders_bring_is_told_after_the_figures(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "routing_ways.csv").write_text(WAYS, encoding="utf-8")
    text = run_text(run(tmp_path))
    assert "\n\nroutes\n  3 visits by a neighbour bring 12 eur; 1 visit more in all.\n\nrun: " in text
    assert text.index("figures\n") < text.index("routes\n")


def test_without_them_and_in_a_run_made_before_there_is_no_word(tmp_path: Path) -> None:
    assert "\nroutes\n" not in run_text(run(tmp_path))
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "routing_ways.csv").write_text(WAYS.splitlines()[0] + "\n", encoding="utf-8")
    assert "\nroutes\n" not in run_text(run(tmp_path))
