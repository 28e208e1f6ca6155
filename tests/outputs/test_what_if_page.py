"""The wishes to the routes that docs/what_if.md shows are ones that a scenario takes."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from scenarios.schema import NextBestAction, Reps, Territories

PAGE = Path(__file__).parents[2] / "docs" / "what_if.md"


def test_the_example_of_longer_days_is_taken_key_by_key() -> None:
    """5 % of the visits, 45 minutes a day, 20 eur an hour beyond the share, 2 % a day."""
    blocks = [YAML(typ="safe").load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.S)]
    (block,) = [block for block in blocks if "overtime" in block.get("reps", {})]
    borders, reps = Territories(**block["territories"]).borders, Reps(**block["reps"])
    assert borders is not None
    assert (borders.max_visits_pct, borders.eur_per_visit, borders.neighbours) == (5, 5, 1)
    assert reps.overtime is not None
    assert reps.balance is not None
    assert (reps.overtime.eur_per_hour, reps.overtime.max_minutes_per_day) == (45, 45)
    assert reps.balance.eur_per_hour == 20
    assert NextBestAction(**block["next_best_action"]).waiting_pct_per_day == 2
    assert set(block) == {"extends", "name", "territories", "reps", "next_best_action"}
