"""How many hours ahead could not be bounded: what is denied there is denied for want of knowledge, not of room."""

from dataclasses import asdict, dataclass

import numpy as np

from fleet.domain.conditions import Limit
from fleet.preparation.prepared import Prepared


@dataclass(frozen=True, kw_only=True)
class Unbounded:
    """Region-hours without a finite bound, as each origin saw them.

    within_horizon: of the hours up to the horizon.
    past_horizon: of as many hours after it, which the bound of the season holds.
    region_hours: how many there are of either.
    """

    within_horizon: int
    past_horizon: int
    region_hours: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def unbounded(prepared: Prepared) -> Unbounded:
    """Count over all origins and regions."""
    horizon, origins = prepared.settings.horizon, len(prepared.origin_utc)
    within = past = 0
    for step in range(origins):
        unknown = prepared.ahead(step, 2 * horizon).binding == Limit.UNKNOWN
        within += int(np.count_nonzero(unknown[:, :horizon]))
        past += int(np.count_nonzero(unknown[:, horizon:]))
    return Unbounded(
        within_horizon=within, past_horizon=past, region_hours=origins * len(prepared.fleet.regions) * horizon
    )
