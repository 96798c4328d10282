"""The local clock of a region: its time zone, summer time, and solar time without a zone."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from fleet.domain.local_clock import SOLAR, LocalClock
from fleet.domain.region import Region
from fleet.fleets import load_fleet

ARIZONA, IRELAND, WYOMING = (LocalClock.of(region) for region in load_fleet().regions)


def hours(year: int, month: int, day: int, hour: int, count: int) -> list[datetime]:
    return [datetime(year, month, day, hour, tzinfo=UTC) + timedelta(hours=step) for step in range(count)]


def test_arizona_has_no_summer_time_and_wyoming_has():
    july, january = datetime(2025, 7, 15, 20, tzinfo=UTC), datetime(2025, 1, 15, 20, tzinfo=UTC)
    assert (ARIZONA.text(july), ARIZONA.text(january)) == ("13:00 MST", "13:00 MST")
    assert (WYOMING.text(july), WYOMING.text(january)) == ("14:00 MDT", "13:00 MST")


def test_an_hour_comes_twice_in_the_night_in_which_summer_time_ends():
    # Summer time ended on 26 October 2025 at 01:00 UTC.
    night = hours(2025, 10, 25, 23, 4)
    assert [IRELAND.text(hour) for hour in night] == ["Sun 00:00 IST", "01:00 IST", "01:00 GMT", "02:00 GMT"]
    assert IRELAND.description(night) == "Europe/Dublin, IST; GMT from 01:00 UTC"


def test_an_hour_is_missing_in_the_night_in_which_summer_time_begins():
    # Summer time began on 9 March 2025 at 09:00 UTC.
    night = hours(2025, 3, 9, 7, 4)
    assert [WYOMING.text(hour) for hour in night] == ["00:00 MST", "01:00 MST", "03:00 MDT", "04:00 MDT"]


def test_a_time_without_a_zone_is_utc():
    assert IRELAND.text(datetime(2025, 7, 15, 12)) == "13:00 IST"


def test_a_region_without_a_time_zone_shows_solar_time_and_says_so():
    region = load_fleet().regions[0].model_copy(update={"time_zone": None})
    clock = LocalClock.of(region)
    # 111.98 degrees west / 15 degrees an hour = 7.5 hours, rounded to 7.
    assert clock.text(datetime(2025, 7, 15, 20, tzinfo=UTC)) == f"13:00 {SOLAR}"
    assert "no time_zone" in clock.description(hours(2025, 7, 15, 0, 24))


def test_a_zone_of_half_hours_has_its_minutes():
    india = LocalClock.of(load_fleet().regions[0].model_copy(update={"time_zone": "Asia/Kolkata"}))
    assert india.text(datetime(2025, 7, 15, 12, tzinfo=UTC)) == "17:30 IST"


@pytest.mark.parametrize("name", ["Mars/Base", "EST", "localtime", "../etc/passwd", "America", "America/", ""])
def test_a_name_that_is_no_time_zone_is_refused(name):
    content = load_fleet().regions[0].model_dump() | {"time_zone": name}
    with pytest.raises(ValidationError, match="such as Europe/Dublin"):
        Region.model_validate(content)
