"""What `plan.py train|evaluate|score closure` do: a model into a folder, a review into a folder, scores into a file."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outputs.escaping import harmless_table
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


def evaluate(
    scenario: "Scenario", tables: "Tables", folder: Path, *, periods: str, year_begins: int | None
) -> dict[str, Any]:
    """Measure the past as it would have been predicted: tables (CSV) and figures (SVG, PNG) into a folder.

    periods: year, quarter, month or half-month. year_begins: month of the fiscal year's begin; None: the scenario's.
    Where plotly is installed each figure is written as a page to zoom and point at, too.
    """
    from forecasting.closure.review import review_closure
    from outputs.closure_figures import closure_figures
    from outputs.closure_pages import closure_pages

    begins = scenario.forecast.closure.fiscal_year_begins if year_begins is None else year_begins
    review = review_closure(
        tables.opportunities, tables.stage_events, **_asked(scenario), periods=periods, year_begins=begins,
        territories=tables.current_territories,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in review.tables.items():
        file = folder / f"{name}.csv"
        harmless_table(table).to_csv(file, index=False, lineterminator="\n", float_format="%.6g")
        written.append(file.name)
    drawn = closure_figures(review.tables)
    svgs = {name: figure.svg for name, figure in drawn.items()} | ({"states": review.svg} if review.svg else {})
    pages = closure_pages(review.tables)
    texts = {f"{name}.svg": standing_alone(svg) for name, svg in svgs.items()}
    for file_name, text in (texts | {f"{name}.html": page for name, page in pages.items()}).items():
        (folder / file_name).write_text(text, encoding="utf-8", newline="\n")
        written.append(file_name)
    for name, figure in drawn.items():
        (folder / f"{name}.png").write_bytes(figure.png)
        written.append(f"{name}.png")
    return {"folder": str(folder), "files": sorted(written), "rows": review.rows, "notes": list(review.notes)}


def score(
    scenario: "Scenario",
    tables: "Tables",
    folder: Path,
    file: Path,
    *,
    secret: Path | None = None,
    cohorts: Path | None = None,
) -> dict[str, Any]:
    """Score the scenario's open deals with a kept model, and write them as CSV.

    Args:
        secret: file with a secret text: the scores are written without names, ids hashed under it (see `exports`).
        cohorts: file for the means of cohorts of 20 customers or more; None: not written.

    Raises:
        DataError: the folder holds no sound model. UsageError: the secret cannot be read or is empty.
    """
    from forecasting.closure.exports import anonymous_scores, score_cohorts
    from forecasting.closure.score import score_open_deals, unknown_stages
    from forecasting.closure.store import load_model

    model = load_model(folder)
    scores = score_open_deals(model, tables.opportunities, tables.stage_events, as_of=scenario.as_of)
    shown = scores if secret is None else anonymous_scores(scores, salt=read_secret(secret))
    for path, table in ((file, shown), (cohorts, None if cohorts is None else score_cohorts(scores))):
        if path is not None and table is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            harmless_table(table).to_csv(path, index=False, lineterminator="\n", date_format="%Y-%m-%d")
    unknown = unknown_stages(model, tables.stage_events)
    notes = [f"Stages the model never saw, read as missing: {', '.join(unknown)}."] if unknown else []
    learned_until = datetime.fromtimestamp(model.end - 1).date() if model.end else None
    if learned_until is not None and learned_until > scenario.as_of:
        notes.append(f"The model has learned until {learned_until}, later than the as-of day: it may know outcomes.")
    beside = {} if cohorts is None else {"cohorts": str(cohorts)}
    return {
        "file": str(file), **beside, "deals": len(scores), "used": model.method,
        "expected_eur": round(float(scores["expected_eur"].sum()), 2), "notes": notes,
    }  # fmt: skip


def read_secret(file: Path) -> str:
    """The secret text of a file, without blanks around it.

    Raises:
        UsageError: it cannot be read, or there is nothing in it.
    """
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The secret {file} cannot be read; give a text file that only you have.") from error
    if not text:
        raise UsageError(f"There is nothing in {file}; write a long random text into it, and keep it.")
    return text


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
