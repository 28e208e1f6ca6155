"""What `plan.py train|evaluate|score closure` do: a model into a folder, a review into a folder, scores into a file."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.errors import UsageError

if TYPE_CHECKING:
    from inputs.types import Tables
    from scenarios.schema import Scenario


def train(scenario: "Scenario", tables: "Tables", folder: Path) -> dict[str, Any]:
    """Learn from the scenario's deals and keep the model in a folder; what was learned, for people."""
    from forecasting.closure.review import train_closure
    from forecasting.closure.store import save_model

    model, history = train_closure(tables.opportunities, tables.stage_events, **_asked(scenario))
    save_model(model, folder)
    return {
        "model": str(folder), "used": model.method, "observations": model.fitted.rows, "won": model.fitted.won,
        "deals": len(set(history.rows.deal.tolist())), "stages": len(model.stages) - 1,
        "candidates": list(model.fitted.names),
    }  # fmt: skip


def evaluate(scenario: "Scenario", tables: "Tables", folder: Path, *, periods: str, year_begins: int) -> dict[str, Any]:
    """Measure the past as it would have been predicted, and write tables (CSV) and figures (SVG) into a folder."""
    from forecasting.closure.review import review_closure
    from outputs.closure_figures import closure_figures

    review = review_closure(
        tables.opportunities, tables.stage_events, **_asked(scenario), periods=periods, year_begins=year_begins
    )
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in review.tables.items():
        file = folder / f"{name}.csv"
        table.to_csv(file, index=False, lineterminator="\n", float_format="%.6g")
        written.append(file.name)
    figures = closure_figures(review.tables) | ({"states": review.svg} if review.svg else {})
    for name, svg in figures.items():
        (folder / f"{name}.svg").write_text(standing_alone(svg), encoding="utf-8", newline="\n")
        written.append(f"{name}.svg")
    return {"folder": str(folder), "files": sorted(written), "rows": review.rows, "notes": list(review.notes)}


def score(scenario: "Scenario", tables: "Tables", folder: Path, file: Path) -> dict[str, Any]:
    """Score the scenario's open deals with a kept model, and write them as CSV.

    Raises:
        DataError: the folder holds no sound model.
    """
    from forecasting.closure.score import score_open_deals, unknown_stages
    from forecasting.closure.store import load_model

    model = load_model(folder)
    scores = score_open_deals(model, tables.opportunities, tables.stage_events, as_of=scenario.as_of)
    file.parent.mkdir(parents=True, exist_ok=True)
    scores.to_csv(file, index=False, lineterminator="\n", date_format="%Y-%m-%d")
    unknown = unknown_stages(model, tables.stage_events)
    notes = [f"Stages the model never saw, read as missing: {', '.join(unknown)}."] if unknown else []
    learned_until = datetime.fromtimestamp(model.end - 1).date() if model.end else None
    if learned_until is not None and learned_until > scenario.as_of:
        notes.append(f"The model has learned until {learned_until}, later than the as-of day: it may know outcomes.")
    return {
        "file": str(file), "deals": len(scores), "used": model.method,
        "expected_eur": round(float(scores["expected_eur"].sum()), 2), "notes": notes,
    }  # fmt: skip


def result_text(result: dict[str, Any]) -> str:
    """A result as lines of `key: value`; lists are told in one line, notes each in their own."""
    lines = [f"{key}: {_told(value)}" for key, value in result.items() if key != "notes"]
    return "\n".join([*lines, *result.get("notes", [])])


def periods_or_refuse(periods: str) -> str:
    """The kind of fiscal period asked for.

    Raises:
        UsageError: there is no such kind.
    """
    known = ("year", "quarter", "month", "half-month")
    if periods not in known:
        raise UsageError(f"There are no periods `{periods}`; give one of {', '.join(known)}.")
    return periods


def standing_alone(svg: str) -> str:
    """An inline SVG as a file of its own."""
    space = 'xmlns="http://www.w3.org/2000/svg"'
    if space not in svg:
        svg = svg.replace("<svg", f'<svg {space} xmlns:xlink="http://www.w3.org/1999/xlink"', 1)
    return svg if svg.endswith("\n") else svg + "\n"


def _asked(scenario: "Scenario") -> dict[str, Any]:
    return {"settings": scenario.forecast.closure, "as_of": scenario.as_of, "seed": scenario.solve.seed}


def _told(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
