"""From `reps.travel` to the model that answers it, and the sentences that stand beside a plan."""

import pandas as pd

from scenarios.schema import Travel
from solvers.travel.formula import Calibrated, Haversine
from solvers.travel.kept import KeptDrives
from solvers.travel.matrix import Matrix, matrix_from
from solvers.travel.places import Places, TravelModel
from solvers.travel.server import Server
from solvers.travel.services import OSRM, VALHALLA, Http


def make_travel(settings: Travel, travel_times: pd.DataFrame) -> TravelModel:
    """The travel model that `reps.travel` asks for; with `planned_at` all drives take that hour's factor, without it
    none: `solvers.travel.hours` tells what a drive takes at its own time.

    Args:
        travel_times: from_id, to_id, seconds, metres; needed by `engine: matrix` only.

    Raises:
        DataError: `engine: matrix` without the table, or with times that are no times.
    """
    factor, parking = settings.hour_factor(), settings.parking_minutes
    if settings.engine == "haversine":
        return Haversine(settings.speed_kmh / factor, settings.detour_factor, parking)
    calibrated = _calibrated(settings, factor)
    if settings.engine == "calibrated" and calibrated is not None:
        return calibrated
    estimate = calibrated if settings.fill_holes else None
    if settings.engine == "matrix":
        return matrix_from(
            travel_times, parking_minutes=parking, detour_factor=settings.detour_factor, estimate=estimate,
            factor=factor,
        )  # fmt: skip
    service = OSRM if settings.engine == "osrm" else VALHALLA
    return Server(
        service=service,
        http=Http(settings.url or "", timeout_seconds=settings.timeout_seconds, retries=settings.retries),
        profile=settings.profile,
        kept=KeptDrives(settings.kept_drives()),
        max_snap_metres=settings.max_snap_metres,
        block=settings.places_per_request or service.block,
        parking_minutes=parking,
        estimate=estimate,
        factor=factor,
    )


def travel_notes(model: TravelModel, places: Places) -> tuple[str, ...]:
    """Sentences on the drives between `places`: their source and error, holes that were estimated, odd rows."""
    notes: list[str] = []
    factor = getattr(model, "factor", 1.0)
    if factor != 1:
        notes.append(f"all drives take the hour factor {factor:g} of reps.travel.planned_at")
    if isinstance(model, Matrix | Server):
        notes += model.notes(places)
    return tuple(notes)


def calibration_notes(settings: Travel) -> tuple[str, ...]:
    """The error of the calibration in use, as it was measured on drives that the fit did not see."""
    given = settings.calibration
    if given is None or not (settings.engine == "calibrated" or settings.fill_holes):
        return ()
    if given.error_median_pct is None or given.error_p90_pct is None:
        return ("the error of reps.travel.calibration is not stated; `plan.py fit travel` measures it",)
    drives = f" over {given.pairs} drives" if given.pairs else ""
    return (
        f"calibrated driving times were off by {given.error_median_pct:g} % (median) and {given.error_p90_pct:g} % "
        f"(90th percentile){drives} that the fit did not see",
    )


def _calibrated(settings: Travel, factor: float) -> Calibrated | None:
    given = settings.calibration
    if given is None:
        return None
    return Calibrated(
        intercept_seconds=given.intercept_seconds,
        ends_km=tuple(band.to_km for band in given.bands if band.to_km is not None),
        speeds_kmh=tuple(band.speed_kmh for band in given.bands),
        detour_factor=settings.detour_factor,
        parking_minutes=settings.parking_minutes,
        factor=factor,
    )
