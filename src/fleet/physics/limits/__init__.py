"""The limits of the safe operating envelope. To add a limit, add a file here, a line in ENVELOPE and a test.

If several limits allow the same load, the first binds. IT power comes before cooling. The air flow is sized for
the installed IT power. So in a cool hour both allow the same load, and cooling would be the wrong name.
"""

from fleet.domain.limit import CONTROLLER, UNKNOWN, Limit
from fleet.errors import DataError
from fleet.physics.limits.base import NEAR_LIMIT_K, EnvelopeLimit
from fleet.physics.limits.cooling_capacity import COOLING
from fleet.physics.limits.grid_power import GRID
from fleet.physics.limits.inlet import INLET
from fleet.physics.limits.it_power import IT_POWER
from fleet.physics.limits.outdoor import OUTDOOR

ENVELOPE: tuple[EnvelopeLimit, ...] = (
    OUTDOOR,
    INLET,
    IT_POWER,
    COOLING,
    GRID,
)

# In arrays, the code of a limit is its position in this tuple.
LIMITS: tuple[Limit, ...] = (UNKNOWN, *ENVELOPE, CONTROLLER)


def code_of(limit: Limit) -> int:
    """Return the code of a limit in arrays."""
    return LIMITS.index(limit)


def limit_named(label: str) -> Limit:
    """Return the limit with this label. Raises: DataError if there is none."""
    for limit in LIMITS:
        if limit.label == label:
            return limit
    raise DataError(f"limit {label!r} is unknown, expected one of {', '.join(limit.label for limit in LIMITS)}")


__all__ = [
    "CONTROLLER",
    "COOLING",
    "ENVELOPE",
    "GRID",
    "INLET",
    "IT_POWER",
    "LIMITS",
    "NEAR_LIMIT_K",
    "OUTDOOR",
    "UNKNOWN",
    "EnvelopeLimit",
    "Limit",
    "code_of",
    "limit_named",
]
