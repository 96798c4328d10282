"""Counts the hours ahead without a finite bound. Jobs are denied there for lack of data, not for lack of headroom."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from fleet.domain.limit import UNKNOWN_CODE
from fleet.preparation.prepared import Prepared


@dataclass(frozen=True, kw_only=True)
class Unbounded:
    """Region-hours without a finite bound, summed over all origins.

    Args:
        within_horizon: count up to the horizon.
        past_horizon: count in as many hours beyond the horizon.
        region_hours: number of region-hours, with and without a bound, behind each of the two counts.
        within_by_region, past_by_region: the two counts by region, without regions that have none.
    """

    within_horizon: int
    past_horizon: int
    region_hours: int
    within_by_region: Mapping[str, int]
    past_by_region: Mapping[str, int]

    def as_dict(self) -> dict[str, int]:
        """Return the counts for JSON."""
        return asdict(self)


def unbounded(prepared: Prepared) -> Unbounded:
    """Count the region-hours without a finite bound over all origins and regions."""
    horizon, origins = prepared.settings.horizon, len(prepared.origin_utc)
    region_ids = prepared.fleet.region_ids
    counts = np.zeros((2, len(region_ids)), dtype=np.int64)
    for step in range(origins):
        is_unknown = prepared.ahead(step, 2 * horizon).binding == UNKNOWN_CODE
        counts += is_unknown[:, :horizon].sum(axis=1), is_unknown[:, horizon:].sum(axis=1)
    within, past = ({name: int(n) for name, n in zip(region_ids, row, strict=True) if n} for row in counts)
    return Unbounded(
        within_horizon=sum(within.values()),
        past_horizon=sum(past.values()),
        region_hours=origins * len(region_ids) * horizon,
        within_by_region=within,
        past_by_region=past,
    )
