"""Cities with datacentres, and the mix of fitted climates in each city."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class City:
    """A city with datacentres.

    hot_dry, mild, cold: shares of the climates of Phoenix, Dublin and Cheyenne; they add up to one.
    humid: True if warm air is moist there; sites then have chillers.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    hot_dry: float
    mild: float
    cold: float
    humid: bool = False


def _city(
    name: str, latitude: float, longitude: float, altitude: float, hot: float, mild: float, *, humid: bool = False
) -> City:
    return City(
        name=name,
        latitude_deg=latitude,
        longitude_deg=longitude,
        altitude_m=altitude,
        hot_dry=hot,
        mild=mild,
        cold=1 - hot - mild,
        humid=humid,
    )


# Coordinates and altitudes are rounded. The share of each fitted climate is an assumption.
CITIES = (
    _city("Ashburn", 39.0, -77.5, 90, 0.3, 0.3, humid=True),
    _city("Dallas", 32.8, -96.8, 140, 0.6, 0.2, humid=True),
    _city("Chicago", 41.9, -87.6, 180, 0.15, 0.2),
    _city("Phoenix", 33.4, -112.0, 340, 1.0, 0.0),
    _city("Cheyenne", 41.1, -104.8, 1_860, 0.0, 0.0),
    _city("Salt Lake City", 40.8, -111.9, 1_290, 0.3, 0.0),
    _city("Quincy", 47.2, -119.9, 400, 0.2, 0.3),
    _city("San Jose", 37.3, -121.9, 25, 0.3, 0.7),
    _city("Toronto", 43.7, -79.4, 110, 0.1, 0.3),
    _city("Montreal", 45.5, -73.6, 40, 0.0, 0.3),
    _city("Queretaro", 20.6, -100.4, 1_820, 0.5, 0.4),
    _city("Sao Paulo", -23.5, -46.6, 760, 0.3, 0.7, humid=True),
    _city("Santiago", -33.4, -70.7, 570, 0.4, 0.5),
    _city("Bogota", 4.7, -74.1, 2_550, 0.0, 0.9),
    _city("Dublin", 53.4, -6.4, 70, 0.0, 1.0),
    _city("London", 51.5, -0.1, 25, 0.05, 0.95),
    _city("Amsterdam", 52.3, 4.8, 0, 0.05, 0.9),
    _city("Frankfurt", 50.1, 8.7, 110, 0.1, 0.7),
    _city("Paris", 48.9, 2.3, 40, 0.1, 0.8),
    _city("Madrid", 40.4, -3.7, 650, 0.5, 0.4),
    _city("Milan", 45.5, 9.2, 120, 0.3, 0.5, humid=True),
    _city("Zurich", 47.4, 8.5, 430, 0.05, 0.7),
    _city("Warsaw", 52.2, 21.0, 110, 0.05, 0.55),
    _city("Stockholm", 59.3, 18.1, 30, 0.0, 0.6),
    _city("Lulea", 65.6, 22.2, 15, 0.0, 0.3),
    _city("Oslo", 59.9, 10.8, 25, 0.0, 0.6),
    _city("Tel Aviv", 32.1, 34.8, 30, 0.5, 0.5, humid=True),
    _city("Dubai", 25.2, 55.3, 10, 0.95, 0.05, humid=True),
    _city("Johannesburg", -26.2, 28.0, 1_720, 0.4, 0.5),
    _city("Cape Town", -33.9, 18.4, 25, 0.3, 0.7),
    _city("Mumbai", 19.1, 72.9, 15, 0.6, 0.4, humid=True),
    _city("Hyderabad", 17.4, 78.5, 540, 0.7, 0.3),
    _city("Singapore", 1.3, 103.8, 20, 0.5, 0.5, humid=True),
    _city("Jakarta", -6.2, 106.8, 10, 0.5, 0.5, humid=True),
    _city("Tokyo", 35.7, 139.7, 40, 0.3, 0.5, humid=True),
    _city("Osaka", 34.7, 135.5, 10, 0.35, 0.5, humid=True),
    _city("Seoul", 37.6, 127.0, 40, 0.3, 0.2, humid=True),
    _city("Hohhot", 40.8, 111.7, 1_060, 0.1, 0.0),
    _city("Sydney", -33.9, 151.2, 40, 0.3, 0.7),
    _city("Melbourne", -37.8, 145.0, 30, 0.25, 0.75),
)
