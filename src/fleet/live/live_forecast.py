"""The next hours of each column in each region, each hour with its band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.conformal.build_bands import STALE_H
from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.forecasting.base import Progress
from fleet.live.engine import PreparedHour
from fleet.live.hour import LiveInputs
from fleet.live.reservations import known_at
from fleet.preparation.build_conditions import BOUNDED
from fleet.preparation.column_bands import ColumnBand
from fleet.units import FloatArray

UNITS: Mapping[str, str] = {
    "temperature_c": "degC",
    "dew_point_c": "degC",
    "it_load_mw": "MW",
    "carbon_g_per_kwh": "g/kWh",
    "price_usd_per_mwh": "USD/MWh",
}
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastAhead:
    """The next hours of each column, as they are expected at an origin.

    Args:
        time_utc: (lead,).
        confidence: of the band of each single hour.
        columns: name -> forecast and band, (region, lead).
        closed: region -> why the region gets no bound for jobs at this origin.
        no_band: region -> column -> why some hour has no band, as the end of a sentence.
    """

    origin_utc: Hour
    time_utc: HourArray
    confidence: float
    region_ids: tuple[str, ...]
    columns: Mapping[str, ColumnBand]
    closed: Mapping[str, str]
    no_band: Mapping[str, Mapping[str, str]]

    def as_dict(self, regions: Sequence[str]) -> dict[str, Any]:
        """Return the forecast of some regions for JSON. A value that is not known is null."""
        hours = [clock.iso(hour) for hour in self.time_utc]
        content = {}
        for region in regions:
            row = self.region_ids.index(region)
            content[region] = {
                name: [
                    {"time_utc": hour, "forecast": forecast, "lower": lower, "upper": upper}
                    for hour, forecast, lower, upper in zip(
                        hours, *(_values(part[row]) for part in (band.forecast, band.lower, band.upper)), strict=True
                    )
                ]
                for name, band in self.columns.items()
            }
        return {
            "origin_utc": clock.iso(self.origin_utc),
            "confidence": self.confidence,
            "units": {name: UNITS[name] for name in self.columns},
            "regions": content,
            "closed": {region: why for region, why in self.closed.items() if region in regions},
            "no_band": {region: dict(why) for region, why in self.no_band.items() if region in regions},
        }


def live_forecast(inputs: LiveInputs, *, progress: Progress | None = None) -> ForecastAhead:
    """Forecast the hours after `inputs.at`. Raises: DataError if the telemetry does not support a forecast."""
    fleet, settings = inputs.fleet, inputs.settings
    known = known_at(inputs.telemetry, fleet, inputs.at, settings.horizon)
    hour = inputs.engine.prepare(known, fleet, settings, inputs.outlooks, progress)
    silence, origin_utc = hour.prepared.silence, known.time_utc[-1]
    reasons = {region: silence.why_closed(0, row) for row, region in enumerate(fleet.region_ids)}
    closed = {region: why for region, why in reasons.items() if why is not None}
    columns = _without_closed(hour.bands, silence.is_closed[0])
    stored = known.of_regions(fleet.region_ids).values
    no_band: dict[str, dict[str, str]] = {}
    for row, region in enumerate(fleet.region_ids):
        for name, band in columns.items():
            if not np.isfinite([band.lower[row], band.upper[row]]).all():
                why = closed.get(region) if name in BOUNDED else None
                is_stored = name in stored and bool(np.isfinite(stored[name][row]).any())
                no_band.setdefault(region, {})[name] = why or _why_no_band(hour, name, row, is_stored=is_stored)
    return ForecastAhead(
        origin_utc=origin_utc,
        time_utc=origin_utc + np.arange(1, settings.horizon + 1) * _ONE_HOUR,
        confidence=settings.confidence,
        region_ids=fleet.region_ids,
        columns=columns,
        closed=closed,
        no_band=no_band,
    )


def _without_closed(bands: Mapping[str, ColumnBand], is_closed: NDArray[np.bool_]) -> dict[str, ColumnBand]:
    """Remove the bands of the columns that limits need, in the regions that get no bound for jobs.

    After a long silence, past errors do not tell how far a value may have moved.
    """
    columns = dict(bands)
    for name in BOUNDED:
        lower = np.where(is_closed[:, None], -np.inf, bands[name].lower)
        upper = np.where(is_closed[:, None], np.inf, bands[name].upper)
        columns[name] = replace(bands[name], lower=lower, upper=upper)
    return columns


def _why_no_band(hour: PreparedHour, name: str, row: int, *, is_stored: bool) -> str:
    known = hour.prepared.residuals[name]
    has_forecast = bool(np.isfinite(known.forecast[-1, row]).any())
    if not is_stored:
        return f"no {name} is stored" + (", so the value of the fleet file is shown" if has_forecast else "")
    age_h = int(known.age_h[-1, row])
    if age_h > STALE_H:
        return f"{name} has had no value for more than {STALE_H} h"
    return f"{name} has too few past forecast errors" if has_forecast else f"{name} has too little history"


def _values(values: FloatArray) -> list[float | None]:
    """Return values for JSON; None where a value is missing or has no bound."""
    return [value if np.isfinite(value) else None for value in values.tolist()]
