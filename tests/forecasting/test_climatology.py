import numpy as np
from support.builders import series_of

from fleet.domain import clock
from fleet.forecasting.climatology import Climatology
from fleet.forecasting.seasonal_naive import SeasonalNaive

YEAR_H = 24 * 366


def test_the_forecast_is_the_mean_of_the_hour_of_day_in_the_month_and_its_neighbours():
    rng = np.random.default_rng(0)
    series = series_of(rng.normal(0, 1, (2, YEAR_H + 24 * 200)))
    learnt = Climatology(horizon=48).learn(series, 0, YEAR_H)
    origin = YEAR_H + 24 * 100 + 5
    forecast = learnt.predict(series, np.array([origin]))[0]
    month, hour = clock.month_index(series.time_utc) % 12, clock.hour_of_day(series.time_utc)
    for lead in (1, 30, 48):
        distance = np.abs(month - month[origin + lead])
        is_like = (np.minimum(distance, 12 - distance) <= 1) & (hour == hour[origin + lead])
        is_like[YEAR_H:] = False
        np.testing.assert_allclose(forecast[:, lead - 1], series.observed[:, is_like].mean(axis=1))


def test_learning_at_once_and_in_parts_give_the_same_forecast_and_gaps_are_left_out():
    observed = np.random.default_rng(1).normal(0, 1, (1, YEAR_H))
    observed[0, 100:900] = np.nan
    series, origins = series_of(observed), np.array([8000])
    at_once = Climatology(horizon=30).learn(series, 0, 7900)
    in_parts = Climatology(horizon=30).learn(series, 0, 3000).learn(series, 3000, 7900)
    np.testing.assert_allclose(in_parts.predict(series, origins), at_once.predict(series, origins))
    assert np.isfinite(at_once.predict(series, origins)).all()


def test_a_season_without_history_is_forecast_by_the_latest_day():
    series = series_of(np.random.default_rng(2).normal(0, 1, (1, 24 * 200)))
    learnt = Climatology(horizon=24).learn(series, 0, 24 * 31)
    origins = np.array([24 * 150])
    np.testing.assert_array_equal(learnt.predict(series, origins), SeasonalNaive(horizon=24).predict(series, origins))
