"""The margins behind the charts are those of their own targets."""

import numpy as np
import pytest
from support.sites import NAIVE, summer_prepared

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.build_bands import bands_around, make_bands
from fleet.evaluation.quantiles import LEVELS, quantile_margins
from fleet.replay.plotted_margins import PLOTTED_VARIABLE, chart_margins, plotted_margins, upper_margins


@pytest.fixture(scope="module")
def margin():
    return plotted_margins(summer_prepared())


@pytest.mark.slow
def test_one_call_gives_the_same_margins_as_separate_calls(margin):
    prepared = summer_prepared()
    residuals = prepared.residuals[PLOTTED_VARIABLE]
    bands = make_bands(BANDS[NAIVE.bands](), residuals, miscoverage_of(NAIVE.confidence))
    for bound in ("lower", "upper", "path_lower", "path_upper"):
        np.testing.assert_array_equal(getattr(bands_around(residuals, margin), bound), getattr(bands, bound))
    for name, values in {**upper_margins(prepared, residuals), **chart_margins(prepared, residuals)}.items():
        np.testing.assert_array_equal(margin[name], values)


def test_the_margin_above_is_the_margin_of_the_decisions(margin):
    prepared = summer_prepared()
    residuals = prepared.residuals[PLOTTED_VARIABLE]
    bound = residuals.forecast[residuals.since :] + margin["above"][:, 0]
    np.testing.assert_allclose(bound, prepared.near.temperature_bound_c, rtol=1e-6)


def test_quantiles_rise_with_their_level(margin):
    quantiles = quantile_margins(margin)
    assert len(quantiles) == len(LEVELS) == 9
    assert (np.diff(quantiles.mean(axis=(1, 2, 3))) > 0).all()
