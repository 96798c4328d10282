"""What a job may count on in the hours ahead of one origin, at the conservatism that its window asks for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class HeldWindow:
    """The hours of one window. Arrays are (hour,).

    asked: the level of conservatism that the window is held at.
    spare_mw: safe load less load bound; below zero where the region's own load is too much, -inf where no bound is.
    safe_load_mw, binding: the largest total load that every limit allows, and the limit that sets it.
    temperature_bound_c: of the outdoor temperature.
    """

    asked: float
    spare_mw: FloatArray
    safe_load_mw: FloatArray
    binding: NDArray[np.int8]
    temperature_bound_c: FloatArray


class WindowHeadroom:
    """The ladder of one origin, continued past the horizon by what the season holds.

    Args:
        ahead: (region, hour) conditions, of which those past the horizon are used.
        extra: (region,) conservatism that is asked for above a window's own.
    """

    def __init__(self, ladder: HeadroomLevels, step: int, ahead: Conditions, extra: FloatArray) -> None:
        self._ladder, self._step, self._ahead, self._extra = ladder, step, ahead, extra
        self._horizon = ladder.level.shape[2]
        load = ahead.load_bound_mw[:, self._horizon :]
        far = np.where(np.isfinite(load), ahead.safe_load_mw[:, self._horizon :] - load, -np.inf)
        rungs = len(ladder.rungs)
        near = ladder.spare_mw[:, step]
        spare = np.concatenate([near, np.broadcast_to(far, (rungs, *far.shape))], axis=2)
        # Past the last rung nothing is promised.
        self._spare = np.concatenate([spare, np.full((1, *spare.shape[1:]), -np.inf)])
        self._by_duration: dict[int, FloatArray] = {}

    @property
    def highest(self) -> float:
        """The last rung."""
        return float(self._ladder.rungs[-1])

    @property
    def spare_by_rung_mw(self) -> FloatArray:
        """(rung, region, hour) safe load less load bound; -inf where no bound is."""
        return self._spare[:-1]

    def spare_mw(self, duration: int) -> FloatArray:
        """(region, start, hour of the window), for every start within the horizon."""
        if duration not in self._by_duration:
            rung = self._ladder.rung(self._ladder.asked(self._step, duration, self._extra))
            regions, starts = rung.shape
            hour = np.arange(starts)[:, None] + np.arange(duration)
            self._by_duration[duration] = self._spare[rung[:, :, None], np.arange(regions)[:, None, None], hour]
        return self._by_duration[duration]

    def held(self, region: int, start: int, duration: int) -> HeldWindow:
        """The window of one region and start; what no rung holds is shown at the last."""
        near = slice(start, min(start + duration, self._horizon))
        far = slice(max(start, self._horizon), start + duration)
        ladder, ahead, step = self._ladder, self._ahead, self._step
        asked = ladder.asked(step, duration, self._extra)[region, start]
        rung = min(int(ladder.rung(asked)), len(ladder.rungs) - 1)
        margins = ladder.rungs[rung] * np.where(ladder.rungs[rung] > 0, ladder.margin_k[step, region, near], 0.0)
        return HeldWindow(
            asked=float(asked),
            spare_mw=self.spare_mw(duration)[region, start],
            safe_load_mw=np.concatenate(
                [ladder.safe_load_mw[rung, step, region, near], ahead.safe_load_mw[region, far]]
            ),
            binding=np.concatenate([ladder.binding[rung, step, region, near], ahead.binding[region, far]]),
            temperature_bound_c=np.concatenate(
                [ladder.temperature_c[step, region, near] + margins, ahead.temperature_bound_c[region, far]]
            ),
        )
