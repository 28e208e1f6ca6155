"""What `fit travel` does: read drives and places, fit, and write the block of a scenario."""

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from solvers.travel.fit import Fit

IDS = ("customer_id", "rep_id", "place_id", "id")
LATITUDES, LONGITUDES = ("latitude", "home_latitude", "lat"), ("longitude", "home_longitude", "lon")
DRIVE = {"from_id", "to_id", "seconds"}
VISIT = {"rep_id", "customer_id", "start", "end"}
ENDS = ("from_latitude", "from_longitude", "to_latitude", "to_longitude")


def fit_from_files(matrix: Path, places: list[Path]) -> "Fit":
    """The fit of a file of drives, or of past visits, with the places of their ids.

    Args:
        matrix: from_id, to_id, seconds, perhaps metres or km, hour; or visits: rep_id, customer_id, start, end.
        places: files with an id, latitude and longitude; none where the drives have from_latitude, from_longitude,
            to_latitude and to_longitude.

    Raises:
        UsageError: a file is not there, is no table, or lacks columns. DataError: too few usable drives.
    """
    import pandas as pd

    from solvers.travel.fit import drives_of_visits, fit_travel

    table = _read(matrix)
    if not set(table) >= DRIVE and not set(table) >= VISIT:
        raise UsageError(
            f"{matrix.name} has neither from_id, to_id, seconds nor rep_id, customer_id, start, end; it has "
            f"{', '.join(map(str, table.columns))}"
        )
    if set(table) >= DRIVE:
        drives = table.assign(from_id=table["from_id"].astype("str"), to_id=table["to_id"].astype("str"))
        if "metres" not in drives and "km" in drives:
            drives["metres"] = 1000 * pd.to_numeric(drives["km"], errors="coerce")
    else:
        try:
            drives = drives_of_visits(table.assign(customer_id=table["customer_id"].astype("str")))
        except ValueError as error:
            raise DataError(f"start and end of {matrix.name} are not dates and times: {error}") from error
    known = [_places(path) for path in places]
    if set(ENDS) <= set(drives):
        known += [
            drives[[f"{end}_id", f"{end}_latitude", f"{end}_longitude"]].set_axis(
                ["id", "latitude", "longitude"], axis=1
            )
            for end in ("from", "to")
        ]
    if not known:
        raise UsageError(f"name a table with the places of {matrix.name}: --places customers.csv --places reps.csv")
    degrees = pd.concat(known).drop_duplicates("id").set_index("id")
    return fit_travel(drives, degrees)


def fit_block(fit: "Fit") -> dict[str, Any]:
    """The fit as `reps.travel` takes it."""
    ends = [*fit.ends_km, None]
    bands = [
        {"speed_kmh": speed} if end is None else {"to_km": end, "speed_kmh": speed}
        for end, speed in zip(ends, fit.speeds_kmh, strict=True)
    ]
    travel: dict[str, Any] = {
        "engine": "calibrated",
        "detour_factor": fit.detour_factor,
        "calibration": {
            "intercept_seconds": fit.intercept_seconds,
            "bands": bands,
            "error_median_pct": fit.error_median_pct,
            "error_p90_pct": fit.error_p90_pct,
            "pairs": fit.pairs,
        },
    }
    if fit.hours:
        travel["hours"] = [{"between": f"{a:02d}:00-{b:02d}:00", "factor": factor} for a, b, factor in fit.hours]
    return {"reps": {"travel": travel}}


def fit_text(fit: "Fit") -> str:
    """The block as YAML."""
    from ruamel.yaml import YAML

    text = StringIO()
    YAML().dump(fit_block(fit), text)
    return text.getvalue().rstrip("\n")


def fit_story(fit: "Fit") -> list[str]:
    """How good the fit is, what drives take of `hours`, and what was left out."""
    return [
        f"{fit.pairs} drives; on drives the fit did not see it is off by {fit.error_median_pct:g} % (median) and "
        f"{fit.error_p90_pct:g} % (90th percentile); the one best speed by {fit.plain_median_pct:g} % and "
        f"{fit.plain_p90_pct:g} %",
        *_hours_story(fit),
        *fit.notes,
    ]


def _hours_story(fit: "Fit") -> list[str]:
    """What `hours` mean, and how all drives take one hour's factor instead: that of most drives, say."""
    if not fit.hours or fit.planned_hour is None:
        return []
    return [
        "each part of a drive takes the factor of the hour in which it is driven; with "
        f'`planned_at: "{fit.planned_hour:02d}:00"` beside `hours` all drives take that hour\'s factor'
    ]


def _places(path: Path) -> "pd.DataFrame":
    table = _read(path)
    names = [next((name for name in some if name in table), None) for some in (IDS, LATITUDES, LONGITUDES)]
    if None in names:
        raise UsageError(f"{path.name} needs an id ({', '.join(IDS)}), a latitude and a longitude")
    found: pd.DataFrame = table[names].set_axis(["id", "latitude", "longitude"], axis=1)
    return found.assign(id=found["id"].astype("str"))


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd

    if not path.is_file():
        raise UsageError(f"the file {path} does not exist")
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise UsageError(f"{path.name} is no table: {error}") from error
