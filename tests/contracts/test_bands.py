"""The contract of every entry of BANDS."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.builders import hours_from
from support.scores import blocks, through_a_file

from fleet.conformal import BANDS
from fleet.conformal.base import MarginSettings, delayed, miscoverage_of
from fleet.conformal.build_bands import Residuals, block_of, make_bands
from fleet.conformal.margins import MarginTarget, advance
from fleet.conformal.spread import Block
from fleet.conformal.tracker import WARM_UP_DAYS
from fleet.errors import DataError

TENTH = Fraction(1, 10)
LEADS = 6
ORIGINS = 24 * 95
TARGETS = {
    "hour": MarginTarget(side="both", miscoverage=TENTH),
    "path": MarginTarget(side="both", miscoverage=TENTH, window=LEADS),
    "three": MarginTarget(side="below", miscoverage=TENTH, window=3),
}
BOUNDS = ("lower", "upper", "path_lower", "path_upper")

pytestmark = pytest.mark.parametrize("name", BANDS)


def scores(origins: int = ORIGINS) -> np.ndarray:
    score = np.random.default_rng(0).normal(size=(origins, 2, LEADS)) * np.arange(1, LEADS + 1)
    score[500:520, 0] = np.nan
    return score


def margin_of(name, score, *, delay=None, since=0, start="2024-01-01", miscoverage=TENTH):
    delay = np.arange(1, LEADS + 1) if delay is None else delay
    return BANDS[name]().margin(score, hours_from(start, len(score)), delay, miscoverage, since=since)


def residuals_of(residual: np.ndarray, *, origin_utc=None, since: int = 0) -> Residuals:
    """Returns (origin, region, lead) residuals around a forecast that is a daily wave around 50."""
    origin_utc = hours_from("2024-01-01", len(residual)) if origin_utc is None else origin_utc
    target = origin_utc.astype(np.int64)[:, None] + np.arange(1, residual.shape[2] + 1)
    forecast = np.broadcast_to((50 + 5 * np.sin(2 * np.pi * target / 24))[:, None], residual.shape)
    return Residuals(
        forecast=forecast,
        actual=forecast + residual,
        origin_utc=origin_utc,
        age_h=np.zeros(residual.shape[:2], dtype=np.int64),
        since=since,
    )


def part_of(block: Block, run: slice, regions: slice = slice(None)) -> Block:
    return replace(
        block, tick_utc=block.tick_utc[run], forecast=block.forecast[run, regions], due=block.due[run, regions]
    )


def test_a_margin_is_never_nan_and_reproducible(name):
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


def test_a_state_is_left_as_it_was(name):
    block, _ = block_of(residuals_of(scores(24 * 70)))
    state, _ = advance(BANDS[name](), TARGETS, None, part_of(block, slice(0, 24 * 65)))
    before = {key: values.copy() for key, values in state.items()}
    for values in (*state.values(), block.forecast, block.due):
        values.flags.writeable = False
    rest = part_of(block, slice(24 * 65, None))
    first, second = (advance(BANDS[name](), TARGETS, state, rest)[1] for _ in range(2))
    for key, values in before.items():
        np.testing.assert_array_equal(state[key], values)
    for target in TARGETS:
        np.testing.assert_array_equal(first[target], second[target])


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [np.nan, 1e12, -1e12])
@pytest.mark.parametrize("origin", [24 * 91 - 1, 24 * 91, 24 * 93 + 5])
def test_a_score_that_is_not_yet_known_changes_nothing(name, origin, wrong):
    score = scores()
    delay = np.array([1, 2, 3, 24, 48, 96])
    changed = score.copy()
    for lead, ticks in enumerate(delay):
        changed[origin - ticks + 1 :, :, lead] = wrong
    expected = margin_of(name, score, delay=delay)
    np.testing.assert_array_equal(margin_of(name, changed, delay=delay)[: origin + 1], expected[: origin + 1])


def test_a_score_changes_margins_once_it_is_known(name):
    score, delay = scores(), np.array([1, 2, 3, 24, 48, 96])
    changed = score.copy()
    changed[24 * 80 :] = 1e12
    differs = margin_of(name, changed, delay=delay) != margin_of(name, score, delay=delay)
    assert differs[-1].all()


@pytest.mark.slow
def test_origins_before_since_only_calibrate(name):
    margin = margin_of(name, scores())
    np.testing.assert_array_equal(margin_of(name, scores(), since=1_234), margin[1_234:])
    bands = [make_bands(BANDS[name](), residuals_of(scores(), since=since), TENTH) for since in (0, 1_600)]
    for bound in BOUNDS:
        np.testing.assert_array_equal(getattr(bands[1], bound), getattr(bands[0], bound)[1_600:])


def test_no_calibration_gives_infinite_margins(name):
    # No method has a margin within the first day. The tracker has none within its first 60 days.
    days = WARM_UP_DAYS if name == "tracker" else 1
    assert np.isposinf(margin_of(name, scores(1))).all()
    assert np.isposinf(margin_of(name, scores(24 * days))).all()
    assert np.isposinf(margin_of(name, np.full((ORIGINS, 2, LEADS), np.nan))).all()
    assert margin_of(name, scores(0)).shape == (0, 2, LEADS)


@pytest.mark.slow
@pytest.mark.parametrize("confidence", [0.999_999, 0.999_999_999])
def test_a_confidence_beyond_the_calibration_is_infinite(name, confidence):
    # A finite margin needs 1 / miscoverage - 1 scores: a million minus one, or a billion minus one. There are 2,280.
    assert np.isposinf(margin_of(name, scores(), miscoverage=miscoverage_of(confidence))).all()
    bands = make_bands(BANDS[name](), residuals_of(scores()), miscoverage_of(confidence))
    for bound in BOUNDS:
        assert np.isinf(getattr(bands, bound)).all()


@pytest.mark.slow
def test_a_region_has_the_same_margins_alone_and_together(name):
    score = scores()
    together = margin_of(name, score)
    block, _ = block_of(residuals_of(score))
    _, margins = advance(BANDS[name](), TARGETS, None, block)
    for region in range(2):
        alone = margin_of(name, score[:, region : region + 1])
        np.testing.assert_array_equal(alone[:, 0], together[:, region])
        block_of_region = part_of(block, slice(None), slice(region, region + 1))
        for target, margin in advance(BANDS[name](), TARGETS, None, block_of_region)[1].items():
            np.testing.assert_array_equal(margin[:, :, 0], margins[target][:, :, region])


@pytest.mark.slow
def test_a_region_that_joins_late_starts_infinite_and_does_not_change_others(name):
    join = 24 * 30
    residuals = residuals_of(scores())
    forecast = residuals.forecast.copy()
    forecast[:join, 1] = np.nan
    block, _ = block_of(replace(residuals, forecast=forecast))
    _, margins = advance(BANDS[name](), TARGETS, None, block)
    _, alone = advance(BANDS[name](), TARGETS, None, part_of(block, slice(None), slice(0, 1)))
    wait_h = 24 * WARM_UP_DAYS if name == "tracker" else 1
    for target, margin in margins.items():
        np.testing.assert_array_equal(margin[:, :, :1], alone[target])
        window = TARGETS[target].window or LEADS
        assert np.isposinf(margin[: join + wait_h, :, 1]).all()
        assert np.isfinite(margin[-1, :, 1, :window]).all()


@pytest.mark.slow
@settings(max_examples=4)
@given(st.lists(st.integers(0, 24 * 70), max_size=6), st.integers(0, 24 * 70))
def test_cutting_a_history_into_blocks_changes_nothing(name, cuts, cut):
    block, _ = block_of(residuals_of(scores(24 * 70)))
    _, margins = advance(BANDS[name](), TARGETS, None, block)
    state, parts = None, []
    # Besides the drawn cuts, there is always a block of one tick and a block without ticks.
    for run in blocks(24 * 70, [*cuts, cut, cut, cut + 1]):
        state, margin = advance(BANDS[name](), TARGETS, state, part_of(block, run))
        state = through_a_file(state)
        parts.append(margin)
    for target, margin in margins.items():
        np.testing.assert_array_equal(np.concatenate([part[target] for part in parts]), margin)


@pytest.mark.slow
def test_hour_by_hour_gives_the_same_margins_as_all_at_once(name):
    score, delay, hours = scores(24 * 75), np.array([1, 2, 3, 24, 48, 96]), 24 * 75
    settings = MarginSettings(miscoverage=TENTH, delay=delay, step_h=1)
    due, tick_utc = delayed(score, delay), hours_from("2024-01-01", hours)
    _, all_at_once = BANDS[name]().advance(None, due, tick_utc, settings)
    state, by_hour = BANDS[name]().advance(None, due[: hours - 200], tick_utc[: hours - 200], settings)
    parts = [by_hour]
    for tick in range(hours - 200, hours):
        state, by_hour = BANDS[name]().advance(
            through_a_file(state), due[tick : tick + 1], tick_utc[tick : tick + 1], settings
        )
        parts.append(by_hour)
    np.testing.assert_array_equal(np.concatenate(parts), all_at_once)


@pytest.mark.slow
@pytest.mark.parametrize("gap_h", [5, 24 * 20])
def test_hours_without_a_forecast_count_as_ticks(name, gap_h):
    origin_utc, before = hours_from("2024-01-01", ORIGINS), 24 * 70
    kept = np.r_[:before, before + gap_h : ORIGINS]
    score = scores()
    with_gap = score.copy()
    with_gap[before : before + gap_h] = np.nan
    method, delay = BANDS[name](), np.arange(1, LEADS + 1)
    without_hours = method.margin(score[kept], origin_utc[kept], delay, TENTH)
    np.testing.assert_array_equal(without_hours, method.margin(with_gap, origin_utc, delay, TENTH)[kept])
    bands = make_bands(method, residuals_of(score[kept], origin_utc=origin_utc[kept]), TENTH)
    without_gap = make_bands(method, residuals_of(score), TENTH)
    for bound in BOUNDS:
        assert not np.isnan(getattr(bands, bound)).any()
        np.testing.assert_array_equal(getattr(bands, bound)[:before], getattr(without_gap, bound)[:before])


@pytest.mark.parametrize("back_h", [0, 1, 100])
def test_origins_that_repeat_or_go_back_are_refused(name, back_h):
    origin_utc = hours_from("2024-01-01", 200)
    origin_utc[150:] -= back_h + 1
    with pytest.raises(DataError, match="time order"):
        BANDS[name]().margin(scores(200), origin_utc, np.arange(1, LEADS + 1), TENTH)
    with pytest.raises(DataError, match="time order"):
        make_bands(BANDS[name](), residuals_of(scores(200), origin_utc=origin_utc), TENTH)


def test_long_run_coverage_of_independent_scores_is_nominal(name):
    score, margin = scores(), margin_of(name, scores())
    counts = np.isfinite(margin) & np.isfinite(score)
    # At least 35 days x 24 x 12 scores: the standard error of the rate is 0.3 %, that of the calibration below 1 %.
    assert counts.sum() > 9_000
    assert (score <= margin)[counts].mean() == pytest.approx(0.9, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("residual", [0.0, 2.5, -2.5])
def test_bounds_of_constant_residuals_are_finite(name, residual):
    bands = make_bands(BANDS[name](), residuals_of(np.full((ORIGINS, 1, LEADS), residual)), TENTH)
    for bound in BOUNDS:
        assert not np.isnan(getattr(bands, bound)).any()
        assert np.isfinite(getattr(bands, bound)[-1]).all()


@pytest.mark.parametrize("wrong", [np.nan, 1e9])
@pytest.mark.parametrize("origin", [24 * 91 - 1, 24 * 91])
def test_nothing_past_an_origin_reaches_its_bands(name, origin, wrong):
    residuals = residuals_of(scores())
    target = np.arange(ORIGINS)[:, None] + np.arange(1, LEADS + 1)
    actual = np.where(target[:, None, :] > origin, wrong, residuals.actual)
    forecast = residuals.forecast.copy()
    forecast[origin + 1 :] = wrong
    changed = replace(residuals, forecast=forecast, actual=actual)
    expected = make_bands(BANDS[name](), residuals, TENTH)
    bands = make_bands(BANDS[name](), changed, TENTH)
    for bound in BOUNDS:
        until_origin = getattr(expected, bound)[: origin + 1]
        np.testing.assert_array_equal(getattr(bands, bound)[: origin + 1], until_origin)
        assert np.isfinite(until_origin[-1]).all()
