"""The band methods that conformal_bands.py compares, and what it takes from the default or changes in it."""

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
# So large that no quantile exceeds it: the step no longer depends on the quantile.
_ADDITIVE = 1e6

# (module, name, value) of what is changed.
Patches = Sequence[tuple[Any, str, Any]]


class Rolling90(Rolling):
    """A quarter of a year."""

    days = 90


class ScaledSplit(Split):
    """On scores in units of the learnt spread, as the default's."""

    scaled = True


class PlainTracker(Tracker):
    """The tracker on errors over one constant of each lead: their mean size in the first 60 days, in which it promises
    nothing. The gain is constant, of the quantile as the default's or, where `additive`, of the constant scale; without
    one it falls as the default's.
    """

    scaled = False

    def __init__(self, gain: float | None = 0.03, *, additive: bool = False) -> None:
        super().__init__()
        self._gain, self._additive = gain, additive

    def advance(
        self, state: State | None, due: FloatArray, tick_utc: HourArray, settings: MarginSettings
    ) -> tuple[State, FloatArray]:
        """A whole history at once."""
        first = np.abs(due[: 2 * WARM_UP_H // settings.step_h])
        counted = np.isfinite(first) & (np.cumsum(np.isfinite(first), axis=0) <= WARM_UP_H // settings.step_h)
        size = np.where(counted, first, 0).sum(axis=0) / np.maximum(counted.sum(axis=0), 1)
        size = np.where(size > 0, size, 1)
        with patched(() if self._gain is None else step_of(self._gain, additive=self._additive)):
            after, margin = super().advance(state, due / size, tick_utc, settings)
        return after, margin * size


def step_of(gain: float, *, additive: bool) -> Patches:
    """The tracker's step with one gain from beginning to end."""
    least, gain = (_ADDITIVE, gain / _ADDITIVE) if additive else (tracker._LEAST_STEP, gain)
    gains = [(tracker, name, gain) for name in ("LEAST_GAIN", "EARLY_GAIN", "MOST_GAIN")]
    return [*gains, (tracker, "_LEAST_STEP", least)]


def patched(patches: Patches) -> ExitStack:
    """All of them, until it is left."""
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
    """The spread's features without some: a column of zeros earns no weight."""
    whole = features.spread_features

    def of(*words: Any) -> FloatArray:
        seen = whole(*words)
        seen[:, columns] = 0
        return seen

    return [(features, "spread_features", of)]


def together() -> Patches:
    """Both sides learn from the size of the error, whatever its sign."""
    apart = model.learn

    def learn(
        gram: FloatArray, moment: FloatArray, weights: FloatArray, row: FloatArray, error: FloatArray, **words: int
    ):
        _, below = apart(gram, moment, weights, row, -np.abs(error), **words)
        gram, above = apart(gram, moment, weights, row, np.abs(error), **words)
        return gram, np.stack([below[..., 0], above[..., 1]], axis=-1)

    return [(model, "learn", learn)]


def unlearnt() -> Patches:
    """The slow mean of errors alone."""
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
