"""The last step of a fit: figures of simulated years are compared with the observed figures to correct the climate."""

from dataclasses import replace

import numpy as np

from fleet.domain.clock import HourArray
from fleet.twin.almanac import local_hours
from fleet.twin.climate import Climate, RegularDay
from fleet.twin.weather import make_weather
from fleet.units import FloatArray
from twin_study.fit.observed import Observed
from twin_study.fit.regular import smooth_year
from twin_study.likeness import by_calendar_month, daily_extremes, monthly_correlation

_START = np.datetime64("2000-01-01T00", "h")
_HOURS = 100 * 8_766
_SEEDS = range(1_000_000, 1_000_005)  # used by the fit only, never to judge the twin
# The soft limits absorb a part of each correction, so the correction is repeated.
_ROUNDS = 4
_SCALES = (0.5, 2.0)
_MOST_COUPLED = 0.95


def corrected(climate: Climate, observed: Observed) -> Climate:
    """Return the climate, corrected to the observed means, daily ranges and couplings of each month.

    The parts of a climate influence each other. The soft limits at saturation and near records shift the means and
    loosen the couplings. Spells have couplings of their own, and random hours widen the day. The correlation of dew
    point and temperature is matched in the first harmonics of the year only, because few years do not show how one
    month differs from the next.

    Args:
        climate: the fitted table.
        observed: the observations that it was fitted to.
    """
    for _ in range(_ROUNDS):
        climate = _corrected_once(climate, observed)
    return climate


def _corrected_once(climate: Climate, observed: Observed) -> Climate:
    simulated_hours = _START + np.arange(_HOURS)
    simulated = []
    for seed in _SEEDS:
        weather = make_weather([observed.region], [climate], simulated_hours, seed)
        simulated.append(_figures(observed, simulated_hours, weather.temperature_c[0], weather.dew_point_c[0]))
    real = _figures(observed, observed.time_utc, observed.temperature_c, observed.dew_point_c)
    temperature, daily_range, dew_point, correlation = real - np.mean(simulated, axis=0)
    coupled = np.array(climate.coupling.dew_point_temperature) + smooth_year(correlation)
    coupled = np.clip(coupled, -_MOST_COUPLED, _MOST_COUPLED)
    return replace(
        climate,
        temperature=_moved(climate.temperature, temperature, daily_range),
        dew_point=_moved(climate.dew_point, dew_point, 0),
        coupling=replace(climate.coupling, dew_point_temperature=tuple(map(float, coupled))),
    )


def _figures(observed: Observed, time_utc: HourArray, temperature_c: FloatArray, dew_point_c: FloatArray) -> FloatArray:
    """Return mean temperature, mean daily range, mean dew point and the correlation of both, (4, month)."""
    local = local_hours(time_utc, observed.region.longitude_deg)
    start, high, low = daily_extremes(local, temperature_c)
    return np.stack(
        [
            by_calendar_month(local, temperature_c),
            by_calendar_month(start, high - low),
            by_calendar_month(local, dew_point_c),
            monthly_correlation(local, temperature_c, dew_point_c),
        ]
    )


def _moved(day: RegularDay, mean: FloatArray, daily_range: FloatArray | float) -> RegularDay:
    """Return the day with `mean` added to its mean and `daily_range` added to its range, (month,)."""
    regular = 2 * np.hypot(day.cosine, day.sine)
    scale = np.clip(1 + np.asarray(daily_range) / np.maximum(regular, 0.5), *_SCALES)
    shapes = [name for name in RegularDay.__dataclass_fields__ if name != "mean"]
    return RegularDay(
        mean=tuple(map(float, np.array(day.mean) + mean)),
        **{name: tuple(map(float, scale * np.array(getattr(day, name)))) for name in shapes},
    )
