"""The time zone that is proposed for a place."""

import pytest

from fleet.workflows.nearest_time_zone import nearest_time_zone


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "zone"),
    [
        (33.45, -111.98, "America/Phoenix"),
        (41.15, -104.8, "America/Denver"),
        (53.36, -6.35, "Europe/Dublin"),
        (-33.9, 151.2, "Australia/Sydney"),
        # Across the date line, the nearest city is on the other side.
        (-18.0, -179.5, "Pacific/Fiji"),
    ],
)
def test_the_zone_of_the_nearest_city_is_proposed(latitude_deg, longitude_deg, zone):
    assert nearest_time_zone(latitude_deg, longitude_deg) == zone
