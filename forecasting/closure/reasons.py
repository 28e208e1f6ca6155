"""Why a deal's closure probability is high or low, in words for people.

Where the boosted trees stand behind the number, alone or as one of the views that are averaged, their Shapley values
say what moves it (forecasting/reasons.py). Otherwise the number rests on the stage and the time in it, and so do the
words.
"""

from typing import Any

import numpy as np

from forecasting.closure.logistic import State
from forecasting.closure.model import ClosureModel
from forecasting.closure.models import HAZARD, MEAN, TREES, History
from forecasting.closure.trees import Boosted
from forecasting.reasons import in_words, reason_texts, shown_rows, tree_contributions

NO_EVENT = "no stage event yet: the share of all deals that are won"


def closure_reasons(model: ClosureModel, history: History, win_probability: Any) -> list[str]:
    """One text for each of R observations.

    Args:
        model: learned. history: what it was asked. win_probability: (R,) its answer; the larger amount x probability,
            the sooner a deal is explained.
    """
    count = len(history.rows)
    trees = model.fitted.trees
    if trees is None or model.chosen not in (TREES, MEAN, HAZARD):
        return _by_stage(history.state, history.deals.stages)
    importance = np.nan_to_num(np.asarray(win_probability) * np.nan_to_num(history.amount_eur, nan=1.0))
    shown = shown_rows(importance)
    texts = np.full(count, "", dtype=object)
    texts[shown] = _by_trees(trees, history.pick(shown))
    return [str(text) for text in texts]


def _by_trees(trees: Boosted, history: History) -> list[str]:
    values = history.features.arranged(trees.names)
    added = np.mean([tree_contributions(each, values) for each in trees.boosters], axis=0)
    stages = np.array([*history.deals.stages, "none"], dtype=object)
    columns: list[Any] = [values[:, at].tolist() for at in range(values.shape[1])]
    for name, code in (("stage", history.state.stage), ("stage_before", history.state.previous)):
        if name in trees.names:
            columns[trees.names.index(name)] = stages[code].tolist()
    return reason_texts(added, [in_words(name) for name in trees.names], columns)


def _by_stage(state: State, stages: tuple[str, ...]) -> list[str]:
    return [
        f"stage {in_words(stages[code])} for {days} day{'' if days == 1 else 's'}"
        for code, days in zip(state.stage.tolist(), state.dwell_days.round().astype(int).tolist(), strict=True)
    ]
