"""What OSRM and Valhalla are asked for a block of drives, and how their answers read.

References: OSRM HTTP API, table service (project-osrm.org/docs); Valhalla time-distance matrix, `sources_to_targets`
(valhalla.github.io/valhalla/api/matrix).
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.errors import DataError
from solvers.travel.places import Places

PAUSE_SECONDS = 0.2
"""Before the first further attempt; before each other twice as long as before the last."""
NO_ROAD = {171}
"""Valhalla's code for a place without a road near it."""
VALHALLA_COSTING = {"car": "auto", "driving": "auto", "bike": "bicycle", "foot": "pedestrian"}


class NoRoad(Exception):
    """The server found no road near one of the places; which, it may not say."""


@dataclass(frozen=True)
class Answer:
    """seconds, metres: (n, m), NaN where there is no way; snapped: metres from place to road, (n + m,), NaN unknown."""

    seconds: np.ndarray
    metres: np.ndarray
    snapped: np.ndarray


@dataclass(frozen=True)
class Http:
    """A server by its address; an attempt that ends without an answer is repeated `retries` times."""

    url: str
    timeout_seconds: float
    retries: int

    def json(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a GET, or of a POST of `body`.

        Raises:
            DataError: no answer after all attempts, or one that is not JSON.
        """
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}{path}", data, {"Content-Type": "application/json"} if data else {}
        )
        why = ""
        for attempt in range(self.retries + 1):
            if attempt:
                time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
            try:
                status, text = self._once(request)
            except (OSError, http.client.HTTPException) as error:
                why = str(getattr(error, "reason", "") or error or type(error).__name__)
                continue
            if status < 500:
                return status, self._parsed(text)
            why = f"HTTP status {status}"
        raise DataError(
            f"The travel server {self.url} gave no answer in {self.retries + 1} attempts of "
            f"{self.timeout_seconds:g} s: {why}. Start it, correct reps.travel.url, or take another reps.travel.engine."
        )

    def _once(self, request: urllib.request.Request) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(request, timeout=self.timeout_seconds) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def _parsed(self, text: bytes) -> dict[str, Any]:
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise DataError(
                f"{self.url} answers, but not as a travel server: {text[:60].decode(errors='replace')!r}. "
                "Correct reps.travel.url or reps.travel.engine."
            )
        return found


Ask = Callable[[Http, Places, Places, str, float], Answer]


@dataclass(frozen=True)
class Service:
    """name: as users know it; block: origins, and destinations, of a request; ask: (http, origins, destinations,
    profile, max_snap_metres) -> Answer."""

    name: str
    block: int
    ask: Ask


def ask_osrm(http: Http, origins: Places, destinations: Places, profile: str, max_snap_metres: float) -> Answer:
    """One request to OSRM's table service; how far places were moved is in the answer."""
    del max_snap_metres  # judged from the answer
    n, m = len(origins.ids), len(destinations.ids)
    points = [*_degrees(origins), *_degrees(destinations)]
    at = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in points)
    sources, targets = ";".join(map(str, range(n))), ";".join(map(str, range(n, n + m)))
    status, found = http.json(
        f"/table/v1/{profile}/{at}?sources={sources}&destinations={targets}"
        "&annotations=duration,distance&generate_hints=false"
    )
    code, message = str(found.get("code", "")), str(found.get("message", ""))
    if code == "NoSegment":
        raise NoRoad(message)
    if status != 200 or code != "Ok":
        raise _refused("OSRM", http, profile, f"{code or status} {message}".strip())
    snapped = [_snap(point) for point in [*found.get("sources", []), *found.get("destinations", [])]]
    return Answer(
        _table(found.get("durations"), (n, m), "OSRM", http),
        _table(found.get("distances"), (n, m), "OSRM", http),
        np.array(snapped if len(snapped) == n + m else [np.nan] * (n + m), float),
    )


def ask_valhalla(http: Http, origins: Places, destinations: Places, profile: str, max_snap_metres: float) -> Answer:
    """One request to Valhalla's matrix; it is told to refuse places farther than `max_snap_metres` from a road."""
    n, m = len(origins.ids), len(destinations.ids)
    cutoff = round(max_snap_metres)
    sources, targets = (
        [{"lat": round(lat, 6), "lon": round(lon, 6), "search_cutoff": cutoff} for lat, lon in _degrees(places)]
        for places in (origins, destinations)
    )
    body = {
        "sources": sources, "targets": targets, "costing": VALHALLA_COSTING.get(profile, profile),
        "units": "kilometers", "verbose": True,
    }  # fmt: skip
    status, found = http.json("/sources_to_targets", body)
    if found.get("error_code") in NO_ROAD:
        raise NoRoad(str(found.get("error", "")))
    cells = found.get("sources_to_targets")
    if status != 200 or not isinstance(cells, list):
        raise _refused("Valhalla", http, profile, f"{found.get('error_code', status)} {found.get('error', '')}".strip())
    try:
        seconds = [[cell.get("time") for cell in row] for row in cells]
        km = [[cell.get("distance") for cell in row] for row in cells]
    except (AttributeError, TypeError):
        raise _odd("Valhalla", http) from None
    metres = 1000 * _table(km, (n, m), "Valhalla", http)
    return Answer(_table(seconds, (n, m), "Valhalla", http), metres, np.full(n + m, np.nan))


OSRM = Service("OSRM", 100, ask_osrm)
VALHALLA = Service("Valhalla", 50, ask_valhalla)


def _degrees(places: Places) -> list[tuple[float, float]]:
    return list(zip(places.latitude.tolist(), places.longitude.tolist(), strict=True))


def _snap(point: object) -> float:
    """Metres from a place to its road; OSRM gives null for a place that it could not place."""
    metres = point.get("distance") if isinstance(point, dict) else None
    return float(metres) if isinstance(metres, int | float) else np.nan


def _table(cells: object, shape: tuple[int, int], name: str, http: Http) -> np.ndarray:
    try:
        table = np.array(cells, dtype=float)
    except (TypeError, ValueError):
        raise _odd(name, http) from None
    if table.shape != shape or (table < 0).any():
        raise _odd(name, http)
    return table


def _odd(name: str, http: Http) -> DataError:
    return DataError(
        f"{http.url} answers, but not with a {name} table of times and distances of the size asked for; "
        "correct reps.travel.url or reps.travel.engine"
    )


def _refused(name: str, http: Http, profile: str, why: str) -> DataError:
    return DataError(
        f"The {name} server {http.url} refused a table for profile {profile}: {why}. Correct reps.travel.profile; if "
        "the table is too big for it, lower reps.travel.places_per_request."
    )
