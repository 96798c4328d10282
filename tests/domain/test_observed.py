"""Now is the clock: what was observed, what is missing since, and what cannot have been observed yet."""

import numpy as np
import pytest
from support.builders import hours_from

from fleet.domain.observed import last_full_hour, newest_observation, refuse_ahead, up_to
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError

NAN = np.nan


def telemetry(**columns: list[list[float]]) -> Telemetry:
    values = {name: np.array(rows, dtype=float) for name, rows in columns.items()}
    (count, hours) = next(iter(values.values())).shape
    return Telemetry(
        regions=tuple("abc"[:count]),
        time_utc=hours_from("2024-05-01T00", hours),
        values=values,
        spans=((0, hours),) * count,
    )


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2024-05-01T03:00:00Z", "2024-05-01T02"),
        ("2024-05-01T03:59:59Z", "2024-05-01T02"),
        ("2024-01-01T00:30:00Z", "2023-12-31T23"),
    ],
)
def test_the_last_full_hour_has_ended(now, last):
    assert last_full_hour(now) == np.datetime64(last, "h")


def test_a_price_that_is_known_ahead_is_no_observation():
    stored = telemetry(it_load_mw=[[1, 2, NAN, NAN], [1, NAN, NAN, NAN]], price_usd_per_mwh=[[5, 5, 5, 5]] * 2)
    assert newest_observation(stored) == np.datetime64("2024-05-01T01", "h")
    assert newest_observation(telemetry(price_usd_per_mwh=[[5, 5]])) is None
    assert newest_observation(telemetry(it_load_mw=[[NAN, NAN]])) is None


def test_hours_after_the_end_are_missing_and_later_hours_are_cut():
    stored = telemetry(it_load_mw=[[1, 2, 3]])
    longer = up_to(stored, np.datetime64("2024-05-01T04", "h"))
    np.testing.assert_array_equal(longer.values["it_load_mw"], [[1, 2, 3, NAN, NAN]])
    assert longer.time_utc[-1] == np.datetime64("2024-05-01T04", "h")
    assert longer.spans == ((0, 5),)
    np.testing.assert_array_equal(up_to(stored, stored.time_utc[1]).values["it_load_mw"], [[1, 2]])
    with pytest.raises(DataError, match="outside the telemetry"):
        up_to(stored, np.datetime64("2023-01-01", "h"))


@pytest.mark.parametrize("column", ["temperature_c", "it_load_mw", "carbon_g_per_kwh", "grid_limit_mw"])
def test_an_observed_value_of_an_hour_that_has_not_begun_is_refused(column):
    ahead = telemetry(**{column: [[9, 9, 9]]})
    refuse_ahead(ahead, "2024-05-01T02:00:01Z")
    with pytest.raises(DataError, match=rf"{column} of region a at 2024-05-01T02:00Z is ahead of the clock"):
        refuse_ahead(ahead, "2024-05-01T01:59:59Z")
    refuse_ahead(telemetry(**{column: [[9, 9, NAN]]}), "2024-05-01T01:59:59Z")


def test_a_price_may_be_a_week_ahead_and_not_more():
    prices = telemetry(price_usd_per_mwh=[[5.0] * 24 * 10])
    refuse_ahead(prices, "2024-05-03T12:00:00Z")
    with pytest.raises(DataError, match=r"price_usd_per_mwh .* ahead of the clock by more than 8 days"):
        refuse_ahead(prices, "2024-05-01T12:00:00Z")
