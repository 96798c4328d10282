"""The hours on which two policies can be compared: where a quantity is known wherever one of them ran jobs."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fleet.replay.run import Run
from fleet.units import FloatArray

Quantity = Literal["carbon_kg", "water_l", "cost_usd"]


def known_in_both(run: Run, other: Run, quantity: Quantity) -> NDArray[np.bool_]:
    """Return the (hour,) hours in which a quantity is known in every region in which one of the runs has jobs.

    A policy that avoids the regions without a price must not be compared with the dear hours of another one.
    """
    is_unknown = np.zeros(run.job_mw.shape[1], dtype=np.bool_)
    for one in (run, other):
        values: FloatArray = getattr(one.resource_use, quantity)
        is_unknown |= (np.isnan(values) & (one.job_mw > 0)).any(axis=0)
    return ~is_unknown


def starts_within(run: Run, hours: NDArray[np.bool_], first_h: int) -> NDArray[np.bool_]:
    """Return the (job,) jobs that ran and started in one of the hours.

    Args:
        first_h: the first of the hours, in hours from 1970-01-01T00 UTC.
    """
    starts = np.zeros(len(run.placed), dtype=np.bool_)
    starts[run.placed] = hours[run.status.start_h[run.placed] - first_h]
    return starts
