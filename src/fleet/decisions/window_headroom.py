"""The headroom of windows ahead of one origin, each at the level of conservatism that the window requires."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Window:
    """The hours of one window at the bound. Arrays are (hour,).

    Args:
        required: the level of conservatism that the window requires.
        spare_mw: safe load minus load bound; negative where the load bound exceeds the safe load, -inf where there is
            no bound.
        safe_load_mw: the largest total load that every limit allows.
        binding: code of the limit that sets the safe load.
        temperature_bound_c: upper bound of the outdoor temperature.
        level: the level at which the hours within the horizon are computed.
        forecast_c, margin_k: (2, hour) forecast and one margin of temperature and dew point; NaN beyond the horizon.
    """

    required: float
    spare_mw: FloatArray
    safe_load_mw: FloatArray
    binding: NDArray[np.int8]
    temperature_bound_c: FloatArray
    level: float
    forecast_c: FloatArray
    margin_k: FloatArray


class WindowHeadroom:
    """Spare power of every window ahead of one origin, within and beyond the horizon."""

    def __init__(
        self, levels: HeadroomLevels, step: int, ahead: Conditions, spare_ahead_mw: FloatArray, extra: FloatArray
    ) -> None:
        """Args:
        step: number of the origin.
        ahead: (region, hour) conditions. Only the hours beyond the horizon are used.
        spare_ahead_mw: (level + 1, region, hour) result of `HeadroomLevels.spare_ahead_mw`.
        extra: (region,) level that the controller adds to the level of a window.
        """
        self._levels, self._step, self._ahead, self._extra = levels, step, ahead, extra
        self._horizon = levels.required.shape[2]
        self._spare_mw = spare_ahead_mw
        self._by_duration: dict[int, FloatArray] = {}

    @classmethod
    def of(cls, prepared: Prepared, step: int, hours: int, extra: FloatArray) -> Self:
        """Make the windows of an origin for the next `hours` hours."""
        return cls(prepared.levels, step, prepared.ahead(step, hours), prepared.spare_ahead_mw(step, hours), extra)

    @property
    def highest_level(self) -> float:
        """The highest level. No job gets a window that requires a higher level."""
        return float(self._levels.levels[-1])

    @property
    def spare_by_level_mw(self) -> FloatArray:
        """(level, region, hour) safe load minus load bound; -inf where there is no bound."""
        return self._spare_mw[:-1]

    def spare_mw(self, duration_h: int) -> FloatArray:
        """Return the (region, start, hour of the window) spare power, for every start within the horizon."""
        if duration_h not in self._by_duration:
            level = self._levels.index_of(self._levels.required_by(self._step, duration_h, self._extra))
            regions, starts = level.shape
            hour = np.arange(starts)[:, None] + np.arange(duration_h)
            self._by_duration[duration_h] = self._spare_mw[level[:, :, None], np.arange(regions)[:, None, None], hour]
        return self._by_duration[duration_h]

    def window(self, region: int, start: int, duration_h: int) -> Window:
        """Return one window.

        A window that requires more than the highest level gets the values of the highest level, and a `spare_mw` of
        -inf within the horizon and beyond.
        """
        near = slice(start, min(start + duration_h, self._horizon))
        beyond = slice(max(start, self._horizon), start + duration_h)
        levels, ahead, step = self._levels, self._ahead, self._step
        required = levels.required_by(step, duration_h, self._extra)[region, start]
        level = min(int(levels.index_of(required)), len(levels.levels) - 1)
        margins = levels.levels[level] * np.where(levels.levels[level] > 0, levels.margin_k[step, region, near], 0.0)
        forecast_c, margin_k = np.full((2, 2, duration_h), np.nan)
        hours_near = len(margins)
        forecast_c[:, :hours_near] = levels.temperature_c[step, region, near], levels.dew_point_c[step, region, near]
        margin_k[:, :hours_near] = levels.margin_k[step, region, near], levels.dew_point_margin_k[step, region, near]
        return Window(
            required=float(required),
            spare_mw=self.spare_mw(duration_h)[region, start],
            safe_load_mw=np.concatenate(
                [levels.safe_load_mw[level, step, region, near], ahead.safe_load_mw[region, beyond]]
            ),
            binding=np.concatenate([levels.binding[level, step, region, near], ahead.binding[region, beyond]]),
            temperature_bound_c=np.concatenate(
                [levels.temperature_c[step, region, near] + margins, ahead.temperature_bound_c[region, beyond]]
            ),
            level=float(levels.levels[level]),
            forecast_c=forecast_c,
            margin_k=margin_k,
        )
