"""Why a forecast is as it is: what was seen at that hour yesterday, and what moves the forecast away from it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour, iso
from fleet.errors import DataError
from fleet.forecasting.base import one_thread
from fleet.forecasting.blend import EXPERTS, Blend
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series, month_start
from fleet.units import HOURS_PER_DAY

_SQUEEZED = "the same, where extremes count for less"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A forecast taken apart, in the unit of the variable.

    anchor: the latest known value of the target's hour of day, observed at `anchor_utc`.
    parts: what moves the forecast away from it, the largest first; anchor and parts add up to `forecast`.
    experts: each forecaster's share of the blend and its own forecast.
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
    """The blend's forecast of one hour, made from what was known at the origin.

    Args:
        region: row of the series. name: its id.
        origin: position of the last hour that counts as known. lead: hours after it, 1 to 168.
    Raises: DataError if the region has not been known for a day at the origin.
    """
    if origin < int(series.first_known[region]):
        raise DataError(
            f"region {name} has no full day of values before {iso(series.time_utc[origin])}, expected one: ask later"
        )
    horizon = -(-lead // HOURS_PER_DAY) * HOURS_PER_DAY
    with one_thread():
        blend = Blend(horizon=horizon).learn(series, 0, month_start(series.time_utc, origin))
    at, cell = np.array([origin]), (region, lead - 1)
    anchor = float(same_hour(series.filled, at, horizon)[0][cell])
    seen = origin + lead - horizon
    while series.missing[region, seen]:
        seen -= HOURS_PER_DAY
    shares = blend.shares(series, origin)[:, *cell]
    own = dict(zip(EXPERTS, blend.experts(series, at)[:, 0][:, *cell].tolist(), strict=True))
    share = dict(zip(EXPERTS, shares.tolist(), strict=True))
    linear = share["ridge"] + share["xgboost"]
    parts = {part: linear * float(value[cell]) for part, value in blend.boosted.ridge.parts(series, origin).items()}
    # What holds a forecast within reach of what was seen is no feature's doing.
    parts["held within what was seen"] = linear * (own["ridge"] - anchor) - sum(parts.values())
    parts["trees, from all of these"] = share["xgboost"] * (own["xgboost"] - own["ridge"])
    parts["the latest value, if it stays"] = share["persistence"] * (own["persistence"] - anchor)
    parts[_SQUEEZED] = share["ridge_asinh"] * (own["ridge_asinh"] - anchor)
    return Explanation(
        region=name,
        origin_utc=series.time_utc[origin],
        target_utc=series.time_utc[origin] + lead * np.timedelta64(1, "h"),
        forecast=float(blend.predict(series, at)[0][cell]),
        anchor=anchor,
        anchor_utc=series.time_utc[seen],
        parts=dict(sorted(parts.items(), key=lambda part: -abs(part[1]))),
        experts={expert: (share[expert], own[expert]) for expert in EXPERTS},
    )
