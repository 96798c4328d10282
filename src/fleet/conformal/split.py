"""Split conformal: the exact rank among all scores known when the calendar month began."""

import itertools

import numpy as np

from fleet.conformal.base import Aim, BandMethod, State, conformal_quantile
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import FloatArray


class Split(BandMethod):
    """Recalibrated monthly on everything known. Valid for exchangeable scores only: seasons and drift break it."""

    def advance(self, state: State | None, due: FloatArray, tick_utc: HourArray, aim: Aim) -> tuple[State, FloatArray]:
        state = state or {
            "known": np.empty((0, *due.shape[1:]), dtype=due.dtype),
            "month": np.array(np.iinfo(np.int64).min),
            "margin": np.full(due.shape[1:], np.inf, dtype=due.dtype),
        }
        known = np.concatenate([state["known"], due])
        before = len(state["known"])
        month = clock.month_index(tick_utc)
        margin, latest = np.empty_like(due), state["margin"]
        begins = np.flatnonzero(np.diff(month, prepend=state["month"]))
        margin[: begins[0] if len(begins) else None] = latest
        for start, end in itertools.pairwise([*begins, len(due)]):
            latest = conformal_quantile(known[: before + start + 1], aim.miscoverage)
            margin[start:end] = latest
        month_after = month[-1:].reshape(()) if len(month) else state["month"]
        return {"known": known, "month": month_after, "margin": latest}, margin
