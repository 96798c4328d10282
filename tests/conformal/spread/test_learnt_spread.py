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


def block_of(error: np.ndarray, *, step_h: int = 1, forecast: np.ndarray | None = None, start: str = "2024-01-01"):
    """error: (tick, region, lead) around a flat forecast."""
    delay = -(-np.arange(1, error.shape[2] + 1) // step_h)
    return Block(
        tick_utc=hours_from(start, len(error) * step_h)[::step_h],
        step_h=step_h,
        delay=delay,
        forecast=np.full(error.shape, 20.0) if forecast is None else forecast,
        due=delayed(error, delay),
    )


def by_hour_of_day(days: int, regions: int = 1, seed: int = 0) -> np.ndarray:
    """(tick, region, lead) errors, above four times as large from 12 to 18 h of UTC, and below everywhere the same."""
    target = (np.arange(24 * days)[:, None] + np.arange(1, LEADS + 1)) % 24
    size = np.where((target >= 12) & (target < 18), 4.0, 1.0)[:, None]
    noise = independent(24 * days, regions, LEADS, seed=seed)
    return np.where(noise > 0, noise * size, noise)


def test_the_slow_spread_is_the_mean_absolute_error_of_late():
    error = independent(24 * 90, 2, LEADS) * np.array([1.0, 5.0])[:, None]
    _, found = spread.advance(None, block_of(error))
    # A half-life of 30 days remembers 1,040 hours: 0.8 of a standard deviation, but for a few per cent.
    np.testing.assert_allclose(found.slow[-1], np.array([[0.8], [4.0]]) * np.ones((2, LEADS)), rtol=0.15)
    # At lead 1 the first error is known after a tick, and is the mean until there are two.
    assert found.slow[1, 0, 0] == pytest.approx(abs(error[0, 0, 0]), rel=1e-12)


def test_no_spread_is_known_before_an_error_is_and_no_spread_is_zero():
    error = np.zeros((24 * 40, 1, LEADS))
    _, found = spread.advance(None, block_of(error))
    for lead in range(LEADS):
        assert np.isnan(found.slow[: lead + 1, 0, lead]).all()
        assert np.isnan(found.learnt[: lead + 1, :, 0, lead]).all()
        assert (found.slow[lead + 1 :, 0, lead] > 0).all()
        assert (found.learnt[lead + 1 :, :, 0, lead] > 0).all()


def test_nothing_is_learnt_in_the_first_month():
    _, found = spread.advance(None, block_of(by_hour_of_day(70)))
    known = slice(LEADS, 24 * 31)
    for side in (BELOW, ABOVE):
        np.testing.assert_array_equal(found.learnt[known, side], found.slow[known])
    assert (found.learnt[24 * 60 :] != found.slow[24 * 60 :, None]).all()


def test_the_learnt_spread_follows_the_hour_of_day_on_the_side_on_which_errors_do():
    _, found = spread.advance(None, block_of(by_hour_of_day(200, regions=3)))
    target = (np.arange(24 * 200)[:, None] + np.arange(1, LEADS + 1)) % 24
    rough, calm = (target >= 12) & (target < 18), (target >= 20) | (target < 10)
    last = slice(24 * 182, None)
    above, below = (found.learnt[last, side].transpose(0, 2, 1) for side in (ABOVE, BELOW))
    # Four times as large, and twice at least of it has been learnt; below, nothing differs.
    ratio = np.median(above[rough[last]]) / np.median(above[calm[last]])
    assert 2 < ratio < 6
    assert np.median(below[rough[last]]) / np.median(below[calm[last]]) == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("step_h", [1, 6])
def test_a_row_is_learnt_when_all_its_leads_are_known_in_the_slow_spread_of_its_origin(step_h):
    error = independent(24 * 40, 2, LEADS)
    block = block_of(error, step_h=step_h)
    last = 24 * 40 - 1
    while block.tick_utc[last].astype(np.int64) // step_h % 5:  # every fifth tick of the clock
        last -= 1
    parts = (slice(0, last), slice(last, last + 1))
    first, then = (
        replace(block, tick_utc=block.tick_utc[run], forecast=block.forecast[run], due=block.due[run]) for run in parts
    )
    state, _ = spread.advance(None, first)
    after, _ = spread.advance(state, then)
    # What is kept begins with the forecast whose last lead becomes known now.
    origin = last - block.delay[-1]
    gram, moment = model.learn(
        state["gram"],
        state["moment"],
        state["weights"],
        state["features"][:1],
        error[origin][None] / state["slow"][:1],
        row_h=5 * step_h,
    )
    np.testing.assert_array_equal(after["gram"], gram)
    np.testing.assert_allclose(after["moment"], moment, rtol=1e-12)
    np.testing.assert_array_equal(after["weights"], state["weights"])  # until the month ends


def test_scores_in_the_learnt_spread_vary_less_than_in_the_slow_one():
    error = by_hour_of_day(200, regions=3)
    _, found = spread.advance(None, block_of(error))
    last = slice(24 * 120, None)
    target = (np.arange(24 * 200)[:, None] + np.arange(1, LEADS + 1)) % 24
    rough = ((target >= 12) & (target < 18))[last]
    furthest = {}
    for name, unit in (("slow", found.slow), ("learnt", found.learnt[:, ABOVE])):
        score = (error / unit)[last].transpose(0, 2, 1)
        bound = np.quantile(score, 0.95)
        furthest[name] = abs((score[rough] > bound).mean() - 0.05)
    assert furthest["slow"] > 0.1
    assert furthest["learnt"] < furthest["slow"] / 3


def test_a_learnt_spread_is_never_eight_times_the_slow_one():
    error = independent(24 * 70, 1, LEADS)
    error[:, 0, 3] *= 1e6
    error[24 * 40 :] *= 1e-6
    _, found = spread.advance(None, block_of(error))
    ratio = (found.learnt / found.slow[:, None])[LEADS:]
    assert ratio.max() <= 8 * (1 + 1e-9)
    assert ratio.min() >= (1 - 1e-9) / 8


@pytest.mark.parametrize("step_h", [1, 6, 24])
def test_what_is_not_known_yet_changes_no_spread(step_h):
    ticks = 24 * 100 // step_h
    at = 24 * 80 // step_h
    error = independent(ticks, 2, LEADS)
    block = block_of(error, step_h=step_h)
    later, unknown = block.forecast.copy(), error.copy()
    later[at + 1 :] = 1e9
    for lead, late in enumerate(block.delay):
        unknown[at - late + 1 :, :, lead] = 1e9
    _, whole = spread.advance(None, block)
    _, spoilt = spread.advance(None, block_of(unknown, step_h=step_h, forecast=later))
    np.testing.assert_array_equal(spoilt.slow[: at + 1], whole.slow[: at + 1])
    np.testing.assert_array_equal(spoilt.learnt[: at + 1], whole.learnt[: at + 1])


@pytest.mark.parametrize(("step_h", "start"), [(1, "2024-01-01"), (6, "2024-01-01T03"), (24, "2023-12-30T12")])
def test_a_history_in_blocks_has_the_same_spreads_and_ends_in_the_same_state(step_h, start):
    ticks = 24 * 70 // step_h
    error = independent(ticks, 2, LEADS)
    error[5:9, 1] = np.nan
    block = block_of(error, step_h=step_h, start=start)
    end, whole = spread.advance(None, block)
    rng = np.random.default_rng(1)
    state, parts = None, []
    for run in blocks(ticks, [1, 2, 3, 3, *rng.integers(0, ticks, 6)]):
        part = replace(block, tick_utc=block.tick_utc[run], forecast=block.forecast[run], due=block.due[run])
        state, found = spread.advance(state, part)
        state = through_a_file(state)
        parts.append(found)
    for name in ("slow", "learnt"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))
    assert set(state) == set(end)
    for name, values in end.items():
        np.testing.assert_array_equal(state[name], values, err_msg=name)


def test_a_region_alone_has_the_same_spread():
    error = by_hour_of_day(70, regions=3)
    _, together = spread.advance(None, block_of(error))
    for region in range(3):
        _, alone = spread.advance(None, block_of(error[:, region : region + 1]))
        np.testing.assert_array_equal(alone.learnt[:, :, 0], together.learnt[:, :, region])


def test_a_month_without_forecasts_ends_in_the_spread_that_there_was():
    error = independent(24 * 100, 1, LEADS)
    error[24 * 60 : 24 * 90] = np.nan
    forecast = np.full(error.shape, 20.0)
    forecast[24 * 60 : 24 * 90] = np.nan
    _, found = spread.advance(None, block_of(error, forecast=forecast))
    before, after = found.slow[24 * 60 + LEADS, 0], found.slow[24 * 90, 0]
    np.testing.assert_allclose(after, before, rtol=1e-9)
    assert np.isfinite(found.learnt[24 * 90 :]).all()


def test_inputs_and_states_are_left_as_they_were():
    block = block_of(independent(24 * 40, 1, LEADS))
    state, _ = spread.advance(None, block)
    kept = {name: values.copy() for name, values in state.items()}
    for values in (*state.values(), block.forecast, block.due):
        values.flags.writeable = False
    following = replace(block, tick_utc=block.tick_utc + 24 * 40)
    spread.advance(state, following)
    for name, values in kept.items():
        np.testing.assert_array_equal(state[name], values)


def test_a_state_has_the_precision_of_its_forecasts_and_counts_in_full():
    error = independent(24 * 40, 1, LEADS).astype(np.float32)
    block = block_of(error, forecast=np.full(error.shape, 20, dtype=np.float32))
    state, found = spread.advance(None, block)
    assert found.slow.dtype == found.learnt.dtype == np.float32
    assert state["features"].shape[1] == features.COUNT
    for name in ("gram", "moment", "weights"):
        assert state[name].dtype == np.float64
