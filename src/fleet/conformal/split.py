"""Split conformal: the margin is the score of conformal rank among all scores known when the calendar month began."""

import itertools

import numpy as np

from fleet.conformal.base import BandMethod, MarginSettings, State, conformal_quantile
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import FloatArray


class Split(BandMethod):
    """Recalibrates each month on all known scores. The guarantee needs exchangeable scores, without season or drift."""

    def advance(
        self, state: State | None, due: FloatArray, tick_utc: HourArray, settings: MarginSettings
    ) -> tuple[State, FloatArray]:
        state = state or {
            "known": np.empty((0, *due.shape[1:]), dtype=due.dtype),
            "month": np.array(np.iinfo(np.int64).min),
            "margin": np.full(due.shape[1:], np.inf, dtype=due.dtype),
        }
        scores = np.concatenate([state["known"], due])
        earlier = len(state["known"])
        month = clock.month_index(tick_utc)
        margin, latest = np.empty_like(due), state["margin"]
        first_ticks = np.flatnonzero(np.diff(month, prepend=state["month"]))
        margin[: first_ticks[0] if len(first_ticks) else None] = latest
        for start, end in itertools.pairwise([*first_ticks, len(due)]):
            latest = conformal_quantile(scores[: earlier + start + 1], settings.miscoverage)
            margin[start:end] = latest
        last_month = month[-1:].reshape(()) if len(month) else state["month"]
        return {"known": scores, "month": last_month, "margin": latest}, margin
