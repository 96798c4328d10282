"""Proposes the time zone of a place: that of the nearest city in the table of the IANA time zones."""

import re
from importlib.resources import files

import numpy as np

# Latitude and longitude as degrees and minutes, or degrees, minutes and seconds, such as +5320-00615.
_PLACE = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?([+-])(\d\d\d)(\d\d)(\d\d)?")


def nearest_time_zone(latitude_deg: float, longitude_deg: float) -> str:
    """Return the IANA name of the zone whose city is nearest. Near a border of zones it may be the neighbour's.

    >>> nearest_time_zone(53.36, -6.35), nearest_time_zone(41.15, -104.8)
    ('Europe/Dublin', 'America/Denver')
    """
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    latitudes, longitudes = np.radians([_degrees(row[1]) for row in rows]).T
    latitude, longitude = np.radians([latitude_deg, longitude_deg])
    # The cosine of the angle between two places is largest for the nearest.
    cosine = np.sin(latitude) * np.sin(latitudes) + np.cos(latitude) * np.cos(latitudes) * np.cos(
        longitude - longitudes
    )
    return rows[int(cosine.argmax())][2]


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
