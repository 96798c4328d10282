"""A sentence on the age of the newest observed value."""

from fleet.domain.clock import iso
from fleet.workflows.decide_hour import HourRequest


def age_sentence(request: HourRequest) -> str:
    """Return how old the newest observed value is; an empty text if it is of the last hour that counts as known."""
    hours = request.missing_h
    if not hours:
        return ""
    return (
        f"The newest observed value is of {iso(request.newest)}, {hours:,} h before the last known hour "
        f"{iso(request.origin)}; the hours since then count as missing."
    )
