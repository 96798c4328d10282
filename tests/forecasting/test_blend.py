import numpy as np
import pytest
from support.builders import seasonal, series_of

from fleet.forecasting import FORECASTERS, walk_forward
from fleet.forecasting.blend import EXPERTS, FAR_EXPERTS, Blend
from fleet.forecasting.series import actual

HOURS = 24 * 150
ORIGINS = np.arange(24 * 100, HOURS - 24)


def steps(seed=0):
    """(1, hour): a load that jumps at random hours and then stays at its new level."""
    rng = np.random.default_rng(seed)
    return np.cumsum(np.where(rng.random(HOURS) < 0.01, rng.normal(0, 50, HOURS), 0.0))[None] + 500


def error(name, series):
    return np.abs(walk_forward(FORECASTERS[name](horizon=24), series, ORIGINS) - actual(series, ORIGINS, 24)).mean()


@pytest.mark.parametrize("observed", [seasonal(HOURS), steps()], ids=["weather", "steps"])
def test_a_blend_is_nearly_as_good_as_its_best_expert(observed):
    series = series_of(observed)
    assert error("blend", series) < 1.03 * min(error(name, series) for name in EXPERTS)


def test_every_expert_is_in_the_catalogue():
    assert set(FAR_EXPERTS) == set(FORECASTERS) - {"blend"}


def test_a_mixture_lies_between_its_experts():
    series = series_of(seasonal(HOURS))
    blend = Blend(horizon=24).learn(series, 0, 24 * 91)
    origins = np.arange(24 * 91, 24 * 95)
    experts, mixture = blend.experts(series, origins), blend.predict(series, origins)
    assert (mixture >= experts.min(axis=0) - 1e-9).all()
    assert (mixture <= experts.max(axis=0) + 1e-9).all()


@pytest.mark.slow
def test_shares_at_an_origin_give_its_forecast():
    series = series_of(seasonal(HOURS, regions=2))
    blend = Blend(horizon=24).learn(series, 0, 24 * 91)
    origin = 24 * 94 + 5
    experts = blend.experts(series, np.array([origin]))[:, 0]
    expected = (blend.shares(series, origin) * experts).sum(axis=0)
    np.testing.assert_allclose(blend.predict(series, np.array([origin]))[0], expected, rtol=1e-12)


def test_one_origin_alone_has_the_same_mixture_as_among_many():
    series = series_of(seasonal(HOURS))
    blend = Blend(horizon=24).learn(series, 0, 24 * 91)
    many = blend.predict(series, np.arange(24 * 91, 24 * 110))
    for day in (91, 100, 109):
        np.testing.assert_array_equal(blend.predict(series, np.array([24 * day]))[0], many[24 * (day - 91)])


@pytest.mark.slow
def test_learning_at_once_and_month_by_month_give_the_same_forecast():
    series = series_of(seasonal(HOURS))
    at_once = Blend(horizon=24).learn(series, 0, 24 * 91)
    by_month = (
        Blend(horizon=24).learn(series, 0, 24 * 31).learn(series, 24 * 31, 24 * 60).learn(series, 24 * 60, 24 * 91)
    )
    origins = np.arange(24 * 91, 24 * 93)
    np.testing.assert_array_equal(at_once.predict(series, origins), by_month.predict(series, origins))


def test_a_frozen_blend_keeps_its_shares():
    series = series_of(seasonal(HOURS))
    blend = Blend(horizon=24).learn(series, 0, 24 * 91).frozen()
    origins = np.arange(24 * 91, 24 * 140)
    changed = series.observed.copy()
    changed[0, 24 * 92 : 24 * 110] += 50.0
    late = origins > 24 * 118  # no lag reaches back to the change
    np.testing.assert_array_equal(
        blend.predict(series_of(changed), origins)[late], blend.predict(series, origins)[late]
    )


def test_a_usual_year_joins_the_blend_beyond_a_day_only():
    assert Blend(horizon=24).names == EXPERTS
    assert Blend(horizon=48).names == (*EXPERTS, "climatology")
