"""The band methods that conformal_bands.py compares, and the changes that it makes to the default."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import numpy as np

from fleet.conformal import ACI, Rolling, Split, Tracker, tracker
from fleet.conformal.base import BandMethod, MarginSettings, State
from fleet.conformal.spread import features, model
from fleet.domain.clock import HourArray
from fleet.units import HOURS_PER_DAY, FloatArray

DEFAULT = "tracker"
WARM_UP_H = 60 * HOURS_PER_DAY
# No quantile exceeds this number. With it as _LEAST_STEP, the step does not depend on the quantile.
_ADDITIVE = 1e6

# (module, name, value) of each change.
Patches = Sequence[tuple[Any, str, Any]]


class Rolling90(Rolling):
    """Rolling conformal over a quarter of a year."""

    days = 90


class ScaledSplit(Split):
    """Split conformal on scores in units of the learnt spread, which are the scores of the default."""

    scaled = True


class PlainTracker(Tracker):
    """The tracker on errors divided by a constant for each lead: their mean size in the first 60 days. It gives no
    bound in these days. With a gain, the gain is constant; without one, it falls as in the default. Steps are shares of
    the quantile, as in the default, or shares of the constant if `additive`.
    """

    scaled = False

    def __init__(self, gain: float | None = 0.03, *, additive: bool = False) -> None:
        super().__init__()
        self._gain, self._additive = gain, additive

    def advance(
        self, state: State | None, due: FloatArray, tick_utc: HourArray, settings: MarginSettings
    ) -> tuple[State, FloatArray]:
        """Compute the margins of a whole history in one call."""
        first = np.abs(due[: 2 * WARM_UP_H // settings.step_h])
        counted = np.isfinite(first) & (np.cumsum(np.isfinite(first), axis=0) <= WARM_UP_H // settings.step_h)
        size = np.where(counted, first, 0).sum(axis=0) / np.maximum(counted.sum(axis=0), 1)
        size = np.where(size > 0, size, 1)
        with patched(() if self._gain is None else step_of(self._gain, additive=self._additive)):
            after, margin = super().advance(state, due / size, tick_utc, settings)
        return after, margin * size


def step_of(gain: float, *, additive: bool) -> Patches:
    """Return the patches that give the tracker one constant gain."""
    least, gain = (_ADDITIVE, gain / _ADDITIVE) if additive else (tracker._LEAST_STEP, gain)
    gains = [(tracker, name, gain) for name in ("LEAST_GAIN", "EARLY_GAIN", "MOST_GAIN")]
    return [*gains, (tracker, "_LEAST_STEP", least)]


def patched(patches: Patches) -> ExitStack:
    """Return a context in which all patches apply."""
    stack = ExitStack()
    for module, name, value in patches:
        stack.enter_context(patch.object(module, name, value))
    return stack


METHODS: Mapping[str, Callable[[], BandMethod]] = {
    "split": Split,
    "rolling 30 d": Rolling,
    "rolling 90 d": Rolling90,
    "aci": ACI,
    "plain tracker": PlainTracker,
    DEFAULT: Tracker,
}
SIMPLE = tuple(name for name in METHODS if name != DEFAULT)
PLAIN: Mapping[str, tuple[float | None, bool]] = {
    "gain as the default's": (None, False),
    **{f"gain {gain}": (gain, False) for gain in (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)},
    **{f"additive, gain {gain}": (gain, True) for gain in (0.01, 0.02, 0.05, 0.1, 0.2)},
}


def without(*columns: int) -> Patches:
    """Return the patches that remove features of the spread: a column of zeros gets no weight."""
    whole = features.spread_features

    def of(*words: Any) -> FloatArray:
        seen = whole(*words)
        seen[:, columns] = 0
        return seen

    return [(features, "spread_features", of)]


def together() -> Patches:
    """Return the patches with which both sides learn from the size of the error, without its sign."""
    apart = model.learn

    def learn(
        gram: FloatArray, moment: FloatArray, weights: FloatArray, row: FloatArray, error: FloatArray, **words: int
    ):
        _, below = apart(gram, moment, weights, row, -np.abs(error), **words)
        gram, above = apart(gram, moment, weights, row, np.abs(error), **words)
        return gram, np.stack([below[..., 0], above[..., 1]], axis=-1)

    return [(model, "learn", learn)]


def unlearnt() -> Patches:
    """Return the patches with which the spread is only the slow mean of errors."""
    return [(model, "factor", lambda seen, weights: np.ones((len(seen), weights.shape[2], *seen.shape[2:])))]


ABLATIONS: Mapping[str, Patches] = {
    "without recent errors": without(1),
    "without the hour of day": without(2, 3),
    "without the level": without(4, 5),
    "without the change from yesterday": without(6, 7),
    "without the change from the next hour": without(8, 9),
    "sides together": together(),
    "no learnt factor": unlearnt(),
    "half the least gain": [(tracker, "LEAST_GAIN", tracker.LEAST_GAIN / 2)],
    "twice the least gain": [(tracker, "LEAST_GAIN", tracker.LEAST_GAIN * 2)],
    "the least gain from the start": [(tracker, "MOST_GAIN", tracker.LEAST_GAIN)],
    "a gain of 0.05 for ever": [(tracker, "LEAST_GAIN", 0.05), (tracker, "MOST_GAIN", 0.05)],
    "steps that do not grow with the quantile": [
        (tracker, "LEAST_GAIN", tracker.LEAST_GAIN / _ADDITIVE * 2),
        (tracker, "EARLY_GAIN", tracker.EARLY_GAIN / _ADDITIVE * 2),
        (tracker, "MOST_GAIN", tracker.MOST_GAIN / _ADDITIVE * 2),
        (tracker, "_LEAST_STEP", _ADDITIVE),
    ],
}
