import numpy as np
import pytest
from support.builders import hours_from, seasonal, series_of

from fleet.domain.outlooks import Outlooks
from fleet.errors import DataError
from fleet.forecasting import FORECASTERS, Series, walk_forward
from fleet.forecasting.explain import explain

HOURS = 24 * 150
TIME = hours_from("2024-01-01T00", HOURS)
ORIGIN = 24 * 140 + 7


def full_series():
    """Returns a series of two regions with a covariate and outlooks of the variable."""
    observed = seasonal(HOURS, regions=2)
    issues = np.arange(0, HOURS, 6)
    ahead = observed[:, np.minimum(issues[:, None] + np.arange(48), HOURS - 1)]
    noise = np.random.default_rng(1).normal(0, 1, ahead.shape)
    outlooks = Outlooks(regions=("a", "b"), issued_utc=TIME[issues], values={"temperature_c": ahead + noise})
    return Series(
        observed=observed,
        time_utc=TIME,
        name="temperature_c",
        covariates={"pressure_hpa": seasonal(HOURS, regions=2, seed=3)},
        outlooks=outlooks,
    )


@pytest.mark.slow
@pytest.mark.parametrize("lead", [1, 24, 30])
def test_anchor_and_parts_add_up_to_the_forecast(lead):
    explanation = explain(full_series(), 1, ORIGIN, lead, name="b")
    assert explanation.anchor + sum(explanation.parts.values()) == pytest.approx(explanation.forecast, abs=1e-9)
    assert sum(share for share, _ in explanation.experts.values()) == pytest.approx(1)
    blended = sum(share * forecast for share, forecast in explanation.experts.values())
    assert explanation.forecast == pytest.approx(blended)
    assert explanation.target_utc == TIME[ORIGIN + lead]


def test_the_explained_forecast_is_that_of_walk_forward():
    series = full_series()
    forecast = walk_forward(FORECASTERS["blend"](horizon=24), series, np.array([ORIGIN]))
    assert explain(series, 0, ORIGIN, 5, name="a").forecast == pytest.approx(forecast[0, 0, 4], rel=1e-12)


def test_the_anchor_is_the_latest_value_at_that_hour_of_day():
    series = full_series()
    explanation = explain(series, 0, ORIGIN, 30, name="a")
    assert explanation.anchor == series.observed[0, ORIGIN + 30 - 48]
    assert explanation.anchor_utc == TIME[ORIGIN + 30 - 48]


def test_the_anchor_in_a_gap_has_the_time_of_its_observation():
    observed = seasonal(HOURS)
    observed[0, ORIGIN - 60 : ORIGIN - 1] = np.nan
    explanation = explain(series_of(observed), 0, ORIGIN, 5, name="a")
    # At the target's hour of day, the values 19 h and 43 h before the origin are missing. The one 67 h before is known.
    assert explanation.anchor_utc == TIME[ORIGIN - 67]
    assert explanation.anchor == observed[0, ORIGIN - 67]


def test_outlooks_and_covariates_are_parts_if_the_series_has_them():
    assert {"outlooks", "pressure_hpa"} <= explain(full_series(), 0, ORIGIN, 24, name="a").parts.keys()
    bare = explain(series_of(seasonal(HOURS)), 0, ORIGIN, 24, name="a").parts
    assert not {"outlooks", "pressure_hpa"} & bare.keys()


def test_an_origin_without_a_full_day_of_values_is_refused():
    with pytest.raises(DataError, match="region a has no full day"):
        explain(full_series(), 0, 10, 1, name="a")
