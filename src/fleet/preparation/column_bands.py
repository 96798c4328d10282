"""Two-sided bands of every column, for the forecast that people read. Limits use the one-sided bounds instead."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.base import State
from fleet.conformal.build_bands import Residuals, advance_margins
from fleet.conformal.margins import MarginTarget
from fleet.preparation.settings import Settings
from fleet.units import FloatArray

_HOUR = "hour"


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnBand:
    """The forecast of one column at one origin, and its band, which holds for each hour by itself.

    Args:
        forecast: (region, lead); NaN where there is none.
        lower, upper: (region, lead); infinite where there are too few past errors for a bound.
    """

    forecast: FloatArray
    lower: FloatArray
    upper: FloatArray


def advance_bands(
    before: Mapping[str, State], residuals: Mapping[str, Residuals], settings: Settings
) -> tuple[dict[str, State], dict[str, ColumnBand]]:
    """Learn from the errors that became known at new origins, and return the bands of the last origin.

    Args:
        before: column -> the state that the last call returned; empty in the first call.
        residuals: column -> at the new origins, and at as many origins before them as there are leads.
    """
    target = {_HOUR: MarginTarget(side="both", miscoverage=miscoverage_of(settings.confidence))}
    after, bands = {}, {}
    for name, known in residuals.items():
        state = before.get(name)
        new = len(known.origin_utc) if state is None else int((known.origin_utc > state["tick"][0]).sum())
        after[name], margin = advance_margins(BANDS[settings.bands](), known, target, state, new)
        forecast, (below, above) = known.forecast[-1], margin[_HOUR][-1]
        bands[name] = ColumnBand(forecast=forecast, lower=forecast - below, upper=forecast + above)
    return after, {name: band for name, band in bands.items() if np.isfinite(band.forecast).any()}
