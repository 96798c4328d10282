import numpy as np
import polars as pl
import pytest
from support.real_data import DATA, needs_data

from fleet.domain.clock import weekday
from fleet.domain.region import Region
from fleet.errors import ConfigError
from fleet.fleets import load_fleet
from fleet.twin.almanac import local_hours, solar_hour
from fleet.twin.it_load import make_it_load

TIME = np.datetime64("2024-01-01T00", "h") + np.arange(3 * 8_760)
REGIONS = load_fleet().regions
ARIZONA = REGIONS[0]
SERVERS = ("gpu_cbsugpu05_to-2024", "gpu_cbsugpu07_to-2024", "gpu_cbsugpu08_to-2024")


def site(**changes: float) -> Region:
    return ARIZONA.model_copy(update={"twin": ARIZONA.twin.model_copy(update=changes)})


def alone(region: Region, hours: int = len(TIME)) -> np.ndarray:
    return make_it_load([region], TIME[:hours], seed=7)[0]


def autocorrelation(series: np.ndarray, lag: int) -> float:
    before, after = series[:-lag], series[lag:]
    is_known = np.isfinite(before) & np.isfinite(after)
    return float(np.corrcoef(before[is_known], after[is_known])[0, 1])


def by_hour(load: np.ndarray) -> np.ndarray:
    hour = np.floor(solar_hour(TIME, ARIZONA.longitude_deg))
    return np.array([load[hour == value].mean() for value in range(24)])


def without_rhythm(load: np.ndarray) -> np.ndarray:
    """Load over its trend and over the mean of the hour, of weekdays and weekends apart, (hour,)."""
    kind = np.arange(len(TIME)) % 24 + 24 * (weekday(local_hours(TIME, ARIZONA.longitude_deg)) >= 5)
    trend = np.exp(np.polyval(np.polyfit(np.arange(len(load)), np.log(load), 1), np.arange(len(load))))
    level = np.bincount(kind, load / trend) / np.bincount(kind)
    return load / trend / level[kind]


def test_load_has_its_mean_and_grows() -> None:
    steady = alone(site(load_growth_per_year=0.0))
    # Noise of 4 % with a memory of 88 h gives the mean of three years a standard error of
    # 0.04 sqrt(2 x 88 / 26,280) = 0.3 %.
    assert steady.mean() == pytest.approx(0.23 * 120, rel=0.012)
    growing = alone(site(load_growth_per_year=0.1))
    # Both have the same noise, so the ratio after two years is exactly 1.1^2.
    assert growing[2 * 8_760] / steady[2 * 8_760] == pytest.approx(1.21)


def test_load_stays_between_zero_and_capacity() -> None:
    full = alone(site(mean_load_fraction=0.98, load_growth_per_year=0.2))
    assert full.max() == 120
    assert full.min() >= 0


def test_a_longer_series_begins_with_the_same_hours_and_another_region_changes_none() -> None:
    whole = make_it_load(REGIONS, TIME, seed=7)
    assert whole.shape == (3, len(TIME))
    np.testing.assert_array_equal(whole[0, :1_000], alone(ARIZONA, 1_000))
    assert (whole[0] != make_it_load(REGIONS, TIME, seed=8)[0]).mean() > 0.99


def test_load_peaks_on_local_weekday_afternoons() -> None:
    load = alone(site(load_growth_per_year=0.0))
    hours = by_hour(load)
    assert np.argmax(hours) in {14, 15, 16}
    # A fifth of the load is inference, with a peak of 2.5 times its trough: 1 +- 0.2 x 1.5 / 3.5 = 1.086 and 0.914.
    assert hours.max() / hours.min() == pytest.approx(1.086 / 0.914, rel=0.02)
    weekend = weekday(local_hours(TIME, ARIZONA.longitude_deg)) >= 5
    assert load[~weekend].mean() / load[weekend].mean() == pytest.approx(1.05, abs=0.015)


@needs_data
def test_noise_has_the_memory_of_real_servers_and_the_spread_of_hundreds_of_them() -> None:
    real = [pl.read_parquet(DATA / "workload" / f"{name}.parquet").sort("time_utc") for name in SERVERS]
    watts = [frame["gpu_power_w_mean"].cast(pl.Float64).to_numpy() for frame in real]
    noise = [without_rhythm(series) for series in make_it_load([site(load_growth_per_year=0.0), *REGIONS[1:]], TIME, 7)]
    for lag in (1, 3, 6, 24, 48, 168):
        # The three servers differ from each other by 0.1 at a lag of an hour and by 0.25 at a week.
        expected = np.mean([autocorrelation(series, lag) for series in watts])
        assert np.mean([autocorrelation(series, lag) for series in noise]) == pytest.approx(expected, abs=0.06)
    spread = np.mean([np.nanstd(series) / np.nanmean(series) for series in watts])
    # The servers have relative spreads of 1.21, 0.76 and 0.73, 0.9 on average; 500 groups have 0.9 / sqrt(500) = 4 %.
    assert noise[0].std() == pytest.approx(spread / np.sqrt(500), abs=0.006)


@needs_data
def test_the_daily_cycle_is_as_large_as_that_of_real_servers() -> None:
    swings = []
    for name in SERVERS:
        frame = pl.read_parquet(DATA / "workload" / f"{name}.parquet").drop_nulls("gpu_power_w_mean")
        hours = frame.group_by(pl.col("time_utc").dt.hour()).agg(pl.col("gpu_power_w_mean").mean())["gpu_power_w_mean"]
        swings.append(hours.max() / hours.min())
    hours = by_hour(alone(site(load_growth_per_year=0.0)))
    assert min(swings) - 0.05 < hours.max() / hours.min() < max(swings) + 0.05


def test_a_grid_limit_below_the_power_of_the_mean_load_is_refused() -> None:
    # 27.6 MW and 4 % lost, 4.1 MW fixed, and 6 MW of fans at 0.23 of their flow in the thin air of 337 m:
    # 28.7 + 4.1 + 6 x 0.23^3 / 0.96^2 = 32.9.
    words = r"region arizona: its mean base load of 27\.6 MW takes 32\.9 MW of grid power"
    with pytest.raises(ConfigError, match=words):
        alone(ARIZONA.model_copy(update={"grid_limit_mw": 32.0}), hours=24)
    alone(ARIZONA.model_copy(update={"grid_limit_mw": 33.5}), hours=24)
