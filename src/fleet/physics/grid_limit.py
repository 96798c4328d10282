"""The sure grid limit of a region in each hour: the facility power that no call of the utility takes away."""

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.region import Curtailment, Region
from fleet.units import FloatArray

_MONTHS = 12


def may_be_called(curtailment: Curtailment, hours: HourArray) -> NDArray[np.bool_]:
    """Return whether the utility may limit the site to its firm power, (hour,).

    The daily period includes `from_hour_utc` and excludes `to_hour_utc`. A period whose end is earlier than its start
    crosses midnight. Each hour counts in the month in which it lies. If start and end are equal, the period is the
    whole day, because this is the safe interpretation.
    """
    hour, month = clock.hour_of_day(hours), clock.month_index(hours) % _MONTHS + 1
    start, end = curtailment.from_hour_utc, curtailment.to_hour_utc
    is_inside = (hour >= start) & (hour < end) if start < end else (hour >= start) | (hour < end)
    return is_inside & np.isin(month, curtailment.months)


def sure_grid_limit_mw(region: Region, hours: HourArray) -> FloatArray:
    """Return the power [MW] that no call takes away, (hour,): `firm_mw` where a call is allowed, else the whole limit.

    Actual calls do not change the result. A call is not known beforehand, so a decision must hold under any call.
    """
    if region.curtailment is None:
        return np.broadcast_to(np.float64(region.grid_limit_mw), hours.shape)
    is_callable = may_be_called(region.curtailment, hours)
    return np.where(is_callable, region.curtailment.firm_mw, region.grid_limit_mw)
