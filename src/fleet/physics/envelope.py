"""Limits as they apply at a site."""

_DERATE_FROM_M = 900.0
_DERATE_M_PER_K = 300.0


def derated_inlet_limit_c(inlet_limit_c: float, altitude_m: float) -> float:
    """The inlet limit in thin air, which carries less heat away from a chip: 1 degC lower per 300 m above 900 m.

    Source: ASHRAE thermal guidelines, classes A1 and A2; the slope is an assumption where a maker states another.
    """
    return inlet_limit_c - max(altitude_m - _DERATE_FROM_M, 0.0) / _DERATE_M_PER_K
