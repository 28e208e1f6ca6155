"""The `reps.travel:` block: where the seconds and kilometres of a drive come from."""

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from scenarios.schema.base import Block, ClockMinute, Name, NotNegative, Positive, Span, misfit

MINUTES_A_DAY = 1440


class SpeedBand(Block):
    """Speed on the kilometres of a drive that lie between the band before and `to_km`."""

    to_km: Positive | None = None
    """Road km at which the band ends; none: it has no end (the last band)."""
    speed_kmh: Positive
    """Speed on these kilometres."""


class Calibration(Block):
    """Seconds by distance as `plan.py fit travel` finds them: an intercept, and a speed by band of distance."""

    intercept_seconds: NotNegative = 0
    """Added to every drive: getting to the car, out of the street and in again."""
    bands: Annotated[list[SpeedBand], Field(min_length=1)]
    """Bands by ascending distance; only the last has no `to_km`."""
    error_median_pct: NotNegative | None = None
    """Median error in percent of the true time, on drives that the fit did not see."""
    error_p90_pct: NotNegative | None = None
    """90th percentile of the error in percent of the true time, on drives that the fit did not see."""
    pairs: Annotated[int, Field(ge=0)] | None = None
    """Drives that it was fitted on."""

    @model_validator(mode="after")
    def _bands_ascend(self) -> Self:
        ends = [band.to_km for band in self.bands]
        inner = [end for end in ends[:-1] if end is not None]
        if ends[-1] is not None:
            raise misfit("bands", "the last band has no `to_km`: it holds for every longer drive")
        if len(inner) != len(ends) - 1 or any(b <= a for a, b in pairwise(inner)):
            raise misfit("bands", "bands are given by ascending `to_km`; only the last has none")
        return self


class HourBand(Block):
    """How much longer drives take within a part of the day."""

    between: Span
    """Part of the day, local time of the reps."""
    factor: Annotated[float, Field(ge=0.2, le=5)]
    """Driving time is multiplied by it; parking is not."""


class Travel(Block):
    """How long a drive takes."""

    engine: Literal["haversine", "calibrated", "matrix", "osrm", "valhalla"] = "haversine"
    """haversine: great circle x detour / speed; calibrated: speeds by distance; matrix: the table `travel_times`; osrm, valhalla: a server's answers."""  # noqa: E501
    speed_kmh: Positive = 30
    """Mean speed on the road."""
    detour_factor: Annotated[float, Field(ge=1, le=5)] = 1.35
    """Road kilometres per great-circle kilometre."""
    parking_minutes: NotNegative = 0
    """Added to each drive that ends at a customer."""
    calibration: Calibration | None = None
    """Speeds by distance, of `plan.py fit travel`; for the engine calibrated, and for `fill_holes`."""
    fill_holes: bool = False
    """A drive that the matrix or the server lacks is estimated by `calibration`; false: it is an error."""
    hours: list[HourBand] = []
    """Driving time by hour of the day: each part of a drive takes the factor of the hour in which it is driven."""
    planned_at: ClockMinute | None = None
    """All drives take the factor of this hour instead; outside every part of the day: 1."""
    url: Name | None = None
    """Address of the OSRM or Valhalla server, for example `http://localhost:5000`."""
    profile: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = "car"
    """OSRM's profile; with Valhalla the costing, where car means auto."""
    max_snap_metres: Positive = 500
    """A place farther than this from every road of the server is an error."""
    places_per_request: Annotated[int, Field(ge=2, le=1000)] | None = None
    """Origins, and as many destinations, in a request; none: 100 for OSRM, 50 for Valhalla, their usual limits."""
    timeout_seconds: Positive = 10
    """Longest wait for an answer."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """Further attempts after no answer."""
    kept_in: Name = ".muster/travel"
    """Folder where a server's answers are kept, read from where Muster is called; each drive is asked for once."""

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "http://host")
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise misfit("", "the address of a server starts with http:// or https://")
        return url.rstrip("/") if url else None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.engine in {"osrm", "valhalla"} and self.url is None:
            raise misfit("url", f"the engine {self.engine} needs `url`, the address of its server")
        if self.engine == "calibrated" and self.calibration is None:
            raise misfit("calibration", "the engine calibrated needs `calibration`; `plan.py fit travel` prints one")
        if self.fill_holes and self.calibration is None:
            raise misfit("calibration", "`fill_holes` needs `calibration`; `plan.py fit travel` prints one")
        spans = sorted(band.between for band in self.hours)
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            raise misfit("hours", "two parts of the day overlap")
        return self

    def hour_factor(self) -> float:
        """The factor that all drives take: that of `planned_at`; 1 without it, as each takes that of its own time."""
        if self.planned_at is None:
            return 1.0
        at = self.planned_at % MINUTES_A_DAY
        return next((band.factor for band in self.hours if band.between[0] <= at < band.between[1]), 1.0)

    def hour_bands(self) -> tuple[tuple[int, float], ...]:
        """(from second of the day, factor), ascending from 0, of drives by their own time; () with `planned_at`."""
        if not self.hours or self.planned_at is not None:
            return ()
        edges: dict[int, float] = {0: 1.0}
        for band in sorted(self.hours, key=lambda each: each.between):
            begin, end = (60 * minute for minute in band.between)
            edges[begin], edges[end] = band.factor, 1.0
        return tuple(sorted((at, factor) for at, factor in edges.items() if at < 60 * MINUTES_A_DAY))

    def kept_drives(self) -> Path:
        """The SQLite file of the server's answers; its name holds what they depend on."""
        asked = f"{self.engine} {self.url} {self.profile} {self.max_snap_metres:g}"
        return Path(self.kept_in) / f"{self.engine}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}.sqlite"
