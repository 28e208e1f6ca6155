import json

import numpy as np
import pytest

from forecasting.closure.models import BASE, CANDIDATES
from forecasting.closure.store import load_model, save_model
from scenarios.errors import DataError


@pytest.fixture
def folder(tmp_path, trained):
    save_model(trained[0], tmp_path / "model")
    return tmp_path / "model"


def test_a_model_read_back_says_the_same_to_the_last_digit(folder, trained) -> None:
    model, history = trained[:2]
    again = load_model(folder)
    ours, theirs = model.probabilities(history), again.probabilities(history)
    assert set(ours) == set(theirs) == set(CANDIDATES)
    for name, p in ours.items():
        assert np.array_equal(p, theirs[name]), name
    assert (again.method, again.stages, again.end) == (model.method, model.stages, model.end)


def test_saving_twice_gives_the_same_bytes_and_leaves_nothing_of_an_older_model(folder, trained) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    (folder / "trees-9.txt").write_text("of an older model")
    save_model(load_model(folder), folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_nothing_is_pickled(folder) -> None:
    assert {file.suffix for file in folder.iterdir()} == {".json", ".txt"}
    assert set(json.loads((folder / "manifest.json").read_text())["sha256"]) == {
        file.name for file in folder.iterdir() if file.name != "manifest.json"
    }


@pytest.mark.parametrize("name", ["model.json", "trees-0.txt"])
def test_a_file_that_was_changed_or_is_gone_is_refused_by_name(folder, name) -> None:
    text = (folder / name).read_text()
    (folder / name).write_text(text + " ")
    with pytest.raises(DataError, match=f"{name} is missing or was changed"):
        load_model(folder)
    (folder / name).unlink()
    with pytest.raises(DataError, match="train it again"):
        load_model(folder)


def test_no_model_and_one_of_another_version_are_told(folder, tmp_path) -> None:
    with pytest.raises(DataError, match="holds no closure model"):
        load_model(tmp_path / "nowhere")
    content = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(content | {"format": 0}))
    import hashlib

    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["model.json"] = hashlib.sha256((folder / "model.json").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="another version"):
        load_model(folder)


def test_a_model_that_only_knows_the_base_rate_can_be_kept(tmp_path, trained) -> None:
    from forecasting.closure.model import ClosureModel
    from forecasting.closure.models import Fitted

    model = trained[0]
    poor = ClosureModel(Fitted(0.25, rows=3, won=0), {}, BASE, model.stages, model.rank, 90, model.end)
    save_model(poor, tmp_path / "poor")
    assert load_model(tmp_path / "poor").fitted.base_rate == 0.25
