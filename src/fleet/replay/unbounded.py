"""How many hours ahead had no finite bound: jobs are denied there because of missing data, not missing headroom."""

from dataclasses import asdict, dataclass

import numpy as np

from fleet.domain.limit import UNKNOWN_CODE
from fleet.preparation.prepared import Prepared


@dataclass(frozen=True, kw_only=True)
class Unbounded:
    """Region-hours without a finite bound, summed over all origins.

    Args:
        within_horizon: of the hours up to the horizon.
        past_horizon: of the same number of hours beyond it, where the climatological band holds.
        region_hours: all region-hours, of each of the two.
    """

    within_horizon: int
    past_horizon: int
    region_hours: int

    def as_dict(self) -> dict[str, int]:
        """Return the counts for JSON."""
        return asdict(self)


def unbounded(prepared: Prepared) -> Unbounded:
    """Count over all origins and regions."""
    horizon, origins = prepared.settings.horizon, len(prepared.origin_utc)
    within = past = 0
    for step in range(origins):
        is_unknown = prepared.ahead(step, 2 * horizon).binding == UNKNOWN_CODE
        within += int(np.count_nonzero(is_unknown[:, :horizon]))
        past += int(np.count_nonzero(is_unknown[:, horizon:]))
    return Unbounded(
        within_horizon=within, past_horizon=past, region_hours=origins * len(prepared.fleet.regions) * horizon
    )
