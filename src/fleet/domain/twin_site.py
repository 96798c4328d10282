"""The inputs of the digital twin for one region."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag

from fleet.domain.strict_record import Fraction, NonNegative, Share, Strict


def _check_sum(shares: dict[str, float]) -> dict[str, float]:
    if not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
        raise ValueError(f"shares add up to {sum(shares.values()):g}, expected 1")
    return shares


Shares = Annotated[dict[str, Fraction], Field(min_length=1), AfterValidator(_check_sum)]


def _name_or_shares(value: Any) -> str | None:
    """Return which of the two types a value has, so that an error message is about the type that the user wrote."""
    if isinstance(value, str):
        return "name"
    return "shares" if isinstance(value, dict) else None


NameOrShares = Annotated[
    Annotated[str, Tag("name")] | Annotated[Shares, Tag("shares")],
    Discriminator(
        _name_or_shares,
        custom_error_type="name_or_shares",
        custom_error_message="Input should be a name, or shares of several that add up to 1",
    ),
]


class TwinSite(Strict):
    """The inputs from which the digital twin makes synthetic years for a region.

    climate, grid: the name of a climate or grid of the twin, or shares of several that add up to one.
    mean_load_fraction: mean base load over `it_capacity_mw`, at the start of the synthetic years.
    load_growth_per_year: relative growth of the base load per year; 0.05 is 5 %.
    jobs_per_day: mean number of jobs submitted per day.
    home_only_share: share of the jobs of up to a day that may run in this region only. Longer jobs may run anywhere.
    """

    climate: NameOrShares | None = None
    grid: NameOrShares | None = None
    mean_load_fraction: Fraction = 0.6
    load_growth_per_year: Annotated[float, Field(ge=-0.5, le=1)] = 0.05
    jobs_per_day: NonNegative = 24.0
    home_only_share: Share = 0.0
