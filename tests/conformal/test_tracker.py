from fractions import Fraction

import numpy as np
import pytest
from support.builders import hours_from
from support.scores import ar1, independent
from support.tracked import TENTH, WARM_UP_H, gain_after, margin_of

from fleet.conformal.base import MarginSettings, conformal_quantile, delayed
from fleet.conformal.split import Split
from fleet.conformal.tracker import Tracker

HOURS = 24 * 240


def reference_margins(score: np.ndarray, delay: int, miscoverage: float) -> np.ndarray:
    """Returns the margins of one series, hour by hour: q += eta (miss - miscoverage), with eta a share of q.

    A miss compares a score with the margin that was issued `delay` hours before.
    """
    margins, q, count = [], None, 0
    for hour in range(len(score)):
        if hour >= delay and not np.isnan(score[hour - delay]):
            count += 1
            if np.isfinite(margins[hour - delay]):
                eta = min(max(2 / count**0.5, 0.015), 0.2) * max(abs(q), 0.5)
                q = q + eta * ((score[hour - delay] > margins[hour - delay]) - miscoverage)
        if q is None and count >= 60 * 24:
            known = sorted(value for value in score[: hour - delay + 1] if not np.isnan(value))
            q = known[-(-(len(known) + 1) * (100 - round(100 * miscoverage)) // 100) - 1]
        margins.append(np.inf if q is None else q)
    return np.array(margins)


@pytest.mark.parametrize("delay", [1, 7, 24, 25])
@pytest.mark.parametrize("centre", [3.0, 0.0, -3.0])
def test_the_tracker_follows_the_published_rule_with_its_own_gain(delay, centre):
    # The paper calls a delay of one tick no delay: q is corrected before the next margin is issued.
    score = independent(24 * 90, 1, 1, seed=delay) + centre
    score[24 * 70 : 24 * 72] = np.nan
    expected = reference_margins(score[:, 0, 0], delay, 0.1)
    np.testing.assert_allclose(margin_of(score, np.array([delay]))[:, 0, 0], expected, rtol=1e-12)


def test_near_zero_steps_do_not_depend_on_the_quantile():
    # Within half a spread of zero, eta does not depend on q. A hit moves q by -gain / 2 x 0.1.
    score = np.full((WARM_UP_H + 12, 1, 1), 0.2)
    margin = margin_of(score, np.array([1]))[WARM_UP_H:, 0, 0]
    steps = -0.5 * 0.1 * gain_after(np.arange(WARM_UP_H + 1, WARM_UP_H + 12))
    # The first hit moves q below 0.2. The next score misses and moves q by +gain / 2 x 0.9.
    np.testing.assert_allclose(margin[1], 0.2 + steps[0], rtol=1e-12)
    np.testing.assert_allclose(margin[2] - margin[1], -9 * steps[1], rtol=1e-12)


def test_the_tracker_starts_from_the_conformal_quantile_of_sixty_days():
    score = independent(WARM_UP_H + 100, 2, 2)
    margin = margin_of(score, np.array([1, 24]))
    for lead, delay in enumerate((1, 24)):
        start = WARM_UP_H + delay - 1  # when the 1,440th score becomes known
        assert np.isposinf(margin[:start, :, lead]).all()
        expected = conformal_quantile(score[:WARM_UP_H, :, lead], TENTH)
        np.testing.assert_array_equal(margin[start, :, lead], expected)


def test_the_warm_up_counts_scores_and_not_hours():
    score = independent(WARM_UP_H + 300, 2, 1)
    score[100:250, 0] = np.nan
    margin = margin_of(score, np.array([1]))[:, :, 0]
    assert np.flatnonzero(np.isfinite(margin[:, 0]))[0] == WARM_UP_H + 150
    assert np.flatnonzero(np.isfinite(margin[:, 1]))[0] == WARM_UP_H


@pytest.mark.parametrize("step", [1, 6, 24])
def test_the_warm_up_takes_sixty_days_for_every_step(step):
    origin_utc = hours_from("2024-01-01", 24 * 90)[::step]
    margin = Tracker().margin(independent(len(origin_utc), 1, 1), origin_utc, np.array([1]), TENTH)[:, 0, 0]
    assert np.flatnonzero(np.isfinite(margin))[0] == WARM_UP_H // step


def test_a_higher_confidence_waits_for_as_many_scores_as_it_needs():
    # A finite margin at a miscoverage of 1/2,000 needs 1,999 scores, more than sixty days have. The margin is their
    # largest score.
    score = independent(2_100, 1, 1)
    margin = margin_of(score, np.array([1]), Fraction(1, 2_000))[:, 0, 0]
    assert np.isposinf(margin[:1_999]).all()
    assert margin[1_999] == score[:1_999].max()


def test_the_margin_stays_while_no_score_becomes_known():
    score = independent(WARM_UP_H + 500, 1, 1)
    gap = slice(WARM_UP_H + 100, WARM_UP_H + 300)
    score[gap] = np.nan
    margin = margin_of(score, np.array([5]))[:, 0, 0]
    # The last scores before the gap become known up to five hours later.
    assert len(set(margin[gap.start + 4 : gap.stop + 5].tolist())) == 1
    assert margin[gap.stop + 5] != margin[gap.stop + 4]


def test_the_margin_catches_up_with_a_jump_in_a_logarithmic_number_of_misses():
    # Each miss multiplies the margin by 1 + gain x 0.9, from 1 to 5, with a gain of about 2 / root(2,900). The scores
    # that are not yet known miss as well.
    delay, jump = 24, WARM_UP_H * 2
    score = 0.95 + 0.1 * np.random.default_rng(0).random((jump + 500, 1, 1))
    score[jump:] *= 5
    margin = margin_of(score, np.array([delay]))[:, 0, 0]
    missed = np.flatnonzero(score[jump:, 0, 0] > margin[jump:])
    most = np.log(5.25 / margin[jump]) / np.log(1 + 0.9 * gain_after(jump + 100)) + delay
    first_hit = np.flatnonzero(np.diff(missed) > 1)[0] + 1
    assert 0.8 * most < first_hit <= most


def test_miss_rates_of_scores_with_memory_vary_less_than_those_of_split():
    score = ar1(HOURS, 100, 1, memory=0.98, seed=5)
    missed = {}
    for method in (Tracker(), Split()):
        margin = method.margin(score, hours_from("2024-01-01", HOURS), np.array([1]), TENTH)
        missed[type(method)] = (score > margin)[WARM_UP_H:].mean(axis=0)
    for rates in missed.values():
        assert rates.mean() == pytest.approx(0.1, abs=0.01)
    assert missed[Tracker].std() < missed[Split].std() / 4


# Paths of scores, (hour, seed): ordinary and extreme ones.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_margins_keep_the_precision_of_the_scores(dtype):
    margin = margin_of(independent(WARM_UP_H + 50, 1, 1).astype(dtype), np.array([1]))
    assert margin.dtype == dtype


def test_a_run_of_misses_until_the_first_is_known_does_not_multiply_the_quantile():
    # 300 scores of about 1, then 40 of 5. The score of a tick becomes known 28 ticks later.
    score = np.concatenate([np.random.default_rng(0).normal(1, 0.1, 300), np.full(40, 5.0)])[:, None, None]
    ticks, delay = hours_from("2024-01-01", len(score)), np.array([28])
    settings = MarginSettings(miscoverage=TENTH, delay=delay, step_h=1)
    highest = {}
    for most in (np.inf, 0.5):
        tracker = Tracker(warm_up_days=2, most_until_known=most)
        _, margin = tracker.advance(None, delayed(score, delay), ticks, settings)
        highest[most] = margin[-1, 0, 0]
    # Twelve misses are known at the last tick. Steps of a tenth each more than double the quantile; steps of at most
    # 0.5 / 28 raise it by a fifth.
    assert highest[np.inf] > 2.2
    assert highest[0.5] < 1.5
