"""Explains a forecast as a sum.

The sum is the latest known value at the hour of day that is forecast, plus the effect of each part of the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour, iso
from fleet.errors import DataError
from fleet.forecasting.base import one_thread
from fleet.forecasting.blend import Blend
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series, month_start
from fleet.units import HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A forecast as an anchor plus parts, in the unit of the variable.

    anchor: the latest known value at the target's hour of day, observed at `anchor_utc`.
    parts: name -> amount that the part adds to the anchor, largest size first. Anchor and parts add up to `forecast`.
    experts: forecaster -> (share of the blend, forecast of this forecaster alone).
    """

    region: str
    origin_utc: Hour
    target_utc: Hour
    forecast: float
    anchor: float
    anchor_utc: Hour
    parts: Mapping[str, float]
    experts: Mapping[str, tuple[float, float]]


def explain(series: Series, region: int, origin: int, lead: int, *, name: str) -> Explanation:
    """Explain the blend's forecast of one hour. The forecast uses only values known at the origin.

    Args:
        region: index of the region in the series.
        origin: position of the origin.
        lead: hours after the origin, 1 to 168.
        name: id of the region.
    Raises: DataError if the region has no full day of values up to the origin.
    """
    if origin < int(series.first_known[region]):
        raise DataError(
            f"region {name} has no full day of values before {iso(series.time_utc[origin])}, "
            "expected one: choose a later hour"
        )
    horizon = -(-lead // HOURS_PER_DAY) * HOURS_PER_DAY
    with one_thread():
        blend = Blend(horizon=horizon).learn(series, 0, month_start(series.time_utc, origin))
    origins, cell = np.array([origin]), (region, lead - 1)
    anchor = float(same_hour(series.filled, origins, horizon)[0][cell])
    anchor_position = origin + lead - horizon
    while series.missing[region, anchor_position]:
        anchor_position -= HOURS_PER_DAY
    share = dict(zip(blend.names, blend.shares(series, origin)[:, *cell].tolist(), strict=True))
    expert = dict(zip(blend.names, blend.experts(series, origins)[:, 0][:, *cell].tolist(), strict=True))
    linear = share["ridge"] + share["xgboost"]
    parts = {part: linear * float(value[cell]) for part, value in blend.boosted.ridge.parts(series, origin).items()}
    # Ridge clips its forecast near the observed range. No feature explains the clipped amount.
    parts["the limit to the observed range"] = linear * (expert["ridge"] - anchor) - sum(parts.values())
    parts["the tree model"] = share["xgboost"] * (expert["xgboost"] - expert["ridge"])
    parts["persistence of the latest value"] = share["persistence"] * (expert["persistence"] - anchor)
    if "climatology" in share:
        parts["the usual value of the season"] = share["climatology"] * (expert["climatology"] - anchor)
    parts["ridge on a compressed scale"] = share["ridge_asinh"] * (expert["ridge_asinh"] - anchor)
    return Explanation(
        region=name,
        origin_utc=series.time_utc[origin],
        target_utc=series.time_utc[origin] + lead * np.timedelta64(1, "h"),
        forecast=float(blend.predict(series, origins)[0][cell]),
        anchor=anchor,
        anchor_utc=series.time_utc[anchor_position],
        parts=dict(sorted(parts.items(), key=lambda part: -abs(part[1]))),
        experts={forecaster: (share[forecaster], expert[forecaster]) for forecaster in blend.names},
    )
