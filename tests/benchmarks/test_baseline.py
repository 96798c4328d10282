"""The yardstick itself must be fair: no look ahead, and better than what it starts from."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted, seasonal, series_of

from fleet.forecasting import FORECASTERS, walk_forward
from fleet.forecasting.series import actual

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
# A year and a half: it knows no season before it has seen one.
HOURS = 24 * 550
HORIZON = 3
ORIGINS = np.arange(24 * 450, HOURS - HORIZON, 29)


@pytest.fixture
def baseline(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("baseline")


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_nothing_past_the_origin_changes_a_forecast(baseline: ModuleType, how: str) -> None:
    observed = seasonal(HOURS, regions=2)
    observed[0, 10_900:10_960] = np.nan
    whole = baseline.baseline_b(series_of(observed), ORIGINS, HORIZON)
    at = len(ORIGINS) // 2
    cut = baseline.baseline_b(series_of(corrupted(observed, int(ORIGINS[at]), how)), ORIGINS[: at + 1], HORIZON)
    np.testing.assert_allclose(cut, whole[: at + 1], rtol=1e-9)


def test_it_beats_the_same_hour_of_the_latest_day_where_departures_fade(baseline: ModuleType) -> None:
    series = series_of(seasonal(HOURS))
    actuals = actual(series, ORIGINS, HORIZON)
    naive = walk_forward(FORECASTERS["seasonal_naive"](horizon=HORIZON), series, ORIGINS)
    ours = baseline.baseline_b(series, ORIGINS, HORIZON)
    assert np.abs(ours - actuals).mean() < 0.9 * np.abs(naive - actuals).mean()


def test_beyond_a_day_it_starts_from_the_latest_whole_day(baseline: ModuleType) -> None:
    """A pure daily wave repeats, so that what it starts from is right at every lead."""
    series = series_of(seasonal(24 * 60, noise=0.0))
    origins = np.arange(24 * 40, 24 * 57, 7)
    np.testing.assert_allclose(baseline.baseline_b(series, origins, 50), actual(series, origins, 50), atol=1e-6)
