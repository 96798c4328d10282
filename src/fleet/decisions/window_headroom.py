"""The headroom of windows ahead of one origin, each at the levels of conservatism that the window requires."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.decisions.level_rows import LevelRows
from fleet.domain.levels import HourBound
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Window:
    """The hours of one window at the bound. Arrays are (hour,).

    Args:
        weather_required, load_required: the levels of conservatism that the window requires.
        spare_mw, safe_load_mw, binding, temperature_bound_c: as in `HourBound`.
        weather_level: the level at which the weather within the horizon is computed.
        forecast_c, margin_k: (2, hour) forecast and one margin of temperature and dew point; NaN beyond the horizon.
    """

    weather_required: float
    load_required: float
    spare_mw: FloatArray
    safe_load_mw: FloatArray
    binding: NDArray[np.int8]
    temperature_bound_c: FloatArray
    weather_level: float
    forecast_c: FloatArray
    margin_k: FloatArray

    @property
    def required(self) -> float:
        """The higher of the two required levels."""
        return max(self.weather_required, self.load_required)


class WindowHeadroom:
    """Spare power of every window ahead of one origin, within and beyond the horizon."""

    def __init__(self, prepared: Prepared, step: int, rows: LevelRows) -> None:
        """Args:
        step: number of the origin.
        rows: the spare power ahead of the origin.
        """
        self._levels, self._step, self._extra = prepared.levels, step, rows.caution.near_level
        self._horizon = prepared.settings.horizon
        self._rows = rows
        self._by_duration: dict[int, FloatArray] = {}

    @property
    def highest_level(self) -> float:
        """The highest level. No job gets a window that requires a higher level."""
        return self._levels.highest

    @property
    def spare_by_level_mw(self) -> FloatArray:
        """(level, region, hour) spare power with weather and load at the same level; -inf where there is no bound."""
        regions, hours = self._rows.spare_mw.shape[1:]
        spare_mw = np.empty((len(self._levels.levels), regions, hours))
        for level in range(len(spare_mw)):
            at = self._step, slice(None), slice(None)
            spare_mw[level, :, : self._horizon] = self._levels.spare_mw(at, level, level)
        spare_mw[..., self._horizon :] = self._rows.beyond.spare_mw
        return spare_mw

    def spare_mw(self, duration_h: int) -> FloatArray:
        """Return the (region, start, hour of the window) spare power, for every start within the horizon."""
        if duration_h not in self._by_duration:
            starts = np.arange(self._horizon)
            row = self._rows.row[self._levels.bucket_of(duration_h), :, starts].T
            region, hour = np.arange(len(row)), starts[:, None] + np.arange(duration_h)
            self._by_duration[duration_h] = self._rows.spare_mw[row[:, :, None], region[:, None, None], hour]
        return self._by_duration[duration_h]

    def window(self, region: int, start: int, duration_h: int) -> Window:
        """Return one window.

        A window that requires more than the highest level gets the values of the highest level, and a `spare_mw` of
        -inf within the horizon and beyond.
        """
        levels, beyond, step = self._levels, self._rows.beyond, self._step
        near = slice(start, min(start + duration_h, self._horizon))
        later = slice(0, max(start + duration_h - self._horizon, 0))
        at = step, region, start, int(levels.bucket_of(duration_h)[start])
        weather_required, load_required = (
            float(required[at]) + float(self._extra[region])
            for required in (levels.weather_required, levels.load_required)
        )
        highest = len(levels.levels) - 1
        weather, load = (
            min(int(levels.index_of(np.array(required))), highest) for required in (weather_required, load_required)
        )
        bound = levels.bound_at((step, region, near), weather, load)
        forecast_c, margin_k = np.full((2, 2, duration_h), np.nan)
        hours_near = len(bound.spare_mw)
        forecast_c[:, :hours_near] = levels.temperature_c[step, region, near], levels.dew_point_c[step, region, near]
        margin_k[:, :hours_near] = levels.margin_k[step, region, near], levels.dew_point_margin_k[step, region, near]
        return Window(
            weather_required=weather_required,
            load_required=load_required,
            spare_mw=self.spare_mw(duration_h)[region, start],
            safe_load_mw=_joined(bound, beyond, "safe_load_mw", region, later),
            binding=_joined(bound, beyond, "binding", region, later),
            temperature_bound_c=_joined(bound, beyond, "temperature_bound_c", region, later),
            weather_level=float(levels.levels[weather]),
            forecast_c=forecast_c,
            margin_k=margin_k,
        )


def _joined(bound: HourBound, beyond: HourBound, name: str, region: int, later: slice) -> Any:
    """Join the hours of a window within the horizon with its hours beyond it."""
    return np.concatenate([getattr(bound, name), getattr(beyond, name)[region, later]])
