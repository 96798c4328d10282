"""The time zone that is proposed for a place."""

import pytest

from fleet.errors import ConfigError
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
    assert nearest_time_zone(latitude_deg, longitude_deg).name == zone


def test_a_zone_of_the_stated_country_with_the_clock_of_the_nearest_city_is_preferred():
    # Near Dallas, the nearest city of the table is Matamoros in Mexico, which has the clock of Chicago. Denver is the
    # nearest city of the country, and has another clock.
    anywhere, stated = nearest_time_zone(32.8, -96.8), nearest_time_zone(32.8, -96.8, "us")
    assert (anywhere.name, anywhere.city, anywhere.country) == ("America/Matamoros", "Matamoros", "MX")
    # 7 degrees of latitude are 778 km.
    assert anywhere.distance_km == pytest.approx(778, abs=15)
    assert stated.name == "America/Chicago"
    assert (stated.city, stated.why) == ("Matamoros", "a zone of US with the clock of that city")


def test_without_a_zone_of_the_same_clock_the_nearest_of_the_country_is_proposed():
    # The nearest city of eastern Maine is in Canada, on Atlantic time, which no zone of the country keeps all year.
    assert nearest_time_zone(45.0, -67.2).country == "CA"
    assert nearest_time_zone(45.0, -67.2, "US").name == "America/New_York"


def test_a_country_without_a_city_is_refused():
    with pytest.raises(ConfigError, match="country is 'ZZ', expected two letters"):
        nearest_time_zone(0, 0, "ZZ")
