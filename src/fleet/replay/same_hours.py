"""The hours in which two policies can be compared: a quantity is known in every region where one of them ran jobs."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fleet.replay.run import Run
from fleet.units import FloatArray

Quantity = Literal["carbon_kg", "water_l", "cost_usd"]


def known_in_both(run: Run, other: Run, quantity: Quantity) -> NDArray[np.bool_]:
    """Return (hour,) whether a quantity is known in every region in which one of the runs has jobs in that hour.

    Without this rule, a sum of one policy could miss expensive hours that the sum of the other policy contains.
    """
    is_unknown = np.zeros(run.job_mw.shape[1], dtype=np.bool_)
    for one in (run, other):
        values: FloatArray = getattr(one.resource_use, quantity)
        is_unknown |= (np.isnan(values) & (one.job_mw > 0)).any(axis=0)
    return ~is_unknown


def starts_within(run: Run, hours: NDArray[np.bool_], first_h: int) -> NDArray[np.bool_]:
    """Return (job,) whether the job ran and started in a flagged hour.

    Args:
        hours: (hour,) flags.
        first_h: the hour of the first flag, in hours from 1970-01-01T00 UTC.
    """
    starts = np.zeros(len(run.placed), dtype=np.bool_)
    starts[run.placed] = hours[run.status.start_h[run.placed] - first_h]
    return starts
