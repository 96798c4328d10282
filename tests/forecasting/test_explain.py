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


def whole():
    """Two regions with a covariate and an outlook of themselves."""
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


@pytest.mark.parametrize("lead", [1, 24, 30])
def test_anchor_and_parts_add_up_to_the_forecast(lead):
    told = explain(whole(), 1, ORIGIN, lead, name="b")
    assert told.anchor + sum(told.parts.values()) == pytest.approx(told.forecast, abs=1e-9)
    assert sum(share for share, _ in told.experts.values()) == pytest.approx(1)
    assert told.forecast == pytest.approx(sum(share * own for share, own in told.experts.values()))
    assert told.target_utc == TIME[ORIGIN + lead]


def test_it_tells_of_the_forecast_that_is_made():
    series = whole()
    forecast = walk_forward(FORECASTERS["blend"](horizon=24), series, np.array([ORIGIN]))
    assert explain(series, 0, ORIGIN, 5, name="a").forecast == pytest.approx(forecast[0, 0, 4], rel=1e-12)


def test_the_anchor_is_what_was_seen_at_that_hour_last():
    series = whole()
    told = explain(series, 0, ORIGIN, 30, name="a")
    assert told.anchor == series.observed[0, ORIGIN + 30 - 48]
    assert told.anchor_utc == TIME[ORIGIN + 30 - 48]


def test_the_anchor_of_a_gap_is_dated_when_it_was_observed():
    observed = seasonal(HOURS)
    observed[0, ORIGIN - 60 : ORIGIN - 1] = np.nan
    told = explain(series_of(observed), 0, ORIGIN, 5, name="a")
    # Of the target's hour, 19 h before the origin and 43 h before it are missing; 67 h before it is known.
    assert told.anchor_utc == TIME[ORIGIN - 67]
    assert told.anchor == observed[0, ORIGIN - 67]


def test_outlooks_and_covariates_are_named_where_they_are():
    assert {"outlooks", "pressure_hpa"} <= explain(whole(), 0, ORIGIN, 24, name="a").parts.keys()
    alone = explain(series_of(seasonal(HOURS)), 0, ORIGIN, 24, name="a").parts
    assert not {"outlooks", "pressure_hpa"} & alone.keys()


def test_before_a_day_is_known_there_is_nothing_to_explain():
    with pytest.raises(DataError, match="region a has no full day"):
        explain(whole(), 0, 10, 1, name="a")
