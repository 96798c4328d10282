"""Counts the hours ahead without a finite bound. Jobs are denied there for lack of data, not for lack of headroom."""

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
    """

    within_horizon: int
    past_horizon: int
    region_hours: int

    def as_dict(self) -> dict[str, int]:
        """Return the counts for JSON."""
        return asdict(self)


def unbounded(prepared: Prepared) -> Unbounded:
    """Count the region-hours without a finite bound over all origins and regions."""
    horizon, origins = prepared.settings.horizon, len(prepared.origin_utc)
    within = past = 0
    for step in range(origins):
        is_unknown = prepared.ahead(step, 2 * horizon).binding == UNKNOWN_CODE
        within += int(np.count_nonzero(is_unknown[:, :horizon]))
        past += int(np.count_nonzero(is_unknown[:, horizon:]))
    return Unbounded(
        within_horizon=within, past_horizon=past, region_hours=origins * len(prepared.fleet.regions) * horizon
    )
