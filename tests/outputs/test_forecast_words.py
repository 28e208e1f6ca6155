"""One sentence a forecast, with the figures of its table and nothing where nothing was measured."""

import pandas as pd

from outputs.forecast_words import forecast_sentences

COLUMNS = ["forecast", "model", "metric", "value", "baseline", "baseline_value", "note"]


def table(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=COLUMNS)


def test_every_forecast_has_its_sentence() -> None:
    quality = table(
        ("calls", "calls", "wmape_pct_day", 10.44, "seasonal_naive", 17.32, ""),
        ("calls", "calls", "coverage80_pct_day", 82.1, "seasonal_naive", float("nan"), ""),
        ("closure", "hazard (strict)", "auc", 0.70, "base rate", 0.5, ""),
        ("closure", "mean logit (strict)", "auc", 0.781, "base rate", 0.501, "used"),
        ("closure", "mean logit (strict)", "bias_points", 2.02, "base rate", 6.9, "used"),
        ("closure", "mean logit (strict)", "auc", 0.781, "rep's number", 0.665, "rows that have a rep's number"),
        ("customers", "churn", "auc", 0.848, "base_rate", 0.5, ""),
        ("customers", "churn", "bias_points", -0.09, "base_rate", 0.0, ""),
        ("customers", "potential", "top10_capture_3_months", 0.567, "past_mean", 0.5, ""),
        ("customers", "potential", "bias_pct_3_months", -6.45, "past_mean", 92.0, ""),
        ("leads", "gradient-boosted trees", "auc", 0.884, "base rate", 0.5, ""),
    )
    assert forecast_sentences(quality) == [
        "Calls: a day was off by 10.4 % on average (the same weekday before: 17.3 %); 82 % of the days ended inside "
        "the band that is to hold 80 %.",
        "Closure: of two deals, one won and one not, the right one ranked higher in 78 % of pairs, the reps' own "
        "numbers in 66 %; on average 2.0 points too high.",
        "Churn: of two customers, one leaving and one not, the right one ranked higher in 85 % of pairs; on average "
        "as high as what happened.",
        "Potential: the tenth that ranked highest made 57 % of the next three months' sales; the total was 6 % "
        "too low.",
        "Leads: of two leads, one converted and one not, the right one ranked higher in 88 % of pairs.",
    ]


def test_a_base_rate_in_use_is_said_and_nothing_measured_is_silent() -> None:
    base = table(("closure", "base rate (strict)", "auc", 0.46, "base rate", 0.46, "used"))
    assert forecast_sentences(base) == [
        "Closure: nothing told won deals from others better than their overall share, which is used."
    ]
    assert forecast_sentences(table()) == []
