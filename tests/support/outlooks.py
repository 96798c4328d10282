"""Small outlooks for tests."""

import numpy as np

from fleet.domain.outlooks import Outlooks

STEPS = 48
EVERY_H = 6


def outlooks_of(true: np.ndarray, time_utc: np.ndarray, *, column: str, error: float = 0.5, seed: int = 0) -> Outlooks:
    """Return an issue every six hours of the next 48 hours of (region, hour) values, with random errors."""
    rng = np.random.default_rng(seed)
    first = np.arange(0, true.shape[1] - STEPS, EVERY_H)
    hours = first[:, None] + np.arange(STEPS)
    values = true[:, hours] + rng.normal(0, error, (len(true), len(first), STEPS))
    return Outlooks(
        regions=tuple(f"r{row}" for row in range(len(true))), issued_utc=time_utc[first], values={column: values}
    )
