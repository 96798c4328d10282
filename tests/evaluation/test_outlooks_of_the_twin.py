"""With the outlooks that an operator has, forecasts miss by less than the outlooks do, and than without them."""

import functools

import numpy as np
import pytest

from fleet.domain.outlooks import Outlooks
from fleet.fleets import load_fleet
from fleet.forecasting import FORECASTERS, Series, walk_forward
from fleet.forecasting.series import actual
from fleet.twin import make_twin

DAY = 24
HOURS = 500 * DAY
ORIGINS = np.arange(400 * DAY, HOURS - 2 * DAY, 7)
FLEET = load_fleet()


@functools.cache
def series_of(name):
    """The default fleet's column, with and without outlooks."""
    twin = make_twin(
        FLEET, start=np.datetime64("2024-01-01", "h"), hours=HOURS, seed=3, only=frozenset({"weather", "grid"})
    )
    outlooks = Outlooks.from_frame(twin.outlooks, table="twin")
    return Series.of(twin.telemetry, name, outlooks), Series.of(twin.telemetry, name)


def missed(series, forecaster):
    forecast = walk_forward(FORECASTERS[forecaster](horizon=DAY), series, ORIGINS)
    return np.abs(forecast - actual(series, ORIGINS, DAY)).mean(axis=(0, 2))


@pytest.mark.parametrize("forecaster", ["ridge", "blend"])
@pytest.mark.parametrize("name", ["temperature_c", "dew_point_c"])
def test_weather_is_forecast_better_than_the_service_did_in_every_region(name, forecaster):
    told, alone = series_of(name)
    service = told.outlooks.known_at(name, told.time_utc[ORIGINS], DAY).swapaxes(0, 1)
    raw = np.abs(service - actual(told, ORIGINS, DAY)).mean(axis=(0, 2))
    ours = missed(told, forecaster)
    assert (ours < raw).all()
    assert (ours < missed(alone, forecaster)).all()


def test_irelands_carbon_is_better_known_with_the_wind_that_is_foreseen():
    ireland = FLEET.region_ids.index("ireland")
    told, alone = (missed(series, "ridge")[ireland] for series in series_of("carbon_g_per_kwh"))
    assert told < 0.8 * alone
