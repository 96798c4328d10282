"""Forecasts with outlooks have smaller errors than the outlooks, and than forecasts without outlooks."""

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
    """Return a column of the default fleet as a series with outlooks, and as one without."""
    twin = make_twin(
        FLEET, start=np.datetime64("2024-01-01", "h"), hours=HOURS, seed=3, only=frozenset({"weather", "grid"})
    )
    outlooks = Outlooks.from_frame(twin.outlooks, table="twin")
    return Series.of(twin.telemetry, name, outlooks), Series.of(twin.telemetry, name)


def mean_error(series, forecaster):
    """Return the mean absolute error of each region."""
    forecast = walk_forward(FORECASTERS[forecaster](horizon=DAY), series, ORIGINS)
    return np.abs(forecast - actual(series, ORIGINS, DAY)).mean(axis=(0, 2))


@pytest.mark.slow
@pytest.mark.parametrize("forecaster", ["ridge", "blend"])
@pytest.mark.parametrize("name", ["temperature_c", "dew_point_c"])
def test_weather_forecasts_beat_the_outlooks_in_every_region(name, forecaster):
    with_outlooks, without = series_of(name)
    outlook = with_outlooks.outlooks.known_at(name, with_outlooks.time_utc[ORIGINS], DAY).swapaxes(0, 1)
    outlook_error = np.abs(outlook - actual(with_outlooks, ORIGINS, DAY)).mean(axis=(0, 2))
    forecast_error = mean_error(with_outlooks, forecaster)
    assert (forecast_error < outlook_error).all()
    assert (forecast_error < mean_error(without, forecaster)).all()


@pytest.mark.slow
def test_outlooks_of_wind_improve_the_carbon_forecast_of_ireland():
    ireland = FLEET.region_ids.index("ireland")
    with_outlooks, without = (mean_error(series, "ridge")[ireland] for series in series_of("carbon_g_per_kwh"))
    assert with_outlooks < 0.8 * without
