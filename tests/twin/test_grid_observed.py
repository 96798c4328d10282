"""The grids compared with the real ones that they were fitted to, under observed weather and under the twin's weather.

Tolerances allow for the variation between the simulated years. The numbers are means over seeds.
"""

import numpy as np
import pytest
from support.grid_measures import DATA, OBSERVED, REGIONS, SEEDS, local_hour, measured, under

from fleet.domain.clock import month_index

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data are not here")
WEATHERS = [pytest.param("observed", marks=needs_data), "twin"]
everywhere = pytest.mark.parametrize("weather", WEATHERS)
each_grid = pytest.mark.parametrize("grid", OBSERVED)


@pytest.mark.slow
@everywhere
@each_grid
def test_carbon_has_the_mean_and_spread_of_the_real_grid(grid: str, weather: str) -> None:
    ours, real = measured(weather, grid), OBSERVED[grid]
    assert ours.mean == pytest.approx(real.mean, rel=0.05)
    assert ours.sd == pytest.approx(real.sd, rel=0.15)
    assert ours.p5 == pytest.approx(real.p5, rel=0.08)
    assert ours.p95 == pytest.approx(real.p95, rel=0.08)


@everywhere
@each_grid
def test_carbon_has_the_autocorrelation_and_persistence_error_of_the_real_grid(grid: str, weather: str) -> None:
    ours, real = measured(weather, grid), OBSERVED[grid]
    for tolerance, twin_value, real_value in zip(
        (0.02, 0.05, 0.05), ours.autocorrelation, real.autocorrelation, strict=True
    ):
        assert twin_value == pytest.approx(real_value, abs=tolerance)
    assert ours.persistence_mape == pytest.approx(real.persistence_mape, rel=0.2)


@everywhere
@pytest.mark.parametrize(
    ("grid", "least", "least_hours", "most", "most_hours"),
    [
        ("azps", 405, {10, 11, 12}, 494, {19, 20, 21, 22}),
        ("wacm", 748, {14, 15, 16, 17, 18, 19, 20, 21}, 791, {2, 3, 4, 5, 6}),
    ],
)
def test_carbon_by_hour_has_the_extremes_of_the_real_grid(
    grid: str, least: float, least_hours: set[int], most: float, most_hours: set[int], weather: str
) -> None:
    by_hour = measured(weather, grid).by_hour
    assert min(by_hour) == pytest.approx(least, rel=0.05)
    assert max(by_hour) == pytest.approx(most, rel=0.05)
    assert int(np.argmin(by_hour)) in least_hours
    assert int(np.argmax(by_hour)) in most_hours


@everywhere
def test_irish_carbon_is_flat_over_the_day(weather: str) -> None:
    by_hour = np.array(measured(weather, "ie").by_hour)
    assert np.abs(by_hour / by_hour.mean() - 1).max() < 0.05


@everywhere
@pytest.mark.parametrize("grid", ["azps", "wacm"])
def test_carbon_by_month_follows_the_real_year(grid: str, weather: str) -> None:
    ours, real = (np.array(measures.by_month[:9]) for measures in (measured(weather, grid), OBSERVED[grid]))
    assert np.abs(ours / real - 1).max() < 0.08
    assert np.corrcoef(ours, real)[0, 1] > 0.75


@everywhere
def test_wyoming_has_the_highest_carbon_intensity_of_the_three(weather: str) -> None:
    means = {grid: measured(weather, grid).mean for grid in OBSERVED}
    assert max(means, key=lambda grid: means[grid]) == "wacm"


@everywhere
@pytest.mark.parametrize("seed", SEEDS)
def test_irish_carbon_rises_when_the_wind_stops(seed: int, weather: str) -> None:
    _, driver, grid = under(weather, "ie", seed)
    wind, carbon = driver.wind_speed_m_s[0], grid.carbon_g_per_kwh[0]
    calm, windy = wind <= np.quantile(wind, 0.1), wind >= np.quantile(wind, 0.9)
    assert np.corrcoef(wind, carbon)[0, 1] < -0.5
    assert carbon[calm].mean() > 1.7 * carbon[windy].mean()


@everywhere
def test_irish_wind_power_has_the_observed_distribution_and_memory(weather: str) -> None:
    # EirGrid 2018-21, over a mean demand of 3,371 MW. The autocorrelation is 0.99 and 0.83 at 1 and 6 h.
    share = np.stack([under(weather, "ie", seed)[2].wind_mw[0] for seed in SEEDS]) / 3_900
    observed = {5: 0.023, 25: 0.110, 50: 0.283, 75: 0.522, 95: 0.757}
    for percent, value in observed.items():
        assert np.percentile(share, percent) == pytest.approx(value, abs=0.06)
    for lag, value, tolerance in ((1, 0.99, 0.01), (6, 0.83, 0.05)):
        assert np.corrcoef(share[0, :-lag], share[0, lag:])[0, 1] == pytest.approx(value, abs=tolerance)


@everywhere
@pytest.mark.parametrize(("grid", "low", "high"), [("azps", 35, 50), ("ie", 110, 135), ("wacm", 35, 47)])
def test_prices_have_the_level_of_their_market_and_a_long_right_tail(
    grid: str, low: float, high: float, weather: str
) -> None:
    price = np.stack([under(weather, grid, seed)[2].price_usd_per_mwh[0] for seed in SEEDS])
    assert low < price.mean() < high
    above, below = np.percentile(price, 99) - np.median(price), np.median(price) - np.percentile(price, 1)
    assert above > 1.5 * below
    assert price.max() < 5_000


@everywhere
def test_prices_collapse_at_spring_midday_in_arizona_and_peak_in_the_evening(weather: str) -> None:
    time, _, _ = under(weather, "azps", SEEDS[0])
    price = np.stack([under(weather, "azps", seed)[2].price_usd_per_mwh[0] for seed in SEEDS])
    hour, month = local_hour(time, REGIONS["azps"].longitude_deg), month_index(time) % 12 + 1
    midday = (month >= 3) & (month <= 5) & (hour >= 11) & (hour <= 13)
    assert abs(price[:, midday].mean()) < 10
    by_hour = [price[:, hour == value].mean() for value in range(24)]
    assert int(np.argmax(by_hour)) in {18, 19, 20, 21}
