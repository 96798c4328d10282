"""The tracker's margins, and its rule as its docstring states it."""

from fractions import Fraction

import numpy as np
from support.builders import hours_from

from fleet.conformal.tracker import EARLY_GAIN, LEAST_GAIN, MOST_GAIN, WARM_UP_DAYS, Tracker

TENTH, TWENTIETH = Fraction(1, 10), Fraction(1, 20)
WARM_UP_H = 24 * WARM_UP_DAYS


def gain_after(count):
    return np.clip(EARLY_GAIN / np.sqrt(count), LEAST_GAIN, MOST_GAIN)


def margin_of(score: np.ndarray, delay: np.ndarray, miscoverage: Fraction = TENTH) -> np.ndarray:
    return Tracker().margin(score, hours_from("2024-01-01", len(score)), delay, miscoverage)


def path_coordinate(q: np.ndarray) -> np.ndarray:
    """Returns P(q) of the tracker's docstring, which each step moves by about gain x (miss - miscoverage)."""
    logarithmic = np.sign(q) * (1 + np.log(np.maximum(2 * np.abs(q), 1)))
    return np.where(np.abs(q) < 0.5, 2 * q, logarithmic)
