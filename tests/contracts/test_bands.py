"""What every entry of BANDS must do."""

from fractions import Fraction

import numpy as np
import pytest
from builders import hours_from

from fleet.conformal import BANDS
from fleet.conformal.bands import Residuals, make_bands

TENTH = Fraction(1, 10)
LEADS = 6
ORIGINS = 24 * 200

pytestmark = pytest.mark.parametrize("name", BANDS)


def scores(origins: int = ORIGINS) -> np.ndarray:
    score = np.random.default_rng(0).normal(size=(origins, 2, LEADS)) * np.arange(1, LEADS + 1)
    score[500:520, 0] = np.nan
    return score


def margin_of(name, score, *, delay=None, since=0, start="2024-01-01"):
    delay = np.arange(1, LEADS + 1) if delay is None else delay
    return BANDS[name]().margin(score, hours_from(start, len(score)), delay, TENTH, since=since)


def test_a_margin_is_never_nan_and_the_same_again(name):
    margin = margin_of(name, scores())
    assert margin.shape == (ORIGINS, 2, LEADS)
    assert not np.isnan(margin).any()
    assert np.isfinite(margin[-1]).all()
    np.testing.assert_array_equal(margin_of(name, scores()), margin)


def test_inputs_are_left_as_they_were(name):
    score = scores()
    score.flags.writeable = False
    margin_of(name, score)
    np.testing.assert_array_equal(score, scores())


@pytest.mark.parametrize("wrong", [np.nan, 1e12, -1e12])
@pytest.mark.parametrize("origin", [24 * 91 - 1, 24 * 91, 24 * 91 + 1, 24 * 150 + 5])
def test_a_score_that_is_not_yet_known_changes_nothing(name, origin, wrong):
    score = scores()
    delay = np.array([1, 2, 3, 24, 48, 96])
    spoilt = score.copy()
    for lead, late in enumerate(delay):
        spoilt[origin - late + 1 :, :, lead] = wrong
    whole = margin_of(name, score, delay=delay)
    np.testing.assert_array_equal(margin_of(name, spoilt, delay=delay)[: origin + 1], whole[: origin + 1])


def test_origins_before_since_only_calibrate(name):
    whole = margin_of(name, scores())
    np.testing.assert_array_equal(margin_of(name, scores(), since=1_234), whole[1_234:])


@pytest.mark.parametrize("origins", [1, 30])
def test_no_calibration_gives_infinite_margins(name, origins):
    assert np.isposinf(margin_of(name, scores(origins))).all()
    assert np.isposinf(margin_of(name, np.full((ORIGINS, 2, LEADS), np.nan))).all()


def test_regions_together_and_alone_have_the_same_margins(name):
    score = scores()
    together = margin_of(name, score)
    for region in range(2):
        alone = margin_of(name, score[:, region : region + 1])
        np.testing.assert_array_equal(alone[:, 0], together[:, region])


def test_long_run_coverage_of_independent_scores_is_nominal(name):
    score, margin = scores(), margin_of(name, scores())
    promised = np.isfinite(margin) & np.isfinite(score)
    # About 4,000 origins x 12: the standard error of the rate is below 0.3 %, calibration error below 1 %.
    assert (score <= margin)[promised].mean() == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("level", [0.0, 2.5])
def test_bounds_are_numbers_where_residuals_are_constant(name, level):
    forecast = np.full((ORIGINS, 1, LEADS), 50.0)
    residuals = Residuals(
        forecast=forecast,
        actual=forecast + level,
        origin_utc=hours_from("2024-01-01", ORIGINS),
        age_h=np.zeros((ORIGINS, 1), dtype=np.int64),
    )
    bands = make_bands(BANDS[name](), residuals, TENTH)
    for bound in (bands.lower, bands.upper, bands.path_lower, bands.path_upper):
        assert not np.isnan(bound).any()
        assert np.isfinite(bound[-1]).all()


@pytest.mark.parametrize("origin", [24 * 91 - 1, 24 * 91, 24 * 91 + 11])
def test_nothing_past_an_origin_reaches_its_bands(name, origin):
    score = scores()
    forecast = np.full(score.shape, 50.0)
    target = np.arange(ORIGINS)[:, None] + np.arange(1, LEADS + 1)
    spoilt = np.where(target[:, None, :] > origin, 1e9, forecast + score)
    bands = [
        make_bands(
            BANDS[name](),
            Residuals(
                forecast=forecast,
                actual=actual,
                origin_utc=hours_from("2024-01-01", ORIGINS),
                age_h=np.zeros((ORIGINS, 2), dtype=np.int64),
                scale_origins=200,
            ),
            TENTH,
        )
        for actual in (forecast + score, spoilt)
    ]
    for bound in ("lower", "upper", "path_lower", "path_upper"):
        whole, wrong = (getattr(each, bound)[: origin + 1] for each in bands)
        np.testing.assert_array_equal(wrong, whole)
        assert np.isfinite(whole[-1]).all()
