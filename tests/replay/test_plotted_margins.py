"""Margins that people look at are those of their own promises."""

import numpy as np
import pytest
from support.sites import NAIVE, summer_prepared

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.build_bands import around, make_bands
from fleet.evaluation.quantiles import LEVELS, quantile_margins
from fleet.replay.plotted_margins import PICTURED, charted, pictured, upper


@pytest.fixture(scope="module")
def margin():
    return pictured(summer_prepared())


def test_one_pass_gives_what_each_alone_would(margin):
    prepared = summer_prepared()
    residuals = prepared.residuals[PICTURED]
    alone = make_bands(BANDS[NAIVE.bands](), residuals, miscoverage_of(NAIVE.confidence))
    for bound in ("lower", "upper", "path_lower", "path_upper"):
        np.testing.assert_array_equal(getattr(around(residuals, margin), bound), getattr(alone, bound))
    for name, values in {**upper(prepared, residuals), **charted(prepared, residuals)}.items():
        np.testing.assert_array_equal(margin[name], values)


def test_the_margin_above_is_the_one_that_decisions_stand_on(margin):
    prepared = summer_prepared()
    residuals = prepared.residuals[PICTURED]
    bound = residuals.forecast[residuals.since :] + margin["above"][:, 0]
    np.testing.assert_allclose(bound, prepared.near.temperature_bound_c, rtol=1e-6)


def test_quantiles_rise_with_their_level(margin):
    quantiles = quantile_margins(margin)
    assert len(quantiles) == len(LEVELS) == 9
    assert (np.diff(quantiles.mean(axis=(1, 2, 3))) > 0).all()
