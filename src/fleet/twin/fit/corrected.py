"""The last step of a fit: simulated years show what the parts of a climate make of each other."""

from dataclasses import replace

import numpy as np

from fleet.domain.clock import HourArray
from fleet.twin.almanac import local_hours
from fleet.twin.climate import Climate, RegularDay
from fleet.twin.fit.observed import Observed
from fleet.twin.likeness import by_calendar_month, daily_extremes
from fleet.twin.weather import make_weather
from fleet.units import FloatArray

_START = np.datetime64("2000-01-01T00", "h")
_HOURS = 100 * 8_766
_SEEDS = range(1_000_000, 1_000_005)  # of the fit alone: nobody judges the twin by these years
_SCALES = (0.5, 2.0)

Figures = tuple[FloatArray, FloatArray]


def corrected(climate: Climate, observed: Observed) -> Climate:
    """The climate with each month's mean, and the temperature's mean daily range, as they were observed.

    What is bent at saturation or towards a record shifts the mean, and random hours widen the day.
    """
    simulated = _START + np.arange(_HOURS)
    made: dict[str, list[Figures]] = {"temperature_c": [], "dew_point_c": []}
    for seed in _SEEDS:
        weather = make_weather([observed.region], [climate], simulated, seed)
        for name, figures in made.items():
            figures.append(_figures(observed, simulated, getattr(weather, name)[0]))

    def difference(name: str) -> Figures:
        seen = _figures(observed, observed.time_utc, getattr(observed, name))
        mean, daily_range = (np.mean(each, axis=0) for each in zip(*made[name], strict=True))
        return seen[0] - mean, seen[1] - daily_range

    return replace(
        climate,
        temperature=_moved(climate.temperature, *difference("temperature_c")),
        dew_point=_moved(climate.dew_point, difference("dew_point_c")[0], 0),
    )


def _figures(observed: Observed, time_utc: HourArray, values: FloatArray) -> Figures:
    """(month,) mean, and (month,) mean daily range."""
    local = local_hours(time_utc, observed.region.longitude_deg)
    start, high, low = daily_extremes(local, values)
    return by_calendar_month(local, values), by_calendar_month(start, high - low)


def _moved(day: RegularDay, mean: FloatArray, daily_range: FloatArray | float) -> RegularDay:
    """The day with a mean that is so much more, and a range that is."""
    regular = 2 * np.hypot(day.cosine, day.sine)
    scale = np.clip(1 + np.asarray(daily_range) / np.maximum(regular, 0.5), *_SCALES)
    shapes = [name for name in RegularDay.__dataclass_fields__ if name != "mean"]
    return RegularDay(
        mean=tuple(map(float, np.array(day.mean) + mean)),
        **{name: tuple(map(float, scale * np.array(getattr(day, name)))) for name in shapes},
    )
