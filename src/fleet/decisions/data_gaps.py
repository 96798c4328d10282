"""Finds the missing data behind a job without a place, so that it is told as "no data" and not as heat."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fleet.decisions.place_options import Choice, PlaceOptions
from fleet.decisions.reasons import unpriced_causes
from fleet.domain.clock import Hour
from fleet.domain.data_gap import DataGap
from fleet.domain.job import Job
from fleet.domain.remedy import Change, Remedy
from fleet.preparation.forecasts import MAX_COST_AGE_H
from fleet.preparation.prepared import Prepared

# The remedies name so many feeds.
_MOST_FEEDS = 3


def gaps_at(prepared: Prepared, step: int, has_bound: NDArray[np.bool_]) -> list[DataGap | None]:
    """Return the missing data of each region at an origin: (region,).

    A region without any bound whose history is too short gets none from newer values, so that is its gap.

    Args:
        has_bound: (region,) whether some hour within the horizon has a bound.
    """
    silence, gaps = prepared.silence, []
    for index, region in enumerate(prepared.fleet.region_ids):
        young = None if has_bound[index] else silence.short_history(step, index, region)
        gaps.append(young or silence.gap(step, index, region))
    return gaps


def gaps_of(
    prepared: Prepared, step: int, job: Job, options: PlaceOptions, by_region: Sequence[DataGap | None]
) -> tuple[DataGap, ...]:
    """Return the gaps of the regions that the job allows, those of silent regions first, its home before others.

    Left out are regions that are too small for the job with any data. If no place with headroom has a known cost, the
    gaps are the columns without a cost.

    Args:
        by_region: the gap of each region at the origin.
    """
    if options.is_unpriced:
        return unpriced_gaps(prepared, step, options.least_unsafe[0])
    regions = prepared.fleet.regions
    found = [
        (not (gap.is_silent and gap.is_closed), gap.region != job.home_region, row, gap)
        for row in options.places.regions
        for gap in [by_region[row]]
        if gap is not None and job.power_mw <= regions[row].it_capacity_mw
    ]
    return tuple(gap for *_, gap in sorted(found, key=lambda entry: entry[:3]))


def unpriced_gaps(prepared: Prepared, step: int, region: int) -> tuple[DataGap, ...]:
    """Return the columns of a region whose forecast is missing, so that no cost is known."""
    gaps = []
    for column, why in unpriced_causes(prepared, step, region).items():
        residuals = prepared.residuals[column]
        is_silent = bool(residuals.age_h[residuals.since + step, region] > MAX_COST_AGE_H)
        name = prepared.fleet.region_ids[region]
        gaps.append(DataGap(region=name, column=column, is_silent=is_silent, is_closed=True, why=why))
    return tuple(gaps)


def place_without_data(gaps: Sequence[DataGap], region_ids: Sequence[str], options: PlaceOptions) -> Choice | None:
    """Return the first allowed place of the first silent region that is closed; None if no such region is closed."""
    gap = next((gap for gap in gaps if gap.is_silent and gap.is_closed), None)
    if gap is None:
        return None
    region = list(region_ids).index(gap.region)
    return region, int(options.places.allowed[region].argmax())


def restored(gaps: Iterable[DataGap], first_utc: Hour) -> tuple[Remedy, ...]:
    """Return one remedy for each silent column: to restore its feed."""
    return tuple(
        Remedy(change=Change.RESTORE_FEED, region=gap.region, start_utc=first_utc, column=gap.column)
        for gap in [gap for gap in gaps if gap.is_silent][:_MOST_FEEDS]
    )
