"""Why a temperature forecast of a workspace says what it says, as a sum of parts."""

from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.forecasting.explain import Explanation, explain
from fleet.forecasting.series import Series
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored

_NAMED_PARTS = 4


def temperature_reasons(workspace: Workspace, fleet: Fleet, region: str, hour: Hour, lead_h: int) -> Explanation:
    """Explain the forecast of the outdoor temperature of one hour ahead.

    Args:
        hour: the origin; values after it are not used.
        lead_h: the hour ahead.
    Raises: DataError if the telemetry does not hold the hour, or has no full day before it.
    """
    checked = check_stored(workspace, fleet)
    known = checked.telemetry.of_regions([region])
    if not (known.time_utc[0] <= hour <= known.time_utc[-1]):
        raise DataError(f"the hour {hour} is outside the stored telemetry, so its forecast cannot be explained")
    origin = known.position(hour)
    series = Series.of(known.hours(0, origin + 1), "temperature_c", checked.outlooks)
    return explain(series, 0, origin, lead_h, name=region)


def reasons_sentence(explanation: Explanation) -> str:
    """Return the largest parts of the sum as one sentence."""
    target, anchor = explanation.target_utc.item(), explanation.anchor_utc.item()
    parts = ", ".join(f"{name} {amount:+.1f} K" for name, amount in [*explanation.parts.items()][:_NAMED_PARTS])
    return (
        f"{target:%H:%M} UTC: {explanation.forecast:.1f} °C = {explanation.anchor:.1f} °C, the latest value at this "
        f"hour of day ({anchor:%d %b}), plus {parts}."
    )
