"""The baseline of the benchmarks: it uses nothing after the origin, and beats the seasonal naive forecast."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted, seasonal, series_of

from fleet.forecasting import FORECASTERS, walk_forward
from fleet.forecasting.series import actual

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
# A year and a half, because the baseline needs a year of history to know the seasons.
HOURS = 24 * 550
HORIZON = 3
ORIGINS = np.arange(24 * 450, HOURS - HORIZON, 29)


@pytest.fixture
def baseline(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("baseline")


@pytest.mark.slow
@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_values_after_the_origin_do_not_change_a_forecast(baseline: ModuleType, corruption: str) -> None:
    observed = seasonal(HOURS, regions=2)
    observed[0, 10_900:10_960] = np.nan
    forecast = baseline.baseline_b(series_of(observed), ORIGINS, HORIZON)
    middle = len(ORIGINS) // 2
    changed = series_of(corrupted(observed, int(ORIGINS[middle]), corruption))
    changed_forecast = baseline.baseline_b(changed, ORIGINS[: middle + 1], HORIZON)
    np.testing.assert_allclose(changed_forecast, forecast[: middle + 1], rtol=1e-9)


def test_the_baseline_beats_the_seasonal_naive_forecast(baseline: ModuleType) -> None:
    series = series_of(seasonal(HOURS))
    actuals = actual(series, ORIGINS, HORIZON)
    naive = walk_forward(FORECASTERS["seasonal_naive"](horizon=HORIZON), series, ORIGINS)
    forecast = baseline.baseline_b(series, ORIGINS, HORIZON)
    assert np.abs(forecast - actuals).mean() < 0.9 * np.abs(naive - actuals).mean()


def test_beyond_a_day_the_baseline_starts_from_the_latest_whole_day(baseline: ModuleType) -> None:
    """A pure daily wave repeats, so the value that the forecast starts from is right at every lead."""
    series = series_of(seasonal(24 * 60, noise=0.0))
    origins = np.arange(24 * 40, 24 * 57, 7)
    np.testing.assert_allclose(baseline.baseline_b(series, origins, 50), actual(series, origins, 50), atol=1e-6)
