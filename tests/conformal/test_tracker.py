from fractions import Fraction

import numpy as np
import pytest
from support.builders import hours_from
from support.scores import ar1, independent, season

from fleet.conformal.base import Aim, conformal_quantile, delayed
from fleet.conformal.split import Split
from fleet.conformal.tracker import EARLY_GAIN, LEAST_GAIN, MOST_GAIN, WARM_UP_DAYS, Tracker

TENTH, TWENTIETH = Fraction(1, 10), Fraction(1, 20)
WARM_UP_H = 24 * WARM_UP_DAYS
HOURS = 24 * 240
DELAY = np.array([1, 2, 7, 24, 25])  # from one tick, that is told at once, to a day and an hour
SEEDS = 12


def gain_after(count):
    return np.clip(EARLY_GAIN / np.sqrt(count), LEAST_GAIN, MOST_GAIN)


def margin_of(score: np.ndarray, delay: np.ndarray, miscoverage: Fraction = TENTH) -> np.ndarray:
    return Tracker().margin(score, hours_from("2024-01-01", len(score)), delay, miscoverage)


def tracked(q: np.ndarray) -> np.ndarray:
    """What every step moves by gain x (miss - miscoverage), but for terms of gain squared."""
    beyond = np.sign(q) * (1 + np.log(np.maximum(2 * np.abs(q), 1)))
    return np.where(np.abs(q) < 0.5, 2 * q, beyond)


def published(score: np.ndarray, late: int, miscoverage: float) -> np.ndarray:
    """One series, hour by hour and by the book: q += eta (1{s > q then} - alpha), eta a share of q, told `late`."""
    margins, q, seen = [], None, 0
    for hour in range(len(score)):
        if hour >= late and not np.isnan(score[hour - late]):
            seen += 1
            if np.isfinite(margins[hour - late]):
                eta = min(max(2 / seen**0.5, 0.015), 0.2) * max(abs(q), 0.5)
                q = q + eta * ((score[hour - late] > margins[hour - late]) - miscoverage)
        if q is None and seen >= 60 * 24:
            known = sorted(each for each in score[: hour - late + 1] if not np.isnan(each))
            q = known[-(-(len(known) + 1) * (100 - round(100 * miscoverage)) // 100) - 1]
        margins.append(np.inf if q is None else q)
    return np.array(margins)


@pytest.mark.parametrize("late", [1, 7, 24, 25])
@pytest.mark.parametrize("centre", [3.0, 0.0, -3.0])
def test_it_is_the_published_rule_with_a_gain_of_its_own(late, centre):
    # Late by one tick is what the book calls no delay: q is corrected before the next promise.
    score = independent(24 * 90, 1, 1, seed=late) + centre
    score[24 * 70 : 24 * 72] = np.nan
    expected = published(score[:, 0, 0], late, 0.1)
    np.testing.assert_allclose(margin_of(score, np.array([late]))[:, 0, 0], expected, rtol=1e-12)


def test_near_zero_the_steps_are_even():
    # Within half a spread of zero eta does not depend on q: a hit is worth -gain / 2 x 0.1.
    score = np.full((WARM_UP_H + 12, 1, 1), 0.2)
    margin = margin_of(score, np.array([1]))[WARM_UP_H:, 0, 0]
    steps = -0.5 * 0.1 * gain_after(np.arange(WARM_UP_H + 1, WARM_UP_H + 12))
    # One after the other, q falls below 0.2 with the first hit, and the next score misses: +gain / 2 x 0.9.
    np.testing.assert_allclose(margin[1], 0.2 + steps[0], rtol=1e-12)
    np.testing.assert_allclose(margin[2] - margin[1], -9 * steps[1], rtol=1e-12)


def test_it_starts_from_the_conformal_quantile_of_sixty_days():
    score = independent(WARM_UP_H + 100, 2, 2)
    margin = margin_of(score, np.array([1, 24]))
    for lead, late in enumerate((1, 24)):
        start = WARM_UP_H + late - 1  # when the 1,440th score becomes known
        assert np.isposinf(margin[:start, :, lead]).all()
        expected = conformal_quantile(score[:WARM_UP_H, :, lead], TENTH)
        np.testing.assert_array_equal(margin[start, :, lead], expected)


def test_scores_are_counted_and_not_hours():
    score = independent(WARM_UP_H + 300, 2, 1)
    score[100:250, 0] = np.nan
    margin = margin_of(score, np.array([1]))[:, :, 0]
    assert np.flatnonzero(np.isfinite(margin[:, 0]))[0] == WARM_UP_H + 150
    assert np.flatnonzero(np.isfinite(margin[:, 1]))[0] == WARM_UP_H


@pytest.mark.parametrize("step", [1, 6, 24])
def test_sixty_days_are_sixty_days_on_every_clock(step):
    origin_utc = hours_from("2024-01-01", 24 * 90)[::step]
    margin = Tracker().margin(independent(len(origin_utc), 1, 1), origin_utc, np.array([1]), TENTH)[:, 0, 0]
    assert np.flatnonzero(np.isfinite(margin))[0] == WARM_UP_H // step


def test_a_higher_confidence_waits_for_as_many_scores_as_it_needs():
    # A finite margin at one in 2,000 needs 1,999 scores, more than sixty days have; it is the largest of them.
    score = independent(2_100, 1, 1)
    margin = margin_of(score, np.array([1]), Fraction(1, 2_000))[:, 0, 0]
    assert np.isposinf(margin[:1_999]).all()
    assert margin[1_999] == score[:1_999].max()


def test_nothing_moves_while_nothing_becomes_known():
    score = independent(WARM_UP_H + 500, 1, 1)
    silent = slice(WARM_UP_H + 100, WARM_UP_H + 300)
    score[silent] = np.nan
    margin = margin_of(score, np.array([5]))[:, 0, 0]
    # What was promised in the last hours before is heard of until five hours after.
    assert len(set(margin[silent.start + 4 : silent.stop + 5].tolist())) == 1
    assert margin[silent.stop + 5] != margin[silent.stop + 4]


def test_a_step_of_the_scores_is_caught_up_with_in_as_many_misses_as_its_logarithm_asks_for():
    # From 1 to 5 in steps of 1 + gain x 0.9, gain = 2 / root(2,900) or so, and whatever is under way misses as well.
    late, at = 24, WARM_UP_H * 2
    score = 0.95 + 0.1 * np.random.default_rng(0).random((at + 500, 1, 1))
    score[at:] *= 5
    margin = margin_of(score, np.array([late]))[:, 0, 0]
    missed = np.flatnonzero(score[at:, 0, 0] > margin[at:])
    most = np.log(5.25 / margin[at]) / np.log(1 + 0.9 * gain_after(at + 100)) + late
    first_hit = np.flatnonzero(np.diff(missed) > 1)[0] + 1
    assert 0.8 * most < first_hit <= most


def test_more_memory_in_the_scores_does_not_spread_its_miss_rates_as_it_spreads_those_of_split():
    score = ar1(HOURS, 100, 1, memory=0.98, seed=5)
    missed = {}
    for method in (Tracker(), Split()):
        margin = method.margin(score, hours_from("2024-01-01", HOURS), np.array([1]), TENTH)
        missed[type(method)] = (score > margin)[WARM_UP_H:].mean(axis=0)
    for rates in missed.values():
        assert rates.mean() == pytest.approx(0.1, abs=0.01)
    assert missed[Tracker].std() < missed[Split].std() / 4


# Paths, (hour, seed): what may come, and what nobody expects.


def dropout(seed: int) -> np.ndarray:
    score = np.abs(independent(HOURS, SEEDS, seed=seed))
    rng = np.random.default_rng(seed)
    for each in range(SEEDS):
        for start in rng.integers(0, HOURS, 20):
            score[start : start + rng.integers(1, 200), each] = np.nan
    return score


def _paths() -> dict[str, np.ndarray]:
    calm = np.abs(independent(HOURS, SEEDS, seed=20))
    hour = np.arange(HOURS)[:, None]
    late = hour > HOURS / 2
    return {
        "independent": calm,
        "memory": np.abs(ar1(HOURS, SEEDS, memory=0.98, seed=21)),
        "season": calm * season(HOURS, 24 * 90),
        "step up": calm + 20 * late,
        "step down": calm + 20 * ~late,
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
    """(hour, seed, delay) of each path, tracked all at once."""
    score = np.repeat(np.concatenate([*PATHS.values()], axis=1)[:, :, None], len(DELAY), axis=2)
    parts = np.split(margin_of(score, DELAY, TWENTIETH), len(PATHS), axis=1)
    return dict(zip(PATHS, parts, strict=True))


def check_every_path(score: np.ndarray, margin: np.ndarray, late: int, miscoverage: float) -> int:
    """The statement of the tracker's docstring, on each series of (hour, series); returns how many there were."""
    for path, q in zip(score.T, margin.T, strict=True):
        start = int(np.flatnonzero(np.isfinite(q))[0])
        heard = np.flatnonzero(~np.isnan(path[start : len(path) - late])) + start
        n = len(heard)
        missed = (path[heard] > q[heard]).mean()
        before = np.count_nonzero(~np.isnan(path[: start + 1 - late]))
        first, last = gain_after(np.array([before + 1, np.count_nonzero(~np.isnan(path[: len(path) - late]))]))
        known = path[~np.isnan(path)]
        span = tracked(q[start:].max()) - tracked(q[start:].min())
        bound = (1 + first) * span / (last * n) + first * miscoverage * (1 - miscoverage)
        assert abs(missed - miscoverage) <= bound + 1e-12
        overshoot = late * first * (1 + first)
        assert tracked(q[start:].max()) <= tracked(known.max()) + overshoot
        assert tracked(q[start:].min()) >= tracked(known.min()) - overshoot
    return score.shape[1]


@pytest.mark.parametrize("late", DELAY)
@pytest.mark.parametrize("path", PATHS)
def test_the_miss_rate_is_bounded_on_every_path(path, late, margins):
    margin = margins[path][:, :, list(DELAY).index(late)]
    assert check_every_path(PATHS[path], margin, late, 0.05) == SEEDS


@pytest.mark.parametrize("path", ["independent", "memory", "season", "dropout", "burst of variance"])
def test_the_miss_rate_comes_close_to_the_miscoverage_where_scores_stay_in_range(path, margins):
    missed = (PATHS[path][:, :, None] > margins[path])[2 * WARM_UP_H :]
    known = ~np.isnan(PATHS[path])[2 * WARM_UP_H :, :, None]
    rates = missed.sum(axis=0) / known.sum(axis=0)
    # 2,880 hours at a gain of 0.03: while q comes back to within a factor of three, log(3) / 0.03 / 2,880 = 0.013.
    np.testing.assert_allclose(rates, 0.05, atol=0.02)


LOW, HIGH = 0.6, 6.0


def against(margin: np.ndarray, hour: int, charging: np.ndarray) -> np.ndarray:
    """(adversary, delay) scores between LOW and HIGH, chosen by who has seen the margin that is to hold them."""
    score = np.full(margin.shape, LOW)
    score[0] = np.minimum(margin[0] * 1.001, HIGH)  # always a miss, if only just, while it can be
    score[1] = LOW  # never one, while it can be
    # One lets the margin fall to the least score and then drives it up to the greatest, and so on.
    charging[(margin[2] <= LOW)] = True
    charging[(margin[2] >= HIGH)] = False
    score[2] = np.where(charging, HIGH, LOW)
    # One misses with all that is under way at once, and then holds still until it pays again.
    score[3] = np.where((hour // DELAY) % 10 == 0, HIGH, LOW)
    score[4] = np.where(hour % 2 == 0, HIGH, LOW)
    return score


def test_an_adversary_that_sees_the_margin_is_held_to_the_bound():
    hours, adversaries = 4_000, 5
    calm = np.random.default_rng(1).uniform(LOW, HIGH, (WARM_UP_H, adversaries, len(DELAY)))
    score = np.concatenate([calm, np.full((hours, adversaries, len(DELAY)), np.nan)])
    tick_utc = hours_from("2024-01-01", len(score))
    aim = Aim(miscoverage=TWENTIETH, delay=DELAY, step_h=1)
    state, margin = Tracker().advance(None, delayed(calm, DELAY), tick_utc[:WARM_UP_H], aim)
    parts, charging = [margin], np.zeros(len(DELAY), dtype=bool)
    for tick in range(WARM_UP_H, len(score)):
        due = np.stack([score[tick - late, :, lead] for lead, late in enumerate(DELAY)], axis=-1)[None]
        state, margin = Tracker().advance(state, due, tick_utc[tick : tick + 1], aim)
        parts.append(margin)
        score[tick] = against(margin[0], tick, charging)
    margin = np.concatenate(parts)
    for lead, late in enumerate(DELAY):
        check_every_path(score[:, :, lead], margin[:, :, lead], late, 0.05)
    missed = (score > margin)[WARM_UP_H + 25 :].mean(axis=0)
    # Whoever always misses is held by what the scores can be: log(6 / 0.6) / 0.027 / 4,000 = 0.02 at the most.
    assert (missed[0] < 0.05 + 0.03).all()
    # The gain is 2 / root(5,440) = 0.027 at the end. Over one sweep up, of log(10) / (0.03 x 0.95) = 80 misses, nothing
    # but misses: a bound is one on the long run.
    run = (score > margin)[WARM_UP_H + 25 :, 2, 0]
    assert max(np.diff(np.flatnonzero(~run))) > 60


@pytest.mark.parametrize(("gain_at", "miscoverage"), [(17_778, TWENTIETH), (1_440, TWENTIETH), (17_778, TENTH)])
def test_multiples_leave_a_bias_of_half_the_gain_times_a_times_one_less_a(gain_at, miscoverage):
    # A miss adds u = log(1 + gain (1 - a)) to log q, a hit takes d = -log(1 - gain a): what stays is the rate at which
    # both cancel, d / (u + d), a little above a.
    a, n = float(miscoverage), 4_000
    score = 1 + np.random.default_rng(2).random((WARM_UP_H + n, 40, 1))
    aim = Aim(miscoverage=miscoverage, delay=np.array([1]), step_h=1)
    due, tick_utc = delayed(score, aim.delay), hours_from("2024-01-01", len(score))
    state, _ = Tracker().advance(None, due[: WARM_UP_H + 1], tick_utc[: WARM_UP_H + 1], aim)
    # As if that many scores had been seen, and were all the time.
    misses, hits, q = 0, 0, state["quantile"].copy()
    u, d = np.log(1 + gain_after(gain_at) * (1 - a)), -np.log(1 - gain_after(gain_at) * a)
    for tick in range(WARM_UP_H + 1, len(score)):
        state["count"][:] = gain_at - 1
        missed = score[tick - 1] > state["quantile"]
        misses, hits = misses + missed, hits + ~missed
        state, _ = Tracker().advance(state, due[tick : tick + 1], tick_utc[tick : tick + 1], aim)
    np.testing.assert_allclose(misses * u - hits * d, np.log(state["quantile"] / q), atol=1e-9)
    balance = d / (u + d)
    assert balance == pytest.approx(a + gain_after(gain_at) * a * (1 - a) / 2, rel=2e-3)
    assert (np.abs(misses / (n - 1) - balance) <= np.log(2) / (u + d) / (n - 1)).all()


def test_the_bias_of_a_settled_gain_is_less_than_half_a_per_mille():
    # At 0.015 and 5 %: 0.05 + 0.015 x 0.05 x 0.95 / 2 = 0.05036.
    up, down = np.log(1 + 0.015 * 0.95), -np.log(1 - 0.015 * 0.05)
    assert down / (up + down) == pytest.approx(0.05036, abs=5e-6)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_margins_keep_the_precision_of_the_scores(kind):
    margin = margin_of(independent(WARM_UP_H + 50, 1, 1).astype(kind), np.array([1]))
    assert margin.dtype == kind
