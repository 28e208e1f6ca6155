"""How long a drive takes: great circle, speeds by distance, a matrix, or a server. Never a silent fallback.

make_travel(settings, travel_times) -> TravelModel
travel_notes(model, places), calibration_notes(settings) -> sentences on the source of the seconds, and their error
pace_of(bands, drive_factor) -> Pace, mean_factor, least_factor, stretched: hours of the day and reps' own factors
fit.fit_travel(drives, places) -> Fit: what `plan.py fit travel` prints
"""

from solvers.travel.formula import Calibrated, Haversine
from solvers.travel.hours import (
    Pace,
    drive_factors,
    driven_by,
    least_factor,
    mean_factor,
    pace_notes,
    pace_of,
    parking_seconds,
    stretched,
)
from solvers.travel.make import calibration_notes, make_travel, travel_notes
from solvers.travel.matrix import Matrix
from solvers.travel.places import EARTH_RADIUS_KM, Places, TravelModel, great_circle_km
from solvers.travel.server import Server

__all__ = [
    "EARTH_RADIUS_KM",
    "Calibrated",
    "Haversine",
    "Matrix",
    "Pace",
    "Places",
    "Server",
    "TravelModel",
    "calibration_notes",
    "drive_factors",
    "driven_by",
    "great_circle_km",
    "least_factor",
    "make_travel",
    "mean_factor",
    "pace_notes",
    "pace_of",
    "parking_seconds",
    "stretched",
    "travel_notes",
]
