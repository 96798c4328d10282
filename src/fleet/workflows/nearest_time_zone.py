"""Proposes the time zone of a place: that of the nearest city in the table of the IANA time zones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np

from fleet.errors import ConfigError
from fleet.units import FloatArray

_EARTH_KM = 6371.0
# Two zones have the same clock if they agree in each month of this year.
_YEAR = 2025
# Latitude and longitude as degrees and minutes, or degrees, minutes and seconds, such as +5320-00615.
_PLACE = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?([+-])(\d\d\d)(\d\d)(\d\d)?")


@dataclass(frozen=True, kw_only=True)
class ProposedZone:
    """A time zone that is proposed for a place.

    Args:
        name: IANA name of the zone.
        city, country: the nearest city of the table, and the two letters of its country.
        distance_km: from the place to the city.
        why: how the zone follows from the city, as a sentence.
    """

    name: str
    city: str
    country: str
    distance_km: float
    why: str


def nearest_time_zone(latitude_deg: float, longitude_deg: float, country: str = "") -> ProposedZone:
    """Return the zone of the nearest city, or a zone of the stated country with the same clock.

    Near a border of zones, the nearest city may have another clock than the place.

    >>> nearest_time_zone(53.36, -6.35).name, nearest_time_zone(32.8, -96.8, "US").name
    ('Europe/Dublin', 'America/Chicago')

    Args:
        country: two letters, such as US; empty if it is not known.
    Raises: ConfigError if no city of the table is in the country.
    """
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    distances_km = _distances_km(latitude_deg, longitude_deg, [row[1] for row in rows])
    nearest = rows[int(distances_km.argmin())]
    found = ProposedZone(
        name=nearest[2],
        city=nearest[2].rsplit("/", 1)[-1].replace("_", " "),
        country=nearest[0],
        distance_km=float(distances_km.min()),
        why="the zone of that city",
    )
    wanted = country.upper()
    if wanted in {"", found.country}:
        return found
    # The table lists the most populous zone of a country first.
    same = [row[2] for row in rows if row[0] == wanted]
    if not same:
        raise ConfigError(f"country is {country!r}, expected two letters of the table of time zones, such as US or IE")
    alike = [name for name in same if _offsets(name) == _offsets(found.name)]
    if alike:
        return replace(found, name=alike[0], why=f"a zone of {wanted} with the clock of that city")
    distance_of = {row[2]: distance for row, distance in zip(rows, distances_km, strict=True)}
    return replace(found, name=min(same, key=distance_of.__getitem__), why=f"the nearest zone of {wanted}")


def _offsets(name: str) -> tuple[timedelta | None, ...]:
    """Return the distances from UTC in the middle of each month of a year."""
    return tuple(datetime(_YEAR, month, 15, tzinfo=ZoneInfo(name)).utcoffset() for month in range(1, 13))


def _distances_km(latitude_deg: float, longitude_deg: float, places: Sequence[str]) -> FloatArray:
    """Return the distances along the surface of the earth [km], (place,)."""
    latitudes, longitudes = np.radians([_degrees(place) for place in places]).T
    latitude, longitude = np.radians([latitude_deg, longitude_deg])
    cosine = np.sin(latitude) * np.sin(latitudes) + np.cos(latitude) * np.cos(latitudes) * np.cos(
        longitude - longitudes
    )
    distances_km: FloatArray = _EARTH_KM * np.arccos(np.clip(cosine, -1.0, 1.0))
    return distances_km


def _degrees(place: str) -> tuple[float, float]:
    """Return latitude and longitude [degrees]. Raises: ValueError if the text is no place of the table."""
    match = _PLACE.fullmatch(place)
    if match is None:
        raise ValueError(f"found {place!r}, expected a place such as +5320-00615")
    parts = match.groups()
    latitude, longitude = (
        (-1 if sign == "-" else 1) * (int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600)
        for sign, degrees, minutes, seconds in (parts[:4], parts[4:])
    )
    return latitude, longitude
