"""The inlet limit at the altitude of a site."""

from fleet.domain.region import Region

_DERATE_FROM_M = 900.0
_DERATE_M_PER_K = 300.0


def derated_inlet_limit_c(inlet_limit_c: float, altitude_m: float) -> float:
    """Return the inlet limit at an altitude [degC]: 1 degC lower per 300 m above 900 m.

    Thin air carries less heat away from a chip.

    Source: ASHRAE thermal guidelines, classes A1 and A2. The slope is an assumption: a maker of servers may state
    another slope.
    """
    return inlet_limit_c - max(altitude_m - _DERATE_FROM_M, 0.0) / _DERATE_M_PER_K


def inlet_limit_c(region: Region) -> float:
    """Return the inlet limit of a region [degC], derated for the region's altitude."""
    return derated_inlet_limit_c(region.inlet_limit_c, region.altitude_m)
