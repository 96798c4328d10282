"""The long-run bound of the tracker, on ordinary paths and against an adversary."""

import numpy as np
import pytest
from support.builders import hours_from
from support.scores import ar1, independent, season
from support.tracked import TENTH, TWENTIETH, WARM_UP_H, gain_after, margin_of, path_coordinate

from fleet.conformal.base import MarginSettings, delayed
from fleet.conformal.tracker import Tracker

HOURS = 24 * 240
DELAY = np.array([1, 2, 7, 24, 25])  # from one tick, which is no delay, to a day and an hour
SEEDS = 12


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
