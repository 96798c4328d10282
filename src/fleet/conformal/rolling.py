"""Rolling conformal: the margin is the score of conformal rank among the scores of the last 30 days."""

import itertools
from typing import ClassVar

import numpy as np

from fleet.conformal.base import BandMethod, MarginSettings, State, conformal_quantile
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, FloatArray


class Rolling(BandMethod):
    """Recalibrates at each midnight of UTC on the last `days` days. Margins lag the seasons by half of these days."""

    days: ClassVar[int] = 30

    def advance(
        self, state: State | None, due: FloatArray, tick_utc: HourArray, settings: MarginSettings
    ) -> tuple[State, FloatArray]:
        window = self.days * HOURS_PER_DAY // settings.step_h
        state = state or {
            "known": np.empty((0, *due.shape[1:]), dtype=due.dtype),
            "day": np.array(np.iinfo(np.int64).min),
            "margin": np.full(due.shape[1:], np.inf, dtype=due.dtype),
        }
        scores = np.concatenate([state["known"], due])
        earlier = len(state["known"])
        day = tick_utc.astype("datetime64[D]").astype(np.int64)
        margin, latest = np.empty_like(due), state["margin"]
        first_ticks = np.flatnonzero(np.diff(day, prepend=state["day"]))
        margin[: first_ticks[0] if len(first_ticks) else None] = latest
        for start, end in itertools.pairwise([*first_ticks, len(due)]):
            stop = earlier + start + 1
            latest = conformal_quantile(scores[max(stop - window, 0) : stop], settings.miscoverage)
            margin[start:end] = latest
        last_day = day[-1:].reshape(()) if len(day) else state["day"]
        return {"known": scores[-window:], "day": last_day, "margin": latest}, margin
