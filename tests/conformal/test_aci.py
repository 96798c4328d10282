from fractions import Fraction

import numpy as np
import pytest
from mapie.conformity_scores import AbsoluteConformityScore
from mapie.regression import TimeSeriesRegressor
from sklearn.dummy import DummyRegressor
from support.builders import hours_from
from support.scores import ar1, independent, season

from fleet.conformal.aci import ACI, GAIN, at_level
from fleet.conformal.base import Aim, delayed, miscoverage_of
from fleet.conformal.split import Split

TENTH = Fraction(1, 10)
JANUARY_H = 24 * 31


def run(score: np.ndarray, delay: np.ndarray, miscoverage: Fraction = TENTH, start: str = "2024-01-01"):
    """The state after a history of scores (origin, region, lead), and all margins."""
    aim = Aim(miscoverage=miscoverage, delay=delay, step_h=1)
    return ACI().advance(None, delayed(score, delay), hours_from(start, len(score)), aim)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (0.1, 18.0),  # of 19 scores the rank is ceil(20 x 0.9) = 18
        (0.099, 19.0),  # ceil(20 x 0.901) = 19
        (0.05, 19.0),  # ceil(20 x 0.95) = 19, the last one
        (0.049, np.inf),  # ceil(20 x 0.951) = 20, past the last
        (0.0, np.inf),
        (-3.0, np.inf),
        (0.95, 1.0),
        (1.0, 1.0),  # the least score stands for every level that is too high
        (7.0, 1.0),
    ],
)
def test_a_level_is_a_rank_of_its_calibration(level, expected):
    calibration = np.arange(1.0, 20.0)[:, None]
    assert at_level(calibration, np.array([19]), np.array([level])) == expected


def test_the_dust_of_a_thousand_steps_lifts_no_rank():
    # 0.1 by a thousand steps up and down again is 0.1 but for its last digits.
    level = 0.1
    for step in [GAIN * 0.1] * 1_000 + [-GAIN * 0.1] * 1_000:
        level += step
    assert level != 0.1
    assert at_level(np.arange(1.0, 100.0)[:, None], np.array([99]), np.array([level])) == 90


def test_scores_that_are_missing_are_no_part_of_a_calibration():
    calibration = np.sort(np.array([[3.0, np.nan], [1.0, np.nan], [np.nan, np.nan], [2.0, np.nan]]), axis=0)
    found = at_level(calibration, np.array([3, 0]), np.array([0.5, 0.5]))
    np.testing.assert_array_equal(found, [2.0, np.nan])  # ceil(4 x 0.5) = 2; nothing stands for nothing
    assert np.isnan(at_level(np.empty((0, 2)), np.array([0, 0]), np.array([0.5, 0.5]))).all()


def test_a_miss_lowers_the_level_and_a_hit_raises_it_when_they_become_known():
    score = independent(JANUARY_H + 200, 1, 1, seed=1)
    late = 5
    state, margin = run(score, np.array([late]))
    # Promises are made from February on, and the first of them is heard of five hours later.
    level, levels = 0.1, []
    for tick in range(JANUARY_H, len(score)):
        if tick - late >= JANUARY_H:
            level += GAIN * (0.1 - (score[tick - late, 0, 0] > margin[tick - late, 0, 0]))
        levels.append(level)
    assert state["level"].item() == pytest.approx(level, abs=1e-12)
    calibration = np.sort(score[: JANUARY_H - late + 1, :, 0], axis=0)
    count = np.array([len(calibration)])
    expected = [at_level(calibration, count, np.array([each])).item() for each in levels]
    np.testing.assert_array_equal(margin[JANUARY_H:, 0, 0], expected)


def test_the_calibration_is_that_of_split():
    # At a level that never moved, because no score became known after February began, both are the same.
    score = independent(JANUARY_H + 300, 3, 1)
    score[JANUARY_H:] = np.nan
    _, margin = run(score, np.array([1]))
    split = Split().margin(score, hours_from("2024-01-01", len(score)), np.array([1]), TENTH)
    np.testing.assert_array_equal(margin, split)


@pytest.mark.parametrize("confidence", [0.9, 0.8])
def test_its_trajectory_is_that_of_mapie(confidence):
    # MAPIE bounds both sides of an absolute error at once: one side of ours with absolute errors as scores. It adapts
    # after each prediction, that is one tick late, with a calibration that stays; ours stays within a month. It takes
    # the sums of its levels without dust off, so that a rank may differ where (n + 1)(1 - level) is whole: not here.
    february_h = 24 * 29
    error = np.abs(ar1(JANUARY_H + february_h, 1, 1, memory=0.9, seed=11))
    state, margin = run(error, np.array([1]), miscoverage_of(confidence))
    origin = np.zeros((1, 1))
    regressor = TimeSeriesRegressor(
        DummyRegressor(strategy="constant", constant=0.0).fit(origin, [0.0]),
        method="aci",
        cv="prefit",
        conformity_score=AbsoluteConformityScore(),
    ).fit(np.zeros((JANUARY_H, 1)), error[:JANUARY_H, 0, 0])
    levels, theirs = [], []
    for score in error[JANUARY_H:, 0, 0]:
        _, interval = regressor.predict(origin, confidence_level=confidence, allow_infinite_bounds=True)
        theirs.append(interval[0, 1, 0])
        levels.append(next(iter(regressor.current_alpha.values())))
        regressor.adapt_conformal_inference(origin, np.array([score]), gamma=GAIN, confidence_level=confidence)
    assert 0 < min(levels) < max(levels) < 1
    assert np.ptp(levels) > 10 * GAIN
    np.testing.assert_array_equal(margin[JANUARY_H:, 0, 0], theirs)
    # Ours has heard of all but the last of them.
    assert state["level"].item() == pytest.approx(levels[-1], abs=1e-12)


def adversary(series: int, hours: int) -> np.ndarray:
    """(tick, series, 1): by turns calm, so that levels rise, and far beyond any calibration."""
    score = independent(hours, series, 1, seed=2)
    for each in range(series):
        score[(np.arange(hours) // (40 * (each + 1))) % 2 == 1, each] += 50
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


@pytest.mark.parametrize("path", PATHS)
def test_the_miss_rate_is_bounded_on_every_path_because_the_level_is_never_clipped(path):
    # The level falls by at most GAIN x 0.9 for each promise under way after it has reached 0, where nothing is missed:
    # GAIN x (missed - 0.1 n) = first - last <= 0.1 + GAIN x 0.9 x delay.
    delay = np.array([1, 6, 24])
    score = np.repeat(PATHS[path], len(delay), axis=2)
    state, margin = run(score, delay)
    assert (state["level"] >= -GAIN * 0.9 * delay - 1e-9).all()
    for lead, late in enumerate(delay):
        heard = slice(JANUARY_H, HOURS - late)
        missed = (score > margin)[heard, :, lead].sum(axis=0)
        n = HOURS - late - JANUARY_H
        np.testing.assert_allclose(0.1 - state["level"][:, lead], GAIN * (missed - 0.1 * n), atol=1e-9)
        assert (missed / n <= 0.1 + (0.1 / GAIN + 0.9 * late) / n + 1e-12).all()


def test_late_news_of_a_step_leads_to_infinity_and_back():
    # A margin that misses 24 times before it hears of it falls by 24 x 0.005 x 0.9 = 0.108 of a level of 0.1.
    score = independent(HOURS, 1, 1, seed=3)
    score[24 * 100 : 24 * 105] += 30
    _, margin = run(score, np.array([24]))
    assert np.isfinite(margin[24 * 90 : 24 * 100]).all()
    assert np.isposinf(margin[24 * 100 : 24 * 110]).any()
    assert np.isfinite(margin[-24:]).all()


def test_an_infinite_margin_is_a_hit_and_a_missing_promise_is_none():
    score = independent(JANUARY_H + 100, 2, 1)
    score[:JANUARY_H, 1] = np.nan  # nothing is known of it in January
    state, margin = run(score, np.array([1]), Fraction(1, 10_000))
    # Of 744 scores, the rank ceil(745 x 0.9999) = 745 is past the last: infinite, and 99 promises are heard of.
    assert np.isposinf(margin).all()
    np.testing.assert_allclose(state["level"][:, 0], [0.0001 + 99 * GAIN * 0.0001, 0.0001], rtol=1e-12)
