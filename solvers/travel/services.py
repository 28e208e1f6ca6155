"""What OSRM and Valhalla are asked for a block of drives, and how their answers read.

References: OSRM HTTP API, table service (project-osrm.org/docs); Valhalla time-distance matrix, `sources_to_targets`
(valhalla.github.io/valhalla/api/matrix). Read against the programs themselves: OSRM 26.5 and 26.10, Valhalla 3.2 and
3.9.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from scenarios.errors import DataError
from solvers.travel.places import Places, great_circle_km

PAUSE_SECONDS = 0.2
"""Before the first further attempt; before each other twice as long as before the last."""
VALHALLA_COSTING = {"car": "auto", "driving": "auto", "bike": "bicycle", "foot": "pedestrian"}


class Code(IntEnum):
    """Valhalla's error codes that say something of the places; newer servers say APART for a place without a road."""

    NO_ROAD = 171
    APART = 170
    TOO_FAR = 154
    NO_WAY = 442  # for no drive of the request; from 3.5.0 to 3.6.2, where others answer null


class NoRoad(Exception):
    """The server found no road near one of the places; which, it may not say."""


class Apart(Exception):
    """Nothing was answered, as roads do not join all places of the request, or one has none; which, is not said."""


class TooFar(Exception):
    """Nothing was answered, as two places of the request are farther apart than the server answers."""


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

    def json(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The JSON of a GET, or of a POST of `body`; a refusal (status 4..) is answered in JSON too.

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
                return self._parsed(text)
            why = f"HTTP status {status} {text[:200].decode(errors='replace')}".strip()
        raise DataError(
            f"The travel server {self.url} gave no answer in {self.retries + 1} attempts of "
            f"{self.timeout_seconds:g} s: {why}. Start it, correct reps.travel.url, ask for less at a time "
            "(reps.travel.places_per_request), or take another reps.travel.engine."
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
    """One request to OSRM's table service; how far places were moved is in the answer.

    Between two places on one road OSRM has answered lengths below zero since its tables have lengths (5.18, its issue
    5855), the seconds being right; such a drive is as long as the straight line between the two points on the road.
    """
    del max_snap_metres  # judged from the answer
    n, m = len(origins.ids), len(destinations.ids)
    points = [*_degrees(origins), *_degrees(destinations)]
    at = ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in points)
    sources, targets = ";".join(map(str, range(n))), ";".join(map(str, range(n, n + m)))
    found = http.json(
        f"/table/v1/{profile}/{at}?sources={sources}&destinations={targets}"
        "&annotations=duration,distance&generate_hints=false"
    )
    code, message = str(found.get("code", "")), str(found.get("message", ""))
    if code == "NoSegment":
        raise NoRoad(message)
    if not code:
        raise _odd("OSRM", http)
    if code != "Ok":
        raise _refused("OSRM", http, profile, f"{code} {message}".strip())
    seconds, metres = (_table(found.get(name), (n, m), "OSRM", http) for name in ("durations", "distances"))
    starts, ends = found.get("sources"), found.get("destinations")
    if not (isinstance(starts, list) and isinstance(ends, list) and len(starts) == n and len(ends) == m):
        raise _odd("OSRM", http)
    if (metres < 0).any():
        metres = np.where(metres < 0, _straight_metres(starts, ends), metres)
    return Answer(_not_negative(seconds, "OSRM", http), metres, np.array([_snap(point) for point in [*starts, *ends]]))


def ask_valhalla(http: Http, origins: Places, destinations: Places, profile: str, max_snap_metres: float) -> Answer:
    """One request to Valhalla's matrix; it is told to refuse places farther than `max_snap_metres` from a road.

    Asked without `verbose`: servers set up without connectivity cannot write the long answer when a place has no road
    (status 500, 3.9); those that do not know the option give the long one.
    """
    n, m = len(origins.ids), len(destinations.ids)
    cutoff = round(max_snap_metres)
    sources, targets = (
        [{"lat": round(lat, 6), "lon": round(lon, 6), "search_cutoff": cutoff} for lat, lon in _degrees(places)]
        for places in (origins, destinations)
    )
    body = {
        "sources": sources, "targets": targets, "costing": VALHALLA_COSTING.get(profile, profile),
        "units": "kilometers", "verbose": False,
    }  # fmt: skip
    found = http.json("/sources_to_targets", body)
    said = str(found.get("error", ""))
    match found.get("error_code"):
        case Code.NO_ROAD:
            raise NoRoad(said)
        case Code.APART:
            raise Apart(said)
        case Code.TOO_FAR:
            raise TooFar(said)
        case Code.NO_WAY:
            return Answer(np.full((n, m), np.nan), np.full((n, m), np.nan), np.full(n + m, np.nan))
    if "sources_to_targets" not in found:
        if "error_code" not in found:
            raise _odd("Valhalla", http)
        raise _refused("Valhalla", http, profile, f"{found['error_code']} {said}".strip())
    cells = found["sources_to_targets"]
    try:
        if isinstance(cells, dict):
            seconds, km = cells["durations"], cells["distances"]
        else:
            seconds, km = ([[cell.get(name) for cell in row] for row in cells] for name in ("time", "distance"))
    except (AttributeError, KeyError, TypeError):
        raise _odd("Valhalla", http) from None
    times, lengths = (_not_negative(_table(each, (n, m), "Valhalla", http), "Valhalla", http) for each in (seconds, km))
    return Answer(times, 1000 * lengths, np.full(n + m, np.nan))


OSRM = Service("OSRM", 100, ask_osrm)
VALHALLA = Service("Valhalla", 50, ask_valhalla)


def _degrees(places: Places) -> list[tuple[float, float]]:
    return list(zip(places.latitude.tolist(), places.longitude.tolist(), strict=True))


def _snap(point: object) -> float:
    """Metres from a place to its road; OSRM gives null for a place that it could not place."""
    metres = point.get("distance") if isinstance(point, dict) else None
    return float(metres) if isinstance(metres, int | float) else np.nan


def _straight_metres(sources: list[Any], targets: list[Any]) -> np.ndarray:
    """(n, m) great circles between the points to which OSRM moved the places; NaN where it moved one nowhere."""
    ends = []
    for points in (sources, targets):
        at = [point.get("location") if isinstance(point, dict) else None for point in points]
        lon, lat = np.array([each or (np.nan, np.nan) for each in at], float).reshape(-1, 2).T
        ends.append(Places(np.arange(len(at)), lat, lon, np.zeros(len(at), bool)))
    return 1000 * great_circle_km(*ends)


def _table(cells: object, shape: tuple[int, int], name: str, http: Http) -> np.ndarray:
    try:
        table = np.array(cells, dtype=float)
    except (TypeError, ValueError):
        raise _odd(name, http) from None
    if table.shape != shape:
        raise _odd(name, http)
    return table


def _not_negative(table: np.ndarray, name: str, http: Http) -> np.ndarray:
    if (table < 0).any():
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
