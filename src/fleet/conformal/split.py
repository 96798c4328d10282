"""Split conformal: the exact rank among all scores known when the calendar month began."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.base import BandMethod, conformal_quantile
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.units import FloatArray


class Split(BandMethod):
    """Recalibrated monthly on everything known. Valid for exchangeable scores only: seasons and drift break it."""

    def margin(
        self,
        score: FloatArray,
        origin_utc: HourArray,
        delay_h: NDArray[np.int64],
        miscoverage: Fraction,
        *,
        since: int = 0,
    ) -> FloatArray:
        margin = np.full(score.shape, np.inf)
        hour = origin_utc.astype("datetime64[h]").astype(np.int64)
        month = clock.month_index(origin_utc)
        for start in np.flatnonzero(np.diff(month, prepend=month[:1] - 1)):
            block = month == month[start]
            if not block[since:].any():
                continue
            for delay in np.unique(delay_h):
                known = int(np.searchsorted(hour, hour[start] - delay, side="right"))
                leads = np.flatnonzero(delay_h == delay)
                margin[np.ix_(block, np.arange(score.shape[1]), leads)] = conformal_quantile(
                    score[:known][:, :, leads], miscoverage
                )
        return margin[since:]
