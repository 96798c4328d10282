from dataclasses import replace

import numpy as np
import pytest
from support.builders import hours_from
from support.scores import blocks, independent, through_a_file

from fleet.conformal import spread
from fleet.conformal.base import delayed
from fleet.conformal.spread import Block, features, model

BELOW, ABOVE = 0, 1
LEADS = 24


def block_of(residual: np.ndarray, *, step_h: int = 1, forecast: np.ndarray | None = None, start: str = "2024-01-01"):
    """Returns a block of (tick, region, lead) residuals around a constant forecast."""
    delay = -(-np.arange(1, residual.shape[2] + 1) // step_h)
    return Block(
        tick_utc=hours_from(start, len(residual) * step_h)[::step_h],
        step_h=step_h,
        delay=delay,
        forecast=np.full(residual.shape, 20.0) if forecast is None else forecast,
        due=delayed(residual, delay),
    )


def by_hour_of_day(days: int, regions: int = 1, seed: int = 0) -> np.ndarray:
    """Returns (tick, region, lead) residuals. Those above are four times as large from 12 to 18 h UTC."""
    target = (np.arange(24 * days)[:, None] + np.arange(1, LEADS + 1)) % 24
    size = np.where((target >= 12) & (target < 18), 4.0, 1.0)[:, None]
    noise = independent(24 * days, regions, LEADS, seed=seed)
    return np.where(noise > 0, noise * size, noise)


def test_the_slow_spread_is_the_recent_mean_absolute_residual():
    residual = independent(24 * 90, 2, LEADS) * np.array([1.0, 5.0])[:, None]
    _, result = spread.advance(None, block_of(residual))
    # With a half-life of 30 days, 1,040 hours count. The mean is 0.8 standard deviations, to within a few per cent.
    np.testing.assert_allclose(result.slow[-1], np.array([[0.8], [4.0]]) * np.ones((2, LEADS)), rtol=0.15)
    # At lead 1, the first residual is known after a tick. It is the mean until the second one is known.
    assert result.slow[1, 0, 0] == pytest.approx(abs(residual[0, 0, 0]), rel=1e-12)


def test_the_spread_is_missing_before_the_first_residual_and_never_zero():
    residual = np.zeros((24 * 40, 1, LEADS))
    _, result = spread.advance(None, block_of(residual))
    for lead in range(LEADS):
        assert np.isnan(result.slow[: lead + 1, 0, lead]).all()
        assert np.isnan(result.learnt[: lead + 1, :, 0, lead]).all()
        assert (result.slow[lead + 1 :, 0, lead] > 0).all()
        assert (result.learnt[lead + 1 :, :, 0, lead] > 0).all()


def test_the_learnt_spread_is_the_slow_spread_in_the_first_month():
    _, result = spread.advance(None, block_of(by_hour_of_day(70)))
    known = slice(LEADS, 24 * 31)
    for side in (BELOW, ABOVE):
        np.testing.assert_array_equal(result.learnt[known, side], result.slow[known])
    assert (result.learnt[24 * 60 :] != result.slow[24 * 60 :, None]).all()


def test_the_learnt_spread_follows_the_hour_of_day_on_the_right_side():
    _, result = spread.advance(None, block_of(by_hour_of_day(200, regions=3)))
    target = (np.arange(24 * 200)[:, None] + np.arange(1, LEADS + 1)) % 24
    rough, calm = (target >= 12) & (target < 18), (target >= 20) | (target < 10)
    last = slice(24 * 182, None)
    above, below = (result.learnt[last, side].transpose(0, 2, 1) for side in (ABOVE, BELOW))
    # Residuals above are four times as large, and the model has learnt a factor of two at least. Below, all are alike.
    ratio = np.median(above[rough[last]]) / np.median(above[calm[last]])
    assert 2 < ratio < 6
    assert np.median(below[rough[last]]) / np.median(below[calm[last]]) == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("step_h", [1, 6])
def test_a_row_is_learnt_when_the_residuals_of_all_its_leads_are_known(step_h):
    residual = independent(24 * 40, 2, LEADS)
    block = block_of(residual, step_h=step_h)
    last = 24 * 40 - 1
    while block.tick_utc[last].astype(np.int64) // step_h % 5:  # every fifth tick of the clock
        last -= 1
    parts = (slice(0, last), slice(last, last + 1))
    first, second = (
        replace(block, tick_utc=block.tick_utc[run], forecast=block.forecast[run], due=block.due[run]) for run in parts
    )
    state, _ = spread.advance(None, first)
    after, _ = spread.advance(state, second)
    # The kept values begin with the forecast whose last lead becomes known now.
    origin = last - block.delay[-1]
    gram, moment = model.learn(
        state["gram"],
        state["moment"],
        state["weights"],
        state["features"][:1],
        residual[origin][None] / state["slow"][:1],
        row_h=5 * step_h,
    )
    np.testing.assert_array_equal(after["gram"], gram)
    np.testing.assert_allclose(after["moment"], moment, rtol=1e-12)
    np.testing.assert_array_equal(after["weights"], state["weights"])  # weights change at the start of a month


def test_scores_in_units_of_the_learnt_spread_depend_less_on_the_hour():
    residual = by_hour_of_day(200, regions=3)
    _, result = spread.advance(None, block_of(residual))
    last = slice(24 * 120, None)
    target = (np.arange(24 * 200)[:, None] + np.arange(1, LEADS + 1)) % 24
    rough = ((target >= 12) & (target < 18))[last]
    deviation = {}
    for name, unit in (("slow", result.slow), ("learnt", result.learnt[:, ABOVE])):
        score = (residual / unit)[last].transpose(0, 2, 1)
        bound = np.quantile(score, 0.95)
        deviation[name] = abs((score[rough] > bound).mean() - 0.05)
    assert deviation["slow"] > 0.1
    assert deviation["learnt"] < deviation["slow"] / 3


def test_a_learnt_spread_is_at_most_eight_times_the_slow_spread():
    residual = independent(24 * 70, 1, LEADS)
    residual[:, 0, 3] *= 1e6
    residual[24 * 40 :] *= 1e-6
    _, result = spread.advance(None, block_of(residual))
    ratio = (result.learnt / result.slow[:, None])[LEADS:]
    assert ratio.max() <= 8 * (1 + 1e-9)
    assert ratio.min() >= (1 - 1e-9) / 8


@pytest.mark.parametrize("step_h", [1, 6, 24])
def test_values_that_are_not_yet_known_change_no_spread(step_h):
    ticks = 24 * 100 // step_h
    last = 24 * 80 // step_h
    residual = independent(ticks, 2, LEADS)
    block = block_of(residual, step_h=step_h)
    forecast, changed = block.forecast.copy(), residual.copy()
    forecast[last + 1 :] = 1e9
    for lead, delay in enumerate(block.delay):
        changed[last - delay + 1 :, :, lead] = 1e9
    _, expected = spread.advance(None, block)
    _, result = spread.advance(None, block_of(changed, step_h=step_h, forecast=forecast))
    np.testing.assert_array_equal(result.slow[: last + 1], expected.slow[: last + 1])
    np.testing.assert_array_equal(result.learnt[: last + 1], expected.learnt[: last + 1])


@pytest.mark.parametrize(("step_h", "start"), [(1, "2024-01-01"), (6, "2024-01-01T03"), (24, "2023-12-30T12")])
def test_cutting_a_history_into_blocks_changes_neither_spread_nor_state(step_h, start):
    ticks = 24 * 70 // step_h
    residual = independent(ticks, 2, LEADS)
    residual[5:9, 1] = np.nan
    block = block_of(residual, step_h=step_h, start=start)
    end_state, expected = spread.advance(None, block)
    rng = np.random.default_rng(1)
    state, parts = None, []
    for run in blocks(ticks, [1, 2, 3, 3, *rng.integers(0, ticks, 6)]):
        part = replace(block, tick_utc=block.tick_utc[run], forecast=block.forecast[run], due=block.due[run])
        state, result = spread.advance(state, part)
        state = through_a_file(state)
        parts.append(result)
    for name in ("slow", "learnt"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(expected, name))
    assert set(state) == set(end_state)
    for name, values in end_state.items():
        np.testing.assert_array_equal(state[name], values, err_msg=name)


def test_a_region_has_the_same_spread_alone_and_together():
    residual = by_hour_of_day(70, regions=3)
    _, together = spread.advance(None, block_of(residual))
    for region in range(3):
        _, alone = spread.advance(None, block_of(residual[:, region : region + 1]))
        np.testing.assert_array_equal(alone.learnt[:, :, 0], together.learnt[:, :, region])


def test_a_month_without_forecasts_does_not_change_the_spread():
    residual = independent(24 * 100, 1, LEADS)
    residual[24 * 60 : 24 * 90] = np.nan
    forecast = np.full(residual.shape, 20.0)
    forecast[24 * 60 : 24 * 90] = np.nan
    _, result = spread.advance(None, block_of(residual, forecast=forecast))
    before, after = result.slow[24 * 60 + LEADS, 0], result.slow[24 * 90, 0]
    np.testing.assert_allclose(after, before, rtol=1e-9)
    assert np.isfinite(result.learnt[24 * 90 :]).all()


def test_inputs_and_states_are_left_as_they_were():
    block = block_of(independent(24 * 40, 1, LEADS))
    state, _ = spread.advance(None, block)
    before = {name: values.copy() for name, values in state.items()}
    for values in (*state.values(), block.forecast, block.due):
        values.flags.writeable = False
    following = replace(block, tick_utc=block.tick_utc + 24 * 40)
    spread.advance(state, following)
    for name, values in before.items():
        np.testing.assert_array_equal(state[name], values)


def test_a_state_has_the_precision_of_its_forecasts_and_double_sums():
    residual = independent(24 * 40, 1, LEADS).astype(np.float32)
    block = block_of(residual, forecast=np.full(residual.shape, 20, dtype=np.float32))
    state, result = spread.advance(None, block)
    assert result.slow.dtype == result.learnt.dtype == np.float32
    assert state["features"].shape[1] == features.COUNT
    for name in ("gram", "moment", "weights"):
        assert state[name].dtype == np.float64
