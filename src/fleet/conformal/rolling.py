"""Rolling conformal: the exact rank among the scores of the last weeks, anew each midnight of UTC."""

import itertools
from typing import ClassVar

import numpy as np

from fleet.conformal.base import Aim, BandMethod, State, conformal_quantile
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, FloatArray


class Rolling(BandMethod):
    """Follows seasons with a delay of half its window, and knows nothing of what it has forgotten."""

    days: ClassVar[int] = 30

    def advance(self, state: State | None, due: FloatArray, tick_utc: HourArray, aim: Aim) -> tuple[State, FloatArray]:
        window = self.days * HOURS_PER_DAY // aim.step_h
        state = state or {
            "known": np.empty((0, *due.shape[1:]), dtype=due.dtype),
            "day": np.array(np.iinfo(np.int64).min),
            "margin": np.full(due.shape[1:], np.inf, dtype=due.dtype),
        }
        known = np.concatenate([state["known"], due])
        before = len(state["known"])
        day = tick_utc.astype("datetime64[D]").astype(np.int64)
        margin, latest = np.empty_like(due), state["margin"]
        begins = np.flatnonzero(np.diff(day, prepend=state["day"]))
        margin[: begins[0] if len(begins) else None] = latest
        for start, end in itertools.pairwise([*begins, len(due)]):
            newest = before + start + 1
            latest = conformal_quantile(known[max(newest - window, 0) : newest], aim.miscoverage)
            margin[start:end] = latest
        day_after = day[-1:].reshape(()) if len(day) else state["day"]
        return {"known": known[-window:], "day": day_after, "margin": latest}, margin
