from fractions import Fraction

import numpy as np
import pytest
from support.builders import hours_from
from support.scores import ar1, independent, season

from fleet.conformal.base import MarginSettings, conformal_quantile, delayed
from fleet.conformal.split import Split
from fleet.conformal.tracker import EARLY_GAIN, LEAST_GAIN, MOST_GAIN, WARM_UP_DAYS, Tracker

TENTH, TWENTIETH = Fraction(1, 10), Fraction(1, 20)
WARM_UP_H = 24 * WARM_UP_DAYS
HOURS = 24 * 240
DELAY = np.array([1, 2, 7, 24, 25])  # from one tick, which is no delay, to a day and an hour
SEEDS = 12


def gain_after(count):
    return np.clip(EARLY_GAIN / np.sqrt(count), LEAST_GAIN, MOST_GAIN)


def margin_of(score: np.ndarray, delay: np.ndarray, miscoverage: Fraction = TENTH) -> np.ndarray:
    return Tracker().margin(score, hours_from("2024-01-01", len(score)), delay, miscoverage)


def path_coordinate(q: np.ndarray) -> np.ndarray:
    """Returns P(q) of the tracker's docstring, which each step moves by about gain x (miss - miscoverage)."""
    logarithmic = np.sign(q) * (1 + np.log(np.maximum(2 * np.abs(q), 1)))
    return np.where(np.abs(q) < 0.5, 2 * q, logarithmic)


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


def dropout(seed: int) -> np.ndarray:
    score = np.abs(independent(HOURS, SEEDS, seed=seed))
    rng = np.random.default_rng(seed)
    for index in range(SEEDS):
        for start in rng.integers(0, HOURS, 20):
            score[start : start + rng.integers(1, 200), index] = np.nan
    return score


def _paths() -> dict[str, np.ndarray]:
    calm = np.abs(independent(HOURS, SEEDS, seed=20))
    hour = np.arange(HOURS)[:, None]
    is_second_half = hour > HOURS / 2
    return {
        "independent": calm,
        "memory": np.abs(ar1(HOURS, SEEDS, memory=0.98, seed=21)),
        "season": calm * season(HOURS, 24 * 90),
        "step up": calm + 20 * is_second_half,
        "step down": calm + 20 * ~is_second_half,
        "drift": calm + hour / 500,
        "burst of variance": calm * np.where((hour // 24) % 40 == 39, 15, 1),
        "dropout": dropout(22),
        "of either sign": independent(HOURS, SEEDS, seed=23) * 3 - 3,
        "below zero": -calm - 2,
        "from one sign to the other": independent(HOURS, SEEDS, seed=24) + np.sin(hour / 300) * 6,
        "constant": np.ones((HOURS, SEEDS)),
        "all or nothing": (np.random.default_rng(25).random((HOURS, SEEDS)) < 0.2) * 30.0,
        "heavy tails": np.abs(np.random.default_rng(26).standard_cauchy((HOURS, SEEDS))),
        "always worse": np.exp(np.minimum(hour, 5_000) / 200) * np.ones(SEEDS),
    }


PATHS = _paths()


@pytest.fixture(scope="module")
def margins() -> dict[str, np.ndarray]:
    """Returns the (hour, seed, delay) margins of each path, computed in one call."""
    score = np.repeat(np.concatenate([*PATHS.values()], axis=1)[:, :, None], len(DELAY), axis=2)
    parts = np.split(margin_of(score, DELAY, TWENTIETH), len(PATHS), axis=1)
    return dict(zip(PATHS, parts, strict=True))


def check_every_path(score: np.ndarray, margin: np.ndarray, delay: int, miscoverage: float) -> int:
    """Checks the bound of the tracker's docstring on each series of (hour, series); returns the number of series."""
    for path, q in zip(score.T, margin.T, strict=True):
        start = int(np.flatnonzero(np.isfinite(q))[0])
        known = np.flatnonzero(~np.isnan(path[start : len(path) - delay])) + start
        n = len(known)
        missed = (path[known] > q[known]).mean()
        before = np.count_nonzero(~np.isnan(path[: start + 1 - delay]))
        first, last = gain_after(np.array([before + 1, np.count_nonzero(~np.isnan(path[: len(path) - delay]))]))
        values = path[~np.isnan(path)]
        span = path_coordinate(q[start:].max()) - path_coordinate(q[start:].min())
        bound = (1 + first) * span / (last * n) + first * miscoverage * (1 - miscoverage)
        assert abs(missed - miscoverage) <= bound + 1e-12
        overshoot = delay * first * (1 + first)
        assert path_coordinate(q[start:].max()) <= path_coordinate(values.max()) + overshoot
        assert path_coordinate(q[start:].min()) >= path_coordinate(values.min()) - overshoot
    return score.shape[1]


@pytest.mark.parametrize("delay", DELAY)
@pytest.mark.parametrize("path", PATHS)
def test_the_miss_rate_is_bounded_on_every_path(path, delay, margins):
    margin = margins[path][:, :, list(DELAY).index(delay)]
    assert check_every_path(PATHS[path], margin, delay, 0.05) == SEEDS


@pytest.mark.parametrize("path", ["independent", "memory", "season", "dropout", "burst of variance"])
def test_the_miss_rate_is_close_to_the_miscoverage_on_ordinary_paths(path, margins):
    missed = (PATHS[path][:, :, None] > margins[path])[2 * WARM_UP_H :]
    known = ~np.isnan(PATHS[path])[2 * WARM_UP_H :, :, None]
    rates = missed.sum(axis=0) / known.sum(axis=0)
    # Over 2,880 hours at a gain of 0.03, a change of q by a factor of three allows log(3) / 0.03 / 2,880 = 0.013.
    np.testing.assert_allclose(rates, 0.05, atol=0.02)


LOW, HIGH = 0.6, 6.0


def adversarial_scores(margin: np.ndarray, hour: int, is_rising: np.ndarray) -> np.ndarray:
    """Returns (adversary, delay) scores between LOW and HIGH that are chosen after the margin is known."""
    score = np.full(margin.shape, LOW)
    score[0] = np.minimum(margin[0] * 1.001, HIGH)  # a narrow miss, as long as HIGH allows it
    score[1] = LOW  # a hit, as long as the margin is above LOW
    # The third adversary lets the margin fall to LOW, then drives it up to HIGH, and so on.
    is_rising[(margin[2] <= LOW)] = True
    is_rising[(margin[2] >= HIGH)] = False
    score[2] = np.where(is_rising, HIGH, LOW)
    # The fourth adversary misses for one whole delay, and then hits for nine.
    score[3] = np.where((hour // DELAY) % 10 == 0, HIGH, LOW)
    score[4] = np.where(hour % 2 == 0, HIGH, LOW)
    return score


def test_the_bound_holds_against_an_adversary_that_knows_the_margin():
    hours, adversaries = 4_000, 5
    calm = np.random.default_rng(1).uniform(LOW, HIGH, (WARM_UP_H, adversaries, len(DELAY)))
    score = np.concatenate([calm, np.full((hours, adversaries, len(DELAY)), np.nan)])
    tick_utc = hours_from("2024-01-01", len(score))
    settings = MarginSettings(miscoverage=TWENTIETH, delay=DELAY, step_h=1)
    state, margin = Tracker().advance(None, delayed(calm, DELAY), tick_utc[:WARM_UP_H], settings)
    parts, is_rising = [margin], np.zeros(len(DELAY), dtype=bool)
    for tick in range(WARM_UP_H, len(score)):
        due = np.stack([score[tick - delay, :, lead] for lead, delay in enumerate(DELAY)], axis=-1)[None]
        state, margin = Tracker().advance(state, due, tick_utc[tick : tick + 1], settings)
        parts.append(margin)
        score[tick] = adversarial_scores(margin[0], tick, is_rising)
    margin = np.concatenate(parts)
    for lead, delay in enumerate(DELAY):
        check_every_path(score[:, :, lead], margin[:, :, lead], delay, 0.05)
    missed = (score > margin)[WARM_UP_H + 25 :].mean(axis=0)
    # The first adversary cannot exceed HIGH. It misses at most log(6 / 0.6) / 0.027 / 4,000 = 0.02 too often.
    assert (missed[0] < 0.05 + 0.03).all()
    # The gain is 2 / root(5,440) = 0.027 at the end. One rise of the third adversary is log(10) / (0.03 x 0.95) = 80
    # misses in a row: the bound holds only in the long run.
    is_miss = (score > margin)[WARM_UP_H + 25 :, 2, 0]
    assert max(np.diff(np.flatnonzero(~is_miss))) > 60


@pytest.mark.parametrize(("count", "miscoverage"), [(17_778, TWENTIETH), (1_440, TWENTIETH), (17_778, TENTH)])
def test_steps_that_are_multiples_leave_a_bias(count, miscoverage):
    # A miss adds u = log(1 + gain (1 - a)) to log q. A hit takes d = -log(1 - gain a) off. Both cancel at a miss rate
    # of d / (u + d), which is about gain a (1 - a) / 2 above a.
    a, n = float(miscoverage), 4_000
    score = 1 + np.random.default_rng(2).random((WARM_UP_H + n, 40, 1))
    settings = MarginSettings(miscoverage=miscoverage, delay=np.array([1]), step_h=1)
    due, tick_utc = delayed(score, settings.delay), hours_from("2024-01-01", len(score))
    state, _ = Tracker().advance(None, due[: WARM_UP_H + 1], tick_utc[: WARM_UP_H + 1], settings)
    # The number of scores is held at `count`, so that the gain stays constant.
    misses, hits, q = 0, 0, state["quantile"].copy()
    u, d = np.log(1 + gain_after(count) * (1 - a)), -np.log(1 - gain_after(count) * a)
    for tick in range(WARM_UP_H + 1, len(score)):
        state["count"][:] = count - 1
        missed = score[tick - 1] > state["quantile"]
        misses, hits = misses + missed, hits + ~missed
        state, _ = Tracker().advance(state, due[tick : tick + 1], tick_utc[tick : tick + 1], settings)
    np.testing.assert_allclose(misses * u - hits * d, np.log(state["quantile"] / q), atol=1e-9)
    balance = d / (u + d)
    assert balance == pytest.approx(a + gain_after(count) * a * (1 - a) / 2, rel=2e-3)
    assert (np.abs(misses / (n - 1) - balance) <= np.log(2) / (u + d) / (n - 1)).all()


def test_the_bias_at_the_least_gain_is_less_than_half_a_per_mille():
    # At 0.015 and 5 %: 0.05 + 0.015 x 0.05 x 0.95 / 2 = 0.05036.
    up, down = np.log(1 + 0.015 * 0.95), -np.log(1 - 0.015 * 0.05)
    assert down / (up + down) == pytest.approx(0.05036, abs=5e-6)


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
