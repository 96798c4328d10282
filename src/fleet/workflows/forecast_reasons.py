"""Why a forecast of a workspace has its value, as a sum of parts."""

from collections.abc import Mapping

from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.forecasting.explain import Explanation, explain
from fleet.forecasting.series import Series
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored
from fleet.workflows.live_hours import INLET_INPUTS

# Quantity of the pages -> the forecast columns that it follows from.
CAUSES: Mapping[str, tuple[str, ...]] = {"outdoor": ("temperature_c",), "inlet": INLET_INPUTS}
_NAMED_PARTS = 4
# Column -> its name, the unit of a value, and the unit of a difference.
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "temperature_c": ("Outdoor temperature", "°C", "K"),
    "dew_point_c": ("Dew point", "°C", "K"),
    "it_load_mw": ("IT load without jobs", "MW", "MW"),
}


def forecast_reasons(
    workspace: Workspace, fleet: Fleet, region: str, hour: Hour, *, lead_h: int, quantity: str
) -> tuple[str, ...]:
    """Explain the forecasts of one hour ahead that a quantity follows from, a sentence for each.

    Args:
        hour: the origin; values after it are not used.
        lead_h: the hour ahead.
        quantity: a key of CAUSES.
    Raises: DataError if the telemetry does not hold the hour, or has no full day before it.
    """
    checked = check_stored(workspace, fleet)
    known = checked.telemetry.of_regions([region])
    if not (known.time_utc[0] <= hour <= known.time_utc[-1]):
        raise DataError(f"the hour {hour} is outside the stored telemetry, so its forecast cannot be explained")
    origin = known.position(hour)
    until = known.hours(0, origin + 1)
    return tuple(
        _sentence(column, explain(Series.of(until, column, checked.outlooks), 0, origin, lead_h, name=region))
        for column in CAUSES[quantity]
    )


def _sentence(column: str, explanation: Explanation) -> str:
    """Return the largest parts of the sum as one sentence."""
    name, unit, step = _WORDS[column]
    target, anchor = explanation.target_utc.item(), explanation.anchor_utc.item()
    parts = ", ".join(f"{part} {amount:+.1f} {step}" for part, amount in [*explanation.parts.items()][:_NAMED_PARTS])
    return (
        f"{name} at {target:%H:%M} UTC: {explanation.forecast:.1f} {unit} = {explanation.anchor:.1f} {unit}, the "
        f"latest value at this hour of day ({anchor:%d %b}), plus {parts}."
    )
