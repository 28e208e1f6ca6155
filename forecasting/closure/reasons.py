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
STAGE, STANDS = "stage ", "where it stands"
TIMES = {
    "age_days": "age {}", "days_since_first_event": "{} since the first event", "days_since_touch": "{} since a touch",
    "days_created_to_first_event": "{} from creation to the first event",
}  # fmt: skip


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
    """Columns that say the same are one reason: a stage and how often and how long ago it was entered; the stage a deal
    is in and the days in it."""
    values = history.features.arranged(trees.names)
    added = np.mean([tree_contributions(each, values) for each in trees.boosters], axis=0)
    reasons = [_reason_of(name) for name in trees.names]
    groups = list(dict.fromkeys([STANDS, *reasons]))
    summed = np.column_stack([added[:, [each == group for each in reasons]].sum(axis=1) for group in groups])
    names = history.deals.stages
    stage = np.array([*names, "none"], dtype=object)[history.state.stage]
    for at, group in enumerate(groups):
        now = stage == group.removeprefix(STAGE) if group.startswith(STAGE) else np.zeros(len(stage), dtype=bool)
        summed[now, 0] += summed[now, at]
        summed[now, at] = 0.0
    known = {name: values[:, at] for at, name in enumerate(trees.names)}
    columns = [_phrases(group, known, history, stage) for group in groups]
    return reason_texts(summed, [""] * len(groups), columns)


def _reason_of(name: str) -> str:
    """The reason that a column belongs to: `stage NAME`, where the deal stands, or the column itself."""
    if name in ("stage", "days_in_stage"):
        return STANDS
    for lead in ("days since: ", "times: "):
        if name.startswith(lead + STAGE):
            return name.removeprefix(lead)
    return name


def _phrases(group: str, known: dict[str, np.ndarray], history: History, stage: np.ndarray) -> list[str]:
    """What a reason says of each row."""
    rows = range(len(stage))
    if group == STANDS:
        return _by_stage(history.state, history.deals.stages)
    if group.startswith(STAGE):
        name = in_words(group.removeprefix(STAGE))
        since, times = known.get(f"days since: {group}"), known.get(f"times: {group}")
        if since is not None:
            return [f"never in stage {name}" if np.isnan(d) else f"stage {name} {_days(d)} ago" for d in since]
        return [f"{t:.0f} times in stage {name}" for t in times] if times is not None else [name for _ in rows]
    if group == "stage_before":
        before = np.array([*history.deals.stages, "none"], dtype=object)[history.state.previous]
        return [f"stage before {in_words(str(each))}" for each in before]
    given = known[group]
    if group in TIMES:
        return [TIMES[group].format("unknown days" if np.isnan(d) else _days(d)) for d in given]
    if " in " in group and group.endswith(" d"):
        return [f"{count:.0f} {group.removesuffix(' d')} days" for count in given]
    return [f"{in_words(group)} {_number(value)}" for value in given]


def _days(days: float) -> str:
    shown = f"{days:.0f}" if days >= 1.95 else f"{days:.1f}"
    return f"{shown} day{'' if shown == '1.0' else 's'}".replace(".0 ", " ")


def _number(value: float) -> str:
    return "unknown" if np.isnan(value) else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _by_stage(state: State, stages: tuple[str, ...]) -> list[str]:
    return [
        f"stage {in_words(stages[code])} for {days} day{'' if days == 1 else 's'}"
        for code, days in zip(state.stage.tolist(), state.dwell_days.round().astype(int).tolist(), strict=True)
    ]
