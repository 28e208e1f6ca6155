"""Kept trees: read back as they were, refused by name where a file was changed, never handed on half."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from forecasting.calls.direct import DirectModel, Effort
from forecasting.calls.history import make_days, read_history
from forecasting.calls.known import Known, join, make_known
from forecasting.calls.store import MANIFEST, Damaged, load_trees, model_key, save_trees


@pytest.fixture(scope="module")
def model() -> DirectModel:
    import lightgbm

    x = np.arange(200.0)[:, None]
    data = lightgbm.Dataset(x, x[:, 0], params={"verbosity": -1})
    return DirectModel(tuple(lightgbm.train({"verbosity": -1, "num_threads": 1, "seed": s}, data, 3) for s in (1, 2)))


def test_trees_come_back_as_they_were(model: DirectModel, tmp_path: Path):
    """Predictions are equal to the bit; fewer trees saved on top leave no file of the earlier ones."""
    save_trees(model, tmp_path, key="k")
    again = load_trees(tmp_path, key="k")
    x = np.linspace(0, 200, 50)[:, None]
    for old, new in zip(model.boosters, again.boosters, strict=True):
        assert new.predict(x).tobytes() == old.predict(x).tobytes()
    save_trees(DirectModel(model.boosters[:1]), tmp_path, key="k")
    assert sorted(path.name for path in tmp_path.iterdir()) == [MANIFEST, "trees-1.txt"]


def test_nothing_kept_or_made_from_other_data_is_no_model(model: DirectModel, tmp_path: Path):
    """An empty folder, and another key."""
    assert load_trees(tmp_path, key="k") is None
    save_trees(model, tmp_path, key="k")
    assert load_trees(tmp_path, key="other") is None


@pytest.mark.parametrize("what", ["half", "missing", "manifest"])
def test_a_damaged_file_is_named_and_not_loaded(what: str, model: DirectModel, tmp_path: Path):
    """A file cut in half, one that is gone, and a manifest of garbage."""
    save_trees(model, tmp_path, key="k")
    file = tmp_path / "trees-2.txt"
    if what == "half":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif what == "missing":
        file.unlink()
    else:
        (tmp_path / MANIFEST).write_text(json.dumps({"key": 3}))
    with pytest.raises(Damaged, match="manifest.json" if what == "manifest" else "trees-2.txt"):
        load_trees(tmp_path, key="k")


def test_the_key_changes_with_counts_seed_and_effort(make_demand):
    """One call more, another seed, more trees: three other keys."""

    def known(calls: float) -> Known:
        calendar = {"interval_minutes": 60, "opening_hours": {}, "country": None}
        demand = make_demand(14, lambda weekday, slot: np.ones(len(slot)))
        demand.loc[5, "calls"] = calls
        history = read_history(demand, as_of=date(2024, 6, 30), **calendar)
        return make_known(history, join(history.days, make_days(date(2024, 7, 1), 7, **calendar)), None)

    few = Effort(bags=1)
    one, two = known(1.0), known(2.0)
    asked = [(one, 1, few), (two, 1, few), (one, 2, few), (one, 1, Effort(bags=2))]
    keys = [model_key(data, seed=seed, effort=effort) for data, seed, effort in asked]
    assert len(set(keys)) == 4
    assert keys[0] == model_key(known(1.0), seed=1, effort=few)
