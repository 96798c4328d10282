"""A curve by hand: two regions, three starts."""

import numpy as np
from support.sites import hour

from fleet.domain.conditions import Limit
from fleet.domain.decision import Binding
from fleet.domain.headroom_curve import ByLevel, HeadroomCurve

REGIONS = ("alpha", "beta")
FIRST = hour("2024-05-20T01")
# alpha's IT power binds throughout; beta meets the cooling, the outdoor throttle and an hour without a bound.
_MET = (("it", "it", "it"), ("cooling", "outdoor", "unknown"))


def curve() -> HeadroomCurve:
    limits = np.full((len(Limit), 2, 3), np.nan)
    for limit, mw in ((Limit.OUTDOOR, np.inf), (Limit.INLET, 12), (Limit.IT, 10), (Limit.COOLING, 8), (Limit.GRID, 11)):
        limits[limit, :, :2] = mw
    limits[Limit.OUTDOOR, 1, 1] = 0.0
    step = np.arange(3.0)
    short = np.stack([8 - step, 6 - step])
    return HeadroomCurve(
        origin_utc=FIRST - 1,
        confidence=0.95,
        duration_h=1,
        region_ids=REGIONS,
        headroom_mw=np.array([[4.0, 4.0, 3.5], [5.0, 0.0, 0.0]]),
        forecast_headroom_mw=np.array([[5.0, 5.0, 5.0], [6.0, 3.0, 2.0]]),
        reserved_mw=np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 0.0]]),
        binding=[[_binding(name, *each) for each in enumerate(met)] for name, met in zip(REGIONS, _MET, strict=True)],
        level=np.array([[1.5, 1.5, 1.5], [1.5, 1.5, np.inf]]),
        limits_mw=limits,
        by_level=ByLevel(
            levels=np.array([0.0, 1.0]),
            windows_h=np.array([1, 2]),
            headroom_mw=np.repeat(np.stack([short, short - 1], axis=1)[:, :, None], 2, axis=2),
        ),
    )


def _binding(region: str, start: int, limit: str) -> Binding:
    bound, value, unit = (35.2, 34.0, "degC") if limit == "outdoor" else (3.0, 8.0, "MW")
    return Binding(limit=limit, region=region, hour_utc=FIRST + start, bound=bound, limit_value=value, unit=unit)
