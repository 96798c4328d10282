from fractions import Fraction

import numpy as np
import pytest
from mapie.conformity_scores import AbsoluteConformityScore
from mapie.regression import TimeSeriesRegressor
from sklearn.dummy import DummyRegressor
from support.builders import hours_from
from support.scores import ar1, independent, season

from fleet.conformal.aci import ACI, GAIN, calibrated_margin
from fleet.conformal.base import MarginSettings, delayed, miscoverage_of
from fleet.conformal.split import Split

TENTH = Fraction(1, 10)
JANUARY_H = 24 * 31


def run(score: np.ndarray, delay: np.ndarray, miscoverage: Fraction = TENTH, start: str = "2024-01-01"):
    """Returns the state after a history of (origin, region, lead) scores, and all margins."""
    settings = MarginSettings(miscoverage=miscoverage, delay=delay, step_h=1)
    return ACI().advance(None, delayed(score, delay), hours_from(start, len(score)), settings)


@pytest.mark.parametrize(
    ("miscoverage", "expected"),
    [
        (0.1, 18.0),  # of 19 scores the rank is ceil(20 x 0.9) = 18
        (0.099, 19.0),  # ceil(20 x 0.901) = 19
        (0.05, 19.0),  # ceil(20 x 0.95) = 19, the largest score
        (0.049, np.inf),  # ceil(20 x 0.951) = 20 exceeds 19
        (0.0, np.inf),
        (-3.0, np.inf),
        (0.95, 1.0),
        (1.0, 1.0),  # the least score for every miscoverage of 1 or more
        (7.0, 1.0),
    ],
)
def test_a_margin_is_the_score_of_its_rank(miscoverage, expected):
    calibration = np.arange(1.0, 20.0)[:, None]
    assert calibrated_margin(calibration, np.array([19]), np.array([miscoverage])) == expected


def test_rounding_errors_of_a_thousand_steps_raise_no_rank():
    # A thousand steps up and down again from 0.1 end at 0.1, except for rounding errors.
    miscoverage = 0.1
    for step in [GAIN * 0.1] * 1_000 + [-GAIN * 0.1] * 1_000:
        miscoverage += step
    assert miscoverage != 0.1
    assert calibrated_margin(np.arange(1.0, 100.0)[:, None], np.array([99]), np.array([miscoverage])) == 90


def test_missing_scores_do_not_count_in_a_calibration():
    calibration = np.sort(np.array([[3.0, np.nan], [1.0, np.nan], [np.nan, np.nan], [2.0, np.nan]]), axis=0)
    margin = calibrated_margin(calibration, np.array([3, 0]), np.array([0.5, 0.5]))
    np.testing.assert_array_equal(margin, [2.0, np.nan])  # ceil(4 x 0.5) = 2; without scores there is no margin
    assert np.isnan(calibrated_margin(np.empty((0, 2)), np.array([0, 0]), np.array([0.5, 0.5]))).all()


def test_the_miscoverage_moves_when_a_miss_or_a_hit_becomes_known():
    score = independent(JANUARY_H + 200, 1, 1, seed=1)
    delay = 5
    state, margin = run(score, np.array([delay]))
    # Margins are issued from February on, and the first score becomes known five hours later.
    miscoverage, miscoverage_by_tick = 0.1, []
    for tick in range(JANUARY_H, len(score)):
        if tick - delay >= JANUARY_H:
            miscoverage += GAIN * (0.1 - (score[tick - delay, 0, 0] > margin[tick - delay, 0, 0]))
        miscoverage_by_tick.append(miscoverage)
    assert state["level"].item() == pytest.approx(miscoverage, abs=1e-12)
    calibration = np.sort(score[: JANUARY_H - delay + 1, :, 0], axis=0)
    count = np.array([len(calibration)])
    expected = [calibrated_margin(calibration, count, np.array([value])).item() for value in miscoverage_by_tick]
    np.testing.assert_array_equal(margin[JANUARY_H:, 0, 0], expected)


def test_the_calibration_is_that_of_split():
    # No score becomes known in February, so that the miscoverage does not move and both methods agree.
    score = independent(JANUARY_H + 300, 3, 1)
    score[JANUARY_H:] = np.nan
    _, margin = run(score, np.array([1]))
    split = Split().margin(score, hours_from("2024-01-01", len(score)), np.array([1]), TENTH)
    np.testing.assert_array_equal(margin, split)


@pytest.mark.slow
@pytest.mark.parametrize("confidence", [0.9, 0.8])
def test_the_margins_are_those_of_mapie(confidence):
    # MAPIE bounds both sides of an absolute residual at once. This equals one side of ours with absolute residuals as
    # scores. MAPIE adapts after each prediction, which is one tick late. Its calibration never changes, and ours does
    # not change within a month. MAPIE does not allow for rounding errors, so that a rank may differ where
    # (n + 1)(1 - miscoverage) is a whole number. That does not happen here.
    february_h = 24 * 29
    scores = np.abs(ar1(JANUARY_H + february_h, 1, 1, memory=0.9, seed=11))
    state, margin = run(scores, np.array([1]), miscoverage_of(confidence))
    origin = np.zeros((1, 1))
    regressor = TimeSeriesRegressor(
        DummyRegressor(strategy="constant", constant=0.0).fit(origin, [0.0]),
        method="aci",
        cv="prefit",
        conformity_score=AbsoluteConformityScore(),
    ).fit(np.zeros((JANUARY_H, 1)), scores[:JANUARY_H, 0, 0])
    mapie_miscoverage, mapie_margin = [], []
    for score in scores[JANUARY_H:, 0, 0]:
        _, interval = regressor.predict(origin, confidence_level=confidence, allow_infinite_bounds=True)
        mapie_margin.append(interval[0, 1, 0])
        mapie_miscoverage.append(next(iter(regressor.current_alpha.values())))
        regressor.adapt_conformal_inference(origin, np.array([score]), gamma=GAIN, confidence_level=confidence)
    assert 0 < min(mapie_miscoverage) < max(mapie_miscoverage) < 1
    assert np.ptp(mapie_miscoverage) > 10 * GAIN
    np.testing.assert_array_equal(margin[JANUARY_H:, 0, 0], mapie_margin)
    # At the end, ours knows all scores except the last, as MAPIE did before its last prediction.
    assert state["level"].item() == pytest.approx(mapie_miscoverage[-1], abs=1e-12)


def adversary(series: int, hours: int) -> np.ndarray:
    """(tick, series, 1) scores that are calm, so that the miscoverage rises, and then far above any calibration."""
    score = independent(hours, series, 1, seed=2)
    for index in range(series):
        score[(np.arange(hours) // (40 * (index + 1))) % 2 == 1, index] += 50
    return score


HOURS = 24 * 200
PATHS = {
    "independent": independent(HOURS, 10, 1, seed=7),
    "memory": ar1(HOURS, 10, 1, memory=0.98, seed=8),
    "season": (independent(HOURS, 10, seed=9) * season(HOURS, 24 * 90))[:, :, None],
    "drift": independent(HOURS, 10, 1, seed=10) + np.linspace(0, 20, HOURS)[:, None, None],
    "step": independent(HOURS, 10, 1, seed=11) + np.where(np.arange(HOURS) > HOURS / 2, 30, 0)[:, None, None],
    "always worse": np.broadcast_to(np.exp(np.arange(HOURS) / 100)[:, None, None], (HOURS, 10, 1)),
    "adversary": adversary(10, HOURS),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_the_miss_rate_is_bounded_on_every_path(path):
    # At a miscoverage of 0 or less, the margin is infinite and nothing is missed. Only margins issued before can still
    # miss, and each of these misses lowers the miscoverage by at most GAIN x 0.9. The miscoverage is never clipped. So
    # GAIN x (missed - 0.1 n) = first - last <= 0.1 + GAIN x 0.9 x delay.
    delay = np.array([1, 6, 24])
    score = np.repeat(PATHS[path], len(delay), axis=2)
    state, margin = run(score, delay)
    assert (state["level"] >= -GAIN * 0.9 * delay - 1e-9).all()
    for lead, ticks in enumerate(delay):
        known = slice(JANUARY_H, HOURS - ticks)
        missed = (score > margin)[known, :, lead].sum(axis=0)
        n = HOURS - ticks - JANUARY_H
        np.testing.assert_allclose(0.1 - state["level"][:, lead], GAIN * (missed - 0.1 * n), atol=1e-9)
        assert (missed / n <= 0.1 + (0.1 / GAIN + 0.9 * ticks) / n + 1e-12).all()


def test_a_step_that_becomes_known_late_leads_to_infinite_margins_for_a_while():
    # 24 misses before the first one is known lower the miscoverage by 24 x 0.005 x 0.9 = 0.108, from 0.1.
    score = independent(HOURS, 1, 1, seed=3)
    score[24 * 100 : 24 * 105] += 30
    _, margin = run(score, np.array([24]))
    assert np.isfinite(margin[24 * 90 : 24 * 100]).all()
    assert np.isposinf(margin[24 * 100 : 24 * 110]).any()
    assert np.isfinite(margin[-24:]).all()


def test_an_infinite_margin_counts_as_a_hit_and_no_margin_does_not_count():
    score = independent(JANUARY_H + 100, 2, 1)
    score[:JANUARY_H, 1] = np.nan  # no score of the second region is known in January
    state, margin = run(score, np.array([1]), Fraction(1, 10_000))
    # Of 744 scores, the rank ceil(745 x 0.9999) = 745 is too high: the margin is infinite. 99 scores become known.
    assert np.isposinf(margin).all()
    np.testing.assert_allclose(state["level"][:, 0], [0.0001 + 99 * GAIN * 0.0001, 0.0001], rtol=1e-12)
