"""The next hours of each column in each region, each hour with its band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.forecasting.base import Progress
from fleet.live.hour import LiveInputs
from fleet.live.reservations import known_at
from fleet.preparation.column_bands import ColumnBand
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class ForecastAhead:
    """The next hours of each column, as they are expected at an origin.

    Args:
        time_utc: (lead,).
        confidence: of each hour's band by itself.
        columns: name -> forecast and band, (region, lead).
        closed: region -> why limits give it no bound at this origin.
    """

    origin_utc: Hour
    time_utc: HourArray
    confidence: float
    region_ids: tuple[str, ...]
    columns: Mapping[str, ColumnBand]
    closed: Mapping[str, str]

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
            "regions": content,
            "closed": {region: why for region, why in self.closed.items() if region in regions},
        }


def live_forecast(inputs: LiveInputs, *, progress: Progress | None = None) -> ForecastAhead:
    """Forecast the hours after `inputs.at`. Raises: DataError if the telemetry does not support a forecast."""
    fleet, settings = inputs.fleet, inputs.settings
    known = known_at(inputs.telemetry, fleet, inputs.at, settings.horizon)
    hour = inputs.engine.prepare(known, fleet, settings, inputs.outlooks, progress)
    silence, origin_utc = hour.prepared.silence, known.time_utc[-1]
    reasons = {region: silence.why_closed(0, row) for row, region in enumerate(fleet.region_ids)}
    return ForecastAhead(
        origin_utc=origin_utc,
        time_utc=origin_utc + np.arange(1, settings.horizon + 1) * np.timedelta64(1, "h"),
        confidence=settings.confidence,
        region_ids=fleet.region_ids,
        columns=hour.bands,
        closed={region: why for region, why in reasons.items() if why is not None},
    )


def _values(values: FloatArray) -> list[float | None]:
    """Return values for JSON; None where a value is missing or has no bound."""
    return [value if np.isfinite(value) else None for value in values.tolist()]
