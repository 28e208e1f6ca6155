"""Closure models as files that anybody can read, and nothing that runs on being opened.

A folder holds `model.json` (all numbers but the trees'), `trees-N.txt`, `ends-N.txt`, `wins-N.txt` (LightGBM's own
text) and `manifest.json` with the sha256 of each. A file that was changed, is missing or has come from elsewhere is
refused by name. Nothing is pickled.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np

from forecasting.calibration import Calibrator
from forecasting.closure.hazard import Hazard
from forecasting.closure.hmm import HiddenChain, HiddenMarkov, Journey
from forecasting.closure.logistic import StageDwell
from forecasting.closure.model import ClosureModel, Finish
from forecasting.closure.models import Fitted
from forecasting.closure.pooling import GroupOffsets
from forecasting.closure.trees import Boosted
from scenarios.errors import DataError

FORMAT = 1
"""Raised when a model of an older program can no longer be read."""
MODEL, MANIFEST = "model.json", "manifest.json"


def save_model(model: ClosureModel, folder: Path) -> None:
    """Writes the model into a folder, which is made if need be; files of an earlier model are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    f = model.fitted
    texts: dict[str, str] = {}
    if f.trees is not None:
        texts |= _texts("trees", f.trees)
    if f.hazard is not None:
        texts |= _texts("ends", f.hazard.ends)
        texts |= {} if f.hazard.wins is None else _texts("wins", f.hazard.wins)
    content = {
        "format": FORMAT, "chosen": model.chosen, "stages": list(model.stages), "rank": model.rank.tolist(),
        "horizon_days": model.horizon_days, "end": model.end, "notes": list(model.notes), "base_rate": f.base_rate,
        "rows": f.rows, "won": f.won, "amount_knots": list(f.amount_knots),
        "finishes": {name: asdict(each) for name, each in sorted(model.finishes.items())},
        "ratio": None if f.ratio is None else _ratio_out(f.ratio),
        "journey": None if f.journey is None else {
            "chain": _chain_out(f.journey.chain), "stages": list(f.journey.stages), "deals": f.journey.deals,
        },
        "transparent": None if f.transparent is None else {
            name: np.asarray(value).tolist() for name, value in asdict(f.transparent).items()
        },
        "trees": None if f.trees is None else _boosted_out(f.trees),
        "hazard": None if f.hazard is None else {
            "ends": _boosted_out(f.hazard.ends), "win_rate": f.hazard.win_rate,
            "wins": None if f.hazard.wins is None else _boosted_out(f.hazard.wins),
        },
    }  # fmt: skip
    texts[MODEL] = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    for old in folder.glob("*-*.txt"):
        old.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    sums = {name: _sha256(folder / name) for name in sorted(texts)}
    (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, "sha256": sums}, indent=1), encoding="utf-8")


def load_model(folder: Path) -> ClosureModel:
    """Reads what `save_model` wrote.

    Raises:
        DataError: there is no model, a file is missing or changed, or another version wrote it.
    """
    try:
        sums = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder} holds no closure model; train one with `plan.py train closure`.") from error
    for name, known in sums.items():
        if not (folder / name).is_file() or _sha256(folder / name) != known:
            raise DataError(f"{folder / name} is missing or was changed since the model was saved; train it again.")
    c = json.loads((folder / MODEL).read_text(encoding="utf-8"))
    if c["format"] != FORMAT:
        raise DataError(f"{folder} was written by another version of Muster (format {c['format']}); train it again.")
    hazard = None
    if c["hazard"] is not None:
        wins = c["hazard"]["wins"]
        hazard = Hazard(
            _boosted_in(folder, "ends", c["hazard"]["ends"]),
            None if wins is None else _boosted_in(folder, "wins", wins),
            c["hazard"]["win_rate"],
        )
    transparent = None
    if c["transparent"] is not None:
        t = c["transparent"]
        transparent = StageDwell(
            np.array(t["mean"]), np.array(t["scale"]), np.array(t["weights"]), float(t["intercept"])
        )
    journey = None
    if c["journey"] is not None:
        j = c["journey"]
        journey = Journey(_chain_in(j["chain"]), tuple(j["stages"]), j["deals"])
    fitted = Fitted(
        base_rate=c["base_rate"],
        ratio=None if c["ratio"] is None else _ratio_in(c["ratio"]),
        journey=journey,
        transparent=transparent,
        trees=None if c["trees"] is None else _boosted_in(folder, "trees", c["trees"]),
        hazard=hazard,
        rows=c["rows"],
        won=c["won"],
        amount_knots=tuple(c["amount_knots"]),
    )
    finishes = {
        name: Finish(
            _calibrator_in(each["calibrator"]),
            each["shift"],
            GroupOffsets(**each["owners"]),
            GroupOffsets(**each["segments"]),
        )
        for name, each in c["finishes"].items()
    }
    return ClosureModel(
        fitted, finishes, c["chosen"], tuple(c["stages"]), np.array(c["rank"], dtype=np.float64), c["horizon_days"],
        c["end"], tuple(c["notes"]),
    )  # fmt: skip


def _texts(what: str, boosted: Boosted) -> dict[str, str]:
    return {f"{what}-{number}.txt": each.model_to_string() for number, each in enumerate(boosted.boosters)}


def _boosted_out(boosted: Boosted) -> dict[str, Any]:
    return {"names": list(boosted.names), "models": len(boosted.boosters)}


def _boosted_in(folder: Path, what: str, content: dict[str, Any]) -> Boosted:
    files = [folder / f"{what}-{number}.txt" for number in range(content["models"])]
    boosters = tuple(lgb.Booster(model_str=file.read_text(encoding="utf-8")) for file in files)
    return Boosted(boosters, tuple(content["names"]))


def _chain_out(chain: HiddenChain) -> dict[str, Any]:
    return {name: getattr(chain, name).tolist() for name in ("startprob_", "transmat_", "emissionprob_")}


def _chain_in(content: dict[str, Any]) -> HiddenChain:
    start, step, emit = (np.array(content[name]) for name in ("startprob_", "transmat_", "emissionprob_"))
    return HiddenChain(*emit.shape).begin(start, step, emit)


def _ratio_out(ratio: HiddenMarkov) -> dict[str, Any]:
    return {
        "won": _chain_out(ratio.won), "lost": _chain_out(ratio.lost), "symbol_of": ratio.symbol_of.tolist(),
        "prior_log_odds": ratio.prior_log_odds, "line": asdict(ratio.line),
    }  # fmt: skip


def _ratio_in(content: dict[str, Any]) -> HiddenMarkov:
    chains = (_chain_in(content["won"]), _chain_in(content["lost"]))
    symbol_of = np.array(content["symbol_of"], dtype=np.int64)
    return HiddenMarkov(*chains, symbol_of, content["prior_log_odds"], _calibrator_in(content["line"]))


def _calibrator_in(content: dict[str, Any]) -> Calibrator:
    steps = {name: tuple(content[name]) for name in ("steps_x", "steps_y")}
    return Calibrator(**{**content, **steps})


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
