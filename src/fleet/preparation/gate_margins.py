"""The margins of weather and load above their forecasts, which the levels of the gate multiply."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.base import State
from fleet.conformal.build_bands import Residuals, advance_margins
from fleet.conformal.margins import MarginTarget
from fleet.preparation.settings import PATH, POINTWISE, Settings
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class MarginState:
    """What the margins of one variable have learnt.

    Args:
        learnt: state of the band method; None before the first origin.
        tail: target -> (origin, region, lead) margins of the last origins.
    """

    learnt: State | None = None
    tail: Mapping[str, FloatArray] = field(default_factory=dict)


def margins_of(
    residuals: Residuals, settings: Settings, before: MarginState, *, kept: int
) -> tuple[MarginState, dict[str, FloatArray]]:
    """Compute the margins above the forecast of one variable: POINTWISE for each hour, and PATH if the gate needs it.

    Args:
        residuals: of the last origins of `before` and of the new origins.
        before: state before the new origins.
        kept: number of last origins whose margins the state keeps.
    Returns: the state after the new origins, and target -> (origin, region, lead) at all origins of the residuals.
    """
    miscoverage, horizon = miscoverage_of(settings.confidence), residuals.forecast.shape[2]
    windows = {POINTWISE: None} | ({PATH: horizon} if settings.gate == PATH else {})
    targets = {
        name: MarginTarget(side="above", miscoverage=miscoverage, window=hours) for name, hours in windows.items()
    }
    new = len(residuals.forecast) - len(before.tail.get(POINTWISE, ()))
    learnt, fresh = advance_margins(BANDS[settings.bands](), residuals, targets, before.learnt, new)
    margin = {
        name: np.concatenate([before.tail[name], values[:, 0]]) if before.tail else values[:, 0]
        for name, values in fresh.items()
    }
    tail = {name: values[-kept:].copy() for name, values in margin.items()}
    return MarginState(learnt=learnt, tail=tail), margin
