"""Drives as an OSRM or Valhalla server answers them: asked in blocks, each drive once, and kept on disk."""

from dataclasses import dataclass

import numpy as np

from scenarios.errors import DataError
from solvers.travel.formula import Calibrated
from solvers.travel.kept import KeptDrives, addresses
from solvers.travel.matrix import NAMED, some_drives
from solvers.travel.places import Places, arrivals, great_circle_km
from solvers.travel.services import Answer, Apart, Http, NoRoad, Service, TooFar


@dataclass(frozen=True)
class Server:
    """estimate: what fills drives the server knows no way for; None: they are an error. factor: of the hour."""

    service: Service
    http: Http
    profile: str
    kept: KeptDrives
    max_snap_metres: float
    block: int
    parking_minutes: float
    estimate: Calibrated | None = None
    factor: float = 1.0

    def matrix(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        """See `TravelModel.matrix`.

        Raises:
            DataError: the server gives no answer or refuses; a place is no place on land, or far from every road; the
                server knows no way for a drive, and nothing fills holes.
        """
        seconds, metres = self._answers(origins, destinations)
        holes = self._holes(seconds, origins, destinations)
        km, driving = metres / 1000, seconds * self.factor
        if holes.any() and self.estimate is None:
            raise DataError(
                f"{self._name()} knows no way for {holes.sum()} of {holes.size} drives, for example "
                f"{some_drives(origins, destinations, holes)}{_cut_off(origins, destinations, holes)}. Correct the "
                "coordinates, or let `reps.travel.fill_holes: true` estimate them."
            )
        if self.estimate is not None:
            road_km = great_circle_km(origins, destinations) * self.estimate.detour_factor
            driving = np.where(np.isnan(seconds), self.estimate.driving_seconds(road_km), driving)
            km = np.where(np.isnan(seconds), road_km, km)
        return arrivals(driving, km, origins, destinations, parking_minutes=self.parking_minutes)

    def notes(self, places: Places) -> tuple[str, ...]:
        """Who answers, and for how many drives between `places` it knew no way."""
        found = [f"drives are those of {self._name()}, profile {self.profile}, kept in {self.kept.file.name}"]
        holes = self._holes(self._answers(places, places)[0], places, places)
        if holes.any():
            found.append(
                f"{holes.sum()} drives for which the server knows no way are estimated by the calibration, for example "
                f"{some_drives(places, places, holes)}{_cut_off(places, places, holes)}"
            )
        return tuple(found)

    def _answers(self, origins: Places, destinations: Places) -> tuple[np.ndarray, np.ndarray]:
        """(seconds, metres), (n, m), NaN where there is no way; what is not kept yet is asked for, block by block."""
        kept = self.kept.read(origins, destinations)
        missing = ~(kept.known | _same(origins, destinations))
        if not missing.any():
            return kept.seconds, kept.metres
        _on_earth(origins)
        _on_earth(destinations)
        rows = np.flatnonzero(missing.any(axis=1))
        for i in range(0, len(rows), self.block):
            part = rows[i : i + self.block]
            columns = np.flatnonzero(missing[part].any(axis=0))
            for j in range(0, len(columns), self.block):
                self._ask(origins.take(part), destinations.take(columns[j : j + self.block]))
        kept = self.kept.read(origins, destinations)
        return kept.seconds, kept.metres

    def _ask(self, origins: Places, destinations: Places) -> None:
        try:
            answer = self._request(origins, destinations)
        except (NoRoad, Apart, TooFar) as error:
            both = _together(origins, destinations)
            lost = self._without_road(both)
            if lost.any() or isinstance(error, NoRoad):
                raise self._off_road(both, lost, str(error)) from None
            if isinstance(error, TooFar):
                raise self._too_far(origins, destinations, str(error)) from None
            self._ask_halves(origins, destinations)
        else:
            self._keep(origins, destinations, answer)

    def _ask_halves(self, origins: Places, destinations: Places) -> None:
        """Ask again for what was not answered because roads do not join all places: in halves, down to one drive."""
        n, m = len(origins.ids), len(destinations.ids)
        if n == m == 1:
            none = np.full((1, 1), np.nan)
            self.kept.write(origins, destinations, none, none)
            return
        for half in np.array_split(np.arange(max(n, m)), 2):
            block = (origins.take(half), destinations) if n >= m else (origins, destinations.take(half))
            try:
                answer = self._request(*block)
            except Apart:
                self._ask_halves(*block)
            else:
                self._keep(*block, answer)

    def _keep(self, origins: Places, destinations: Places, answer: Answer) -> None:
        both = _together(origins, destinations)
        far = np.nan_to_num(answer.snapped) > self.max_snap_metres
        if far.any():
            raise self._off_road(both, far, "")
        unknown = np.isnan(answer.seconds) | np.isnan(answer.metres)
        nowhere = np.concatenate([unknown.all(axis=1), unknown.all(axis=0)])
        if nowhere.any():  # islands, or places without a road: a server may give null for both
            lost = np.zeros(len(nowhere), bool)
            lost[nowhere] = self._without_road(both.take(np.flatnonzero(nowhere)))
            if lost.any():
                raise self._off_road(both, lost, "")
        seconds, metres = (np.where(unknown, np.nan, each) for each in (answer.seconds, answer.metres))
        self.kept.write(origins, destinations, seconds, metres)

    def _request(self, origins: Places, destinations: Places) -> Answer:
        return self.service.ask(self.http, origins, destinations, self.profile, self.max_snap_metres)

    def _without_road(self, places: Places) -> np.ndarray:
        """(n,) which places the server finds no road for: each is asked for alone, from itself to itself."""
        at = addresses(places)
        lost: dict[str, bool] = {}
        for i in range(len(at)):
            if at[i] in lost:
                continue
            one = places.take(np.array([i]))
            try:
                lost[at[i]] = np.isnan(self._request(one, one).seconds).item()
            except (NoRoad, Apart):
                lost[at[i]] = True
        return np.array([lost[each] for each in at], bool)

    def _too_far(self, origins: Places, destinations: Places, said: str) -> DataError:
        km = great_circle_km(origins, destinations)
        i, j = np.unravel_index(np.argmax(km), km.shape)
        return DataError(
            f"{self._name()} answers no drives as long as from {origins.ids[i]} to {destinations.ids[j]}, "
            f"{km.max():.0f} km as the crow flies: {said}. Correct their coordinates, or raise the server's own limit "
            "(service_limits, max_matrix_distance)."
        )

    def _off_road(self, places: Places, lost: np.ndarray, said: str) -> DataError:
        names = list(dict.fromkeys(f"{places.ids[i]}{_guess(places, lost, i)}" for i in np.flatnonzero(lost).tolist()))
        some = "; ".join(names[:NAMED]) or said
        return DataError(
            f"{self._name()} finds no road within {self.max_snap_metres:g} m of {len(names) or 'some'} places: {some}. "
            "Correct their latitude and longitude, or take a server whose map covers them."
        )

    def _holes(self, seconds: np.ndarray, origins: Places, destinations: Places) -> np.ndarray:
        holes: np.ndarray = np.isnan(seconds) & ~_same(origins, destinations)
        return holes

    def _name(self) -> str:
        return f"the {self.service.name} server {self.http.url}"


def _cut_off(origins: Places, destinations: Places, holes: np.ndarray) -> str:
    """The places that no way leaves or none reaches, as the end of a sentence on holes; empty if there are none."""
    others = ~_same(origins, destinations)
    said = ""
    for axis, ends, what in ((1, origins, "leaves"), (0, destinations, "reaches")):
        asked = others.sum(axis=axis)
        ids = ends.ids[(asked > 1) & ((holes & others).sum(axis=axis) == asked)]
        if 0 < len(ids) < len(ends.ids):
            said += f"; no way {what} {', '.join(map(str, ids[:NAMED]))}{' and others' if len(ids) > NAMED else ''}"
    return said


def _same(origins: Places, destinations: Places) -> np.ndarray:
    same: np.ndarray = origins.ids[:, None] == destinations.ids[None, :]
    return same


def _together(origins: Places, destinations: Places) -> Places:
    pairs = ("ids", "latitude", "longitude", "parks")
    return Places(*(np.concatenate([getattr(origins, name), getattr(destinations, name)]) for name in pairs))


def _guess(places: Places, lost: np.ndarray, i: int) -> str:
    """What is perhaps wrong with place i, seen from the places that have a road."""
    latitude, longitude = float(places.latitude[i]), float(places.longitude[i])
    said = f" at latitude {latitude:g}, longitude {longitude:g}"
    if latitude == longitude == 0:
        return f"{said}: in the sea, a place that is not known?"
    if lost.all() or abs(longitude) > 90:
        return said
    middle = np.median(places.latitude[~lost]), np.median(places.longitude[~lost])
    as_is = np.hypot(latitude - middle[0], longitude - middle[1])
    swapped = np.hypot(longitude - middle[0], latitude - middle[1])
    return f"{said}: swapped?" if swapped < as_is / 2 else said


def _on_earth(places: Places) -> None:
    """Raise DataError for degrees that are no place."""
    fine = (np.abs(places.latitude) <= 90) & (np.abs(places.longitude) <= 180)  # False for NaN
    if not fine.all():
        names = ", ".join(
            f"{places.ids[i]} ({places.latitude[i]:g}, {places.longitude[i]:g})" for i in np.flatnonzero(~fine)[:NAMED]
        )
        raise DataError(
            f"{(~fine).sum()} places have no latitude and longitude on earth: {names}; correct them, or swap the two"
        )
