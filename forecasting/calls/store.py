"""The trees of a call forecast as files: LightGBM's own text, and a manifest with the sha256 of each.

A second forecast from the same data takes them as they are, another fits anew. A file that was changed or cut short is
never handed to LightGBM, which ends the whole process on some of them: it is named, and the trees are fitted anew.
"""

import hashlib
import json
from dataclasses import astuple
from pathlib import Path

import numpy as np

from forecasting.calls.direct import DirectModel, Effort
from forecasting.calls.known import Known

MANIFEST = "manifest.json"


class Damaged(Exception):
    """A kept file is missing or was changed; the text names it."""


def model_key(known: Known, *, seed: int, effort: Effort) -> str:
    """Hash of all that the trees are made from: counts, calendar, drivers, seed, effort, library and code."""
    import lightgbm

    days = known.calendar
    digest = hashlib.sha256(repr((known.history.queues, seed, astuple(effort), lightgbm.__version__)).encode())
    for block in (known.history.calls, days.start.astype(np.int64), days.kind, days.is_open):
        digest.update(np.ascontiguousarray(block).tobytes())
    if known.exogenous is not None:
        digest.update(known.exogenous.to_csv(index=False).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def save_trees(model: DirectModel, folder: Path, *, key: str) -> None:
    """Writes the trees into a folder, which is made if need be; earlier ones are replaced, the manifest comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for old in folder.glob("trees-*.txt"):
        old.unlink()
    sums = {}
    for number, booster in enumerate(model.boosters, start=1):
        text = booster.model_to_string().encode()
        (folder / f"trees-{number}.txt").write_bytes(text)
        sums[f"trees-{number}.txt"] = hashlib.sha256(text).hexdigest()
    (folder / MANIFEST).write_text(json.dumps({"key": key, "sha256": sums}, indent=1), encoding="utf-8")


def load_trees(folder: Path, *, key: str) -> DirectModel | None:
    """The trees kept in a folder; None where there are none, or they were made from something else.

    Raises:
        Damaged: a file is missing, was changed or cut short, or the manifest cannot be read.
    """
    if not (folder / MANIFEST).is_file():
        return None
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        same, sums = manifest["key"] == key, dict(manifest["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{MANIFEST} cannot be read") from error
    if not same:
        return None
    import lightgbm

    texts = []
    for name, known in sums.items():
        try:
            text = (folder / Path(name).name).read_bytes()
        except OSError as error:
            raise Damaged(f"{name} is missing") from error
        if hashlib.sha256(text).hexdigest() != known:
            raise Damaged(f"{name} was changed or cut short since it was saved")
        texts.append(text.decode())
    return DirectModel(tuple(lightgbm.Booster(model_str=text) for text in texts))
