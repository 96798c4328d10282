"""A sensor may be added long after the others. Its series then begins later than its table."""

import numpy as np
import pytest
from support.builders import seasonal, telemetry_of

from fleet.quality.gate import hold

HOURS, LATE = 120 * 24, 200 * 24


def with_faults(values: np.ndarray, seed: int) -> np.ndarray:
    """Return values with a stuck day, a day of zeros, a clock that is seven hours late, and a change of unit."""
    wrong, rng = values.copy(), np.random.default_rng(seed)
    faults = (
        lambda at: values[:, at : at + 1],
        lambda _: 0.0,
        lambda at: values[:, at - 7 : at + 17],
        lambda at: 2.2046 * values[:, at : at + 24],
    )
    # From the first days on: a rule must know too little in both tables.
    for at, fault in zip(np.sort(rng.integers(5, 110, len(faults))) * 24, rng.permutation(faults), strict=True):
        wrong[:, at : at + 24] = fault(at)
    return wrong


def bursts(seed: int) -> np.ndarray:
    """Return the load of a server that rests for weeks and then works at no hour of its own."""
    rng = np.random.default_rng(seed)
    works = np.repeat(rng.random((1, HOURS // 12)) < 0.15, 12, axis=1)
    return 10 + 40 * works * rng.random((1, HOURS)) + 0.2 * rng.random((1, HOURS))


@pytest.mark.parametrize(
    "column", ["temperature_c", "dew_point_c", "it_load_mw", "carbon_g_per_kwh", "price_usd_per_mwh"]
)
@pytest.mark.parametrize("seed", range(4))
def test_a_series_that_begins_late_is_judged_as_one_that_begins_with_its_table(column, seed):
    for healthy in (40 + seasonal(HOURS, seed=seed, noise=0.5), bursts(seed)):
        values = with_faults(healthy, seed)
        alone = hold(telemetry_of(values, column=column)).rule[column]
        missing = np.full((1, LATE), np.nan)
        late = hold(telemetry_of(np.concatenate([missing, values], axis=1), column=column)).rule[column]
        np.testing.assert_array_equal(late[:, LATE:], alone)
