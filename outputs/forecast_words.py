"""How good each forecast was on the past, one sentence a forecast, from `forecast_quality`.

The measures behind a sentence: wMAPE and coverage of days (calls); AUC and bias of the model in use (closure, churn,
leads), AUC read as the chance that of two, one of each outcome, the right one has the higher probability (Hanley and
McNeil, 1982); capture of the best tenth (potential).
"""

import math

import pandas as pd

EVENTS = {"closure": ("deals", "won"), "churn": ("customers", "leaving"), "leads": ("leads", "converted")}
"""What is judged, and what happens to it."""
RIVAL = "rep's number"


def forecast_sentences(quality: pd.DataFrame) -> list[str]:
    """Sentences for a reader who knows no measures, in the order calls, closure, churn, potential, leads.

    Args:
        quality: forecast, model, metric, value, baseline, baseline_value, note (`forecast_quality` of a run).
    """
    used = quality.loc[quality["note"] == "used", ["forecast", "model"]].drop_duplicates("forecast")
    chosen = {"calls": "calls", "churn": "churn", "potential": "potential"}
    chosen |= dict(zip(used["forecast"], used["model"], strict=True))
    leads = quality.loc[quality["forecast"] == "leads", "model"]
    if len(leads):
        chosen["leads"] = leads.iloc[0]
    made = [_calls(quality)]
    made += [_probability(quality, what, chosen[what]) for what in ("closure", "churn") if what in chosen]
    made.append(_potential(quality))
    if "leads" in chosen:
        made.append(_probability(quality, "leads", chosen["leads"]))
    return [sentence for sentence in made if sentence]


def _figure(quality: pd.DataFrame, model: str, metric: str, baseline: str | None = None) -> tuple[float, float]:
    """Value and baseline's value of a measure; NaN where it was not measured."""
    here = (quality["model"] == model) & (quality["metric"] == metric)
    if baseline is not None:
        here &= quality["baseline"] == baseline
    rows = quality[here]
    return (math.nan, math.nan) if rows.empty else (float(rows["value"].iloc[0]), float(rows["baseline_value"].iloc[0]))


def _calls(quality: pd.DataFrame) -> str:
    day, naive = _figure(quality, "calls", "wmape_pct_day")
    if math.isnan(day):
        return ""
    covered, _ = _figure(quality, "calls", "coverage80_pct_day")
    beside = "" if math.isnan(naive) else f" (the same weekday before: {naive:.1f} %)"
    band = "" if math.isnan(covered) else f"; {covered:.0f} % of the days ended inside the band that is to hold 80 %"
    return f"Calls: a day was off by {day:.1f} % on average{beside}{band}."


def _probability(quality: pd.DataFrame, what: str, model: str) -> str:
    auc, base = _figure(quality, model, "auc")
    if math.isnan(auc):
        return ""
    plural, outcome = EVENTS[what]
    name = what.capitalize()
    if abs(auc - base) < 1e-9:
        return f"{name}: nothing told {outcome} {plural} from others better than their overall share, which is used."
    _, reps = _figure(quality, model, "auc", RIVAL)
    beside = "" if math.isnan(reps) else f", the reps' own numbers in {100 * reps:.0f} %"
    bias, _ = _figure(quality, model, "bias_points")
    mean = "" if math.isnan(bias) else f"; on average {_height(bias)}"
    pair = f"of two {plural}, one {outcome} and one not, the right one ranked higher"
    return f"{name}: {pair} in {100 * auc:.0f} % of pairs{beside}{mean}."


def _height(bias_points: float) -> str:
    if abs(bias_points) < 0.5:
        return "as high as what happened"
    return f"{abs(bias_points):.1f} points too {'high' if bias_points > 0 else 'low'}"


def _potential(quality: pd.DataFrame) -> str:
    captured, _ = _figure(quality, "potential", "top10_capture_3_months")
    if math.isnan(captured):
        return ""
    bias, _ = _figure(quality, "potential", "bias_pct_3_months")
    total = "" if math.isnan(bias) else f"; the total was {abs(bias):.0f} % too {'high' if bias > 0 else 'low'}"
    return (
        f"Potential: the tenth that ranked highest made {100 * captured:.0f} % of the next three months' sales{total}."
    )
