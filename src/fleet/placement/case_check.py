"""Checks that an offer, a batch, an order of jobs and a plan belong together."""

import numpy as np

from fleet.errors import DataError
from fleet.placement.array_check import require_array, require_range
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.units import IntArray


def check_case(offer: Offer, batch: Batch) -> None:
    """Refuse an offer and a batch that do not belong together. `Offer` and `Batch` check their own values.

    Raises: DataError if an argument has another type, or if the numbers of regions differ.
    """
    _check_type("offer", offer, Offer)
    _check_type("batch", batch, Batch)
    regions = len(offer.most_jobs)
    if batch.sets.shape[1] != regions:
        raise DataError(f"jobs choose among {batch.sets.shape[1]} regions, expected the offer's {regions}")


def check_offer(offer: Offer) -> None:
    """Refuse anything but an offer. Raises: DataError."""
    _check_type("offer", offer, Offer)


def check_order(order: IntArray, batch: Batch) -> None:
    """Refuse an order that does not name each job of the batch once. Raises: DataError."""
    jobs = len(batch)
    require_array("order", order, np.int64, (jobs,))
    require_range("order", order, 0, jobs - 1, f"0 to {jobs - 1}, a job")
    if not (np.bincount(order, minlength=jobs) == 1).all():
        raise DataError(f"order names a job twice, expected each of {jobs} jobs once")


def check_plan(offer: Offer, batch: Batch, plan: Plan) -> None:
    """Refuse a plan with another number of jobs, or with a region or hour outside the offer. Raises: DataError."""
    check_case(offer, batch)
    _check_type("plan", plan, Plan)
    if len(plan.region) != len(batch):
        raise DataError(f"plan places {len(plan.region)} jobs, expected the batch's {len(batch)}")
    regions, hours = offer.reserved_mw.shape
    require_range("plan.region", plan.region, NOWHERE, regions - 1, f"{NOWHERE} to {regions - 1}, a region or none")
    last_hour = np.where(plan.region == NOWHERE, 0, hours - batch.duration_h)
    late = np.flatnonzero(plan.start > last_hour)
    if late.size:
        job = late[0]
        raise DataError(
            f"plan starts job {job} in hour {plan.start[job]} for {batch.duration_h[job]} h, "
            f"expected an end within the {hours} h of the offer"
        )


def _check_type(name: str, value: object, expected: type) -> None:
    if not isinstance(value, expected):
        raise DataError(f"{name} has the type {type(value).__name__}, expected {expected.__name__}")
