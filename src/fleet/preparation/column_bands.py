"""Two-sided bands of each forecast column, for the forecast that people read. Limits use one-sided bounds instead."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.base import State
from fleet.conformal.build_bands import Residuals, advance_margins
from fleet.conformal.margins import MarginTarget
from fleet.domain.clock import HourArray
from fleet.preparation.settings import Settings
from fleet.units import FloatArray

_HOUR = "hour"


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnBand:
    """The forecast of one column at one origin, with a band that holds for each hour by itself.

    Args:
        forecast: (region, lead); NaN where there is none.
        lower, upper: (region, lead); infinite where too few errors are known, NaN where there is no forecast.
    """

    forecast: FloatArray
    lower: FloatArray
    upper: FloatArray


def advance_bands(
    before: Mapping[str, State],
    residuals: Mapping[str, Residuals],
    settings: Settings,
    observed_since: Mapping[str, HourArray],
) -> tuple[dict[str, State], dict[str, ColumnBand]]:
    """Learn from the errors that became known at new origins, and return the bands of the last origin.

    Args:
        before: column -> the state that the last call returned; empty in the first call.
        residuals: column -> residuals of the new origins, and of as many origins before them as there are leads.
        observed_since: column -> (region,) the first hour with an observed value; NaT if there is none. Only for
            columns with a value of the fleet file before that hour. Errors against such a value do not count.
    """
    target = {_HOUR: MarginTarget(side="both", miscoverage=miscoverage_of(settings.confidence))}
    after, bands = {}, {}
    for name, known in residuals.items():
        if name in observed_since:
            known = _observed(known, observed_since[name])
        state = before.get(name)
        new = len(known.origin_utc) if state is None else int((known.origin_utc > state["tick"][0]).sum())
        after[name], margin = advance_margins(BANDS[settings.bands](), known, target, state, new)
        forecast, (below, above) = known.forecast[-1], margin[_HOUR][-1]
        bands[name] = ColumnBand(forecast=forecast, lower=forecast - below, upper=forecast + above)
    return after, bands


def _observed(known: Residuals, since_utc: HourArray) -> Residuals:
    """Return the residuals without the actual values of the hours before each region's first observed value."""
    lead_h = np.arange(1, known.actual.shape[2] + 1) * np.timedelta64(1, "h")
    hour_utc = known.origin_utc[:, None, None] + lead_h
    return replace(known, actual=np.where(hour_utc >= since_utc[:, None], known.actual, np.nan))
