"""The strict and the whole history side by side: model in use, reps and base rate by regime."""

import pandas as pd

COLUMNS = ("regime", "who", "rows", "auc", "brier", "ece", "bias_points", "log_loss")
REPS, BASE = "rep's number", "base rate"


def by_regime(quality: pd.DataFrame) -> pd.DataFrame:
    """One row per regime and voice (the model used, the reps, the base rate): `COLUMNS`.

    Args:
        quality: model as `NAME (REGIME)`, metric, value, baseline, rows, note, as `typed_quality` makes it. Reps stand
            on the rows that have their number only.
    """
    rows = []
    split = quality["model"].str.extract(r"^(?P<who>.*) \((?P<regime>[^()]*)\)$")
    told = quality.assign(who=split["who"], regime=split["regime"])
    told = told[told["metric"].isin(COLUMNS) & told["regime"].notna()]
    for (regime, who), mine in told.groupby(["regime", "who"], sort=True):
        used = (mine["note"] == "used").any()
        if not used and who not in (REPS, BASE):
            continue
        figures = mine.drop_duplicates("metric").set_index("metric")["value"]
        voice = f"{who} (used)" if used else who
        rows.append((regime, voice, int(mine["rows"].iloc[0]), *(figures.get(name) for name in COLUMNS[3:])))
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    first = found["regime"] == "strict"
    return pd.concat([found[first], found[~first]], ignore_index=True)
