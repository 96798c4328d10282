"""The grid power that a region may count on, hour by hour."""

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import Curtailment, Region
from fleet.units import FloatArray

_MONTHS = 12


def may_be_called(curtailment: Curtailment, hours: HourArray) -> NDArray[np.bool_]:
    """(hour,) whether the utility may call the site down to its firm power.

    Hours are half-open, so `to_hour_utc` itself is free of calls; from the later to the earlier hour is across
    midnight, each hour in its own month. The same hour twice is the whole day, which is the safe reading.
    """
    hour, month = clock.hour_of_day(hours), clock.month_index(hours) % _MONTHS + 1
    since, until = curtailment.from_hour_utc, curtailment.to_hour_utc
    inside = (hour >= since) & (hour < until) if since < until else (hour >= since) | (hour < until)
    return inside & np.isin(month, curtailment.months)


def sure_grid_limit_mw(region: Region, hours: HourArray) -> FloatArray:
    """(hour,) what no call takes away: `firm_mw` where one may come, else the whole limit.

    Deterministic: a call is not known beforehand, so what is promised must hold under any.
    """
    if region.curtailment is None:
        return np.broadcast_to(np.float64(region.grid_limit_mw), hours.shape)
    called = may_be_called(region.curtailment, hours)
    return np.where(called, region.curtailment.firm_mw, region.grid_limit_mw)
