"""The numbers behind the pictures and tables of docs/twin.md: twin hours, their figures and published values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl
from twin_study.likeness import MONTH_NAMES, year_figures
from twin_study.operate import Operation, OutdoorAir, operate

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import ChillerPlant, Region
from fleet.fleets import load_fleet
from fleet.twin import make_twin
from fleet.twin.almanac import local_hours
from fleet.twin.climates import CLIMATES
from fleet.twin.weather import make_weather
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

SEEDS = (1, 2, 3, 4, 5)
YEARS_A_SEED = 2  # the fit of fan power and fixed power used as many years, and the base load grows with the years
START = np.datetime64("2024-01-01T00", "h")
CLIMATE_YEARS = 50
_FEWEST_HOURS = 20


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Mean daily highs and lows [°C], January to December, and their source."""

    source: str
    high: tuple[float, ...]
    low: tuple[float, ...]


TARGETS: Mapping[str, Targets] = {
    "arizona": Targets(
        source="another record, years not stated",
        high=(19.5, 21.0, 26.9, 29.7, 34.7, 40.6, 41.1, 39.8, 39.1, 32.4, 27.1, 19.3),
        low=(6.0, 7.1, 12.4, 16.2, 21.5, 27.7, 30.3, 29.3, 27.3, 17.8, 10.8, 6.6),
    ),
    "ireland": Targets(
        source="usual values, assumed",
        high=(8.2, 8.6, 10.3, 12.3, 15.0, 17.7, 19.6, 19.3, 17.1, 13.8, 10.5, 8.5),
        low=(2.4, 2.3, 3.1, 4.5, 6.9, 9.6, 11.6, 11.4, 9.5, 7.2, 4.4, 2.7),
    ),
    "wyoming": Targets(
        source="usual values, assumed",
        high=(4.1, 4.4, 9.0, 12.4, 17.9, 24.7, 28.9, 27.7, 23.2, 15.4, 8.7, 3.9),
        low=(-7.7, -7.6, -3.8, -0.8, 4.3, 9.4, 13.2, 12.2, 7.4, 1.1, -4.1, -7.9),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Published:
    """Published life-cycle carbon of 2022 [g/kWh].

    by_hour: pairs of a local hour and its mean.
    persistence: mean absolute error [%] of the value 24 h earlier as a forecast.
    """

    zone: str
    mean: float
    sd: float
    p5: float
    p95: float
    by_hour: tuple[tuple[float, float], ...]
    persistence: float


# Computed from the hourly life-cycle intensities of 2022 of Electricity Maps.
CARBON: Mapping[str, Published] = {
    "arizona": Published(
        zone="AZPS", mean=458, sd=66, p5=325, p95=551, by_hour=((11, 405), (21.5, 494)), persistence=4.5
    ),
    "ireland": Published(zone="IE", mean=397, sd=136, p5=174, p95=581, by_hour=(), persistence=31.8),
    "wyoming": Published(zone="WACM", mean=768, sd=73, p5=650, p95=889, by_hour=(), persistence=8.2),
}

# Annual PUE and WUE [L/kWh] from Microsoft's page for its year 2024. Wyoming's PUE is from the fleet file.
PLANTS: Mapping[str, tuple[float, float]] = {"arizona": (1.13, 1.52), "ireland": (1.18, 0.02), "wyoming": (1.125, 0.16)}

# Assumed chillers. No region of the fleet has them. Each carries the heat of Arizona's hall on its hottest day.
CHILLERS: Mapping[str, ChillerPlant] = {
    "chillers, condensers in air": ChillerPlant(
        kind="chiller",
        condenser="air",
        supply_setpoint_c=20,
        design_supply_c=22,
        fan_reference_mw=6.0,
        fixed_mw=4.1,
        chiller_mw=168,
        reference_cop=3.0,
    ),
    "chillers, wet tower": ChillerPlant(
        kind="chiller",
        condenser="tower",
        supply_setpoint_c=20,
        design_supply_c=22,
        fan_reference_mw=6.0,
        fixed_mw=4.1,
        chiller_mw=150,
        reference_cop=5.5,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Hours:
    """The twin hours of a region for all seeds.

    time_utc: (hour,), the same for every seed.
    columns: telemetry by name, (seed, hour).
    jobs: one table per seed.
    """

    region: Region
    time_utc: HourArray
    columns: Mapping[str, FloatArray]
    jobs: tuple[pl.DataFrame, ...]

    @property
    def local(self) -> HourArray:
        """Local time, (hour,)."""
        return local_hours(self.time_utc, self.region.longitude_deg)

    def operated(self, region: Region | None = None) -> Operation:
        """Return the operation under the weather, base load and jobs at home of all seeds, one seed after another.

        Args:
            region: region whose plant is operated; None for this region.
        """
        chosen = region or self.region
        jobs_mw = np.stack([jobs_at_home_mw(table, self.time_utc) for table in self.jobs])
        load_mw = np.minimum(self.columns["it_load_mw"] + jobs_mw, chosen.it_capacity_mw)
        air = OutdoorAir(
            temperature_c=self.columns["temperature_c"].ravel(), dew_point_c=self.columns["dew_point_c"].ravel()
        )
        time_utc = np.tile(self.time_utc, len(self.columns["it_load_mw"]))
        return operate(chosen, time_utc, air, load_mw.ravel())


def twin_hours() -> Mapping[str, Hours]:
    """Make two years of every seed and return the hours by region."""
    fleet = load_fleet()
    time_utc = START + np.arange(round(YEARS_A_SEED * HOURS_PER_YEAR))
    twins = [make_twin(fleet, start=START, hours=len(time_utc), seed=seed) for seed in SEEDS]
    return {
        region.id: Hours(
            region=region,
            time_utc=time_utc,
            columns={
                name: np.stack([twin.telemetry.values[name][index] for twin in twins])
                for name in twins[0].telemetry.values
            },
            jobs=tuple(twin.jobs.filter(home_region=region.id) for twin in twins),
        )
        for index, region in enumerate(fleet.regions)
    }


def with_chillers(region: Region, name: str) -> Region:
    """Return the region with one of CHILLERS as its plant."""
    return region.model_copy(update={"plant": CHILLERS[name]})


def climate_years(region: Region) -> Mapping[str, FloatArray]:
    """Return mean daily "high" and "low" of the region's climate, (year, month)."""
    time_utc = np.datetime64("2000-01-01T00", "h") + np.arange(round(CLIMATE_YEARS * HOURS_PER_YEAR))
    weather = make_weather([region], [CLIMATES[cast(str, region.twin.climate)]], time_utc, SEEDS[0])
    return monthly(year_figures(time_utc, weather.temperature_c[0], weather.dew_point_c[0], region))


def monthly(figures: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
    """Return the daily "high" and "low" of `year_figures`, (year, month)."""
    names = {"high": "daily high", "low": "daily low"}
    return {
        short: np.stack([figures[f"{name} {month}"] for month in MONTH_NAMES], axis=1) for short, name in names.items()
    }


def binned(x: FloatArray, y: FloatArray, width: float) -> tuple[FloatArray, FloatArray]:
    """Return middles of bins of x, (bin,), and 5 %, 50 % and 95 % quantiles of y, (3, bin).

    Bins with few hours are left out.

    Args:
        x, y: (hour,).
        width: width of a bin.
    """
    bin_of_hour = np.floor(x / width).astype(np.int64)
    bins = [(index, y[bin_of_hour == index]) for index in np.unique(bin_of_hour)]
    kept = [(index, values) for index, values in bins if len(values) >= _FEWEST_HOURS]
    middles = np.array([(index + 0.5) * width for index, _ in kept])
    return middles, np.array([np.quantile(values, (0.05, 0.5, 0.95)) for _, values in kept]).T


def by_hour(local: HourArray, values: FloatArray) -> FloatArray:
    """Return mean, 10 %, 50 % and 90 % quantiles, (4, hour of the day).

    Args:
        local: (hour,) local time.
        values: (seed, hour).
    """
    hour_of_day = clock.hour_of_day(local)
    groups = [values[:, hour_of_day == hour] for hour in range(HOURS_PER_DAY)]
    return np.array([[group.mean(), *np.quantile(group, (0.1, 0.5, 0.9))] for group in groups]).T


def persistence_pct(values: FloatArray) -> float:
    """Return the mean absolute error [%] of the value 24 h earlier, relative to the actual; values are (seed, hour)."""
    later, before = values[:, HOURS_PER_DAY:], values[:, :-HOURS_PER_DAY]
    return float(100 * np.mean(np.abs(later - before) / later))


def annual(operation: Operation) -> tuple[FloatArray, FloatArray]:
    """Return energy-weighted PUE and WUE, each (seed,)."""
    facility, energy, water = (
        values.reshape(len(SEEDS), -1).sum(axis=1)
        for values in (operation.facility_mw, operation.it_mw, operation.water_l)
    )
    return facility / energy, water / (1_000 * energy)


def jobs_at_home_mw(jobs: pl.DataFrame, time_utc: HourArray) -> FloatArray:
    """Return the IT power of jobs that all start at once, (hour,).

    Args:
        jobs: jobs of one home region, which end within the hours.
        time_utc: (hour,) consecutive hours.
    """
    start = (
        (jobs["earliest_utc"].dt.replace_time_zone(None).to_numpy() - time_utc[0]) / np.timedelta64(1, "h")
    ).astype(np.int64)
    change = np.zeros(len(time_utc) + 1)
    np.add.at(change, start, jobs["power_mw"].to_numpy())
    np.add.at(change, start + jobs["duration_h"].to_numpy(), -jobs["power_mw"].to_numpy())
    return np.cumsum(change)[:-1]


def jobs_share(jobs: Sequence[pl.DataFrame], region: Region, hours: int) -> tuple[float, float]:
    """Return the number of jobs per year, and their energy as a share of the energy of the installed power.

    Args:
        jobs: one table per seed.
        region: home of the jobs.
        hours: length of each series.
    """
    count = sum(table.height for table in jobs) / len(jobs) * HOURS_PER_YEAR / hours
    energy = float(np.mean([(table["power_mw"] * table["duration_h"]).sum() for table in jobs]))
    return count, energy / (region.it_capacity_mw * hours)
