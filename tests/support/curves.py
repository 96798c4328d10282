"""A headroom curve with two regions and three starts, made by hand."""

import numpy as np
from support.sites import hour

from fleet.domain.decision import Binding
from fleet.domain.headroom_curve import HeadroomByLevel, HeadroomCurve
from fleet.physics.limits import limit_named

REGIONS = ("alpha", "beta")
FIRST = hour("2024-05-20T01")
# The limit that binds at each start, by region. No bound is known at the last start of beta.
_BINDING_LIMITS = (("it", "it", "it"), ("cooling", "outdoor", "unknown"))


def curve() -> HeadroomCurve:
    """Return a curve that has an infinite limit, a missing bound and a start without headroom."""
    limits_mw = {}
    for label, mw in (("outdoor", np.inf), ("inlet", 12), ("it", 10), ("cooling", 8), ("grid", 11)):
        limits_mw[label] = np.full((2, 3), float(mw))
        limits_mw[label][:, 2] = np.nan
    limits_mw["outdoor"][1, 1] = 0.0
    start = np.arange(3.0)
    one_hour_mw = np.stack([8 - start, 6 - start])
    return HeadroomCurve(
        origin_utc=FIRST - 1,
        confidence=0.95,
        duration_h=1,
        region_ids=REGIONS,
        headroom_mw=np.array([[4.0, 4.0, 3.5], [5.0, 0.0, 0.0]]),
        forecast_headroom_mw=np.array([[5.0, 5.0, 5.0], [6.0, 3.0, 2.0]]),
        reserved_mw=np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 0.0]]),
        binding=[
            [_binding(region, start, limit) for start, limit in enumerate(limits)]
            for region, limits in zip(REGIONS, _BINDING_LIMITS, strict=True)
        ],
        weather_level=np.array([[0.5, 1.5, 0.5], [0.5, 0.5, np.inf]]),
        load_level=np.array([[1.5, 1.0, 1.5], [1.5, 1.5, np.inf]]),
        limits_mw=limits_mw,
        by_level=HeadroomByLevel(
            levels=np.array([0.0, 1.0]),
            windows_h=np.array([1, 2]),
            headroom_mw=np.repeat(np.stack([one_hour_mw, one_hour_mw - 1], axis=1)[:, :, None], 2, axis=2),
        ),
    )


def _binding(region: str, start: int, limit: str) -> Binding:
    bound, value, unit = (35.2, 34.0, "degC") if limit == "outdoor" else (3.0, 8.0, "MW")
    return Binding(
        limit=limit_named(limit), region=region, hour_utc=FIRST + start, bound=bound, limit_value=value, unit=unit
    )
