from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pytest
from support.builders import hours_from
from support.scores import independent

from fleet.conformal import margins, spread
from fleet.conformal.base import Aim, BandMethod, delayed
from fleet.conformal.margins import Promise
from fleet.conformal.spread import Block
from fleet.errors import ConfigError, DataError

TENTH = Fraction(1, 10)


@dataclass
class Told(BandMethod):
    """Promises `quantile` everywhere, and keeps what it was told."""

    scaled: bool = False
    quantile: float = 2.0
    due: list[np.ndarray] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)

    def advance(self, state, due, tick_utc, aim):
        self.due.append(due)
        self.aims.append(aim)
        return {"told": np.array(len(due))}, np.full(due.shape, self.quantile)


def block_of(error: np.ndarray, *, step_h: int = 1, forecast: np.ndarray | None = None) -> Block:
    """error: (tick, region, lead) around a forecast of 100."""
    delay = -(-np.arange(1, error.shape[2] + 1) // step_h)
    return Block(
        tick_utc=hours_from("2024-01-01", len(error) * step_h)[::step_h],
        step_h=step_h,
        delay=delay,
        forecast=np.full(error.shape, 100.0) if forecast is None else forecast,
        due=delayed(error, delay),
    )


def told(promise: Promise, block: Block, *, scaled: bool = False) -> tuple[np.ndarray, Aim, np.ndarray]:
    """Scores and aim that a method got for a promise, and the margins made of its quantile."""
    method = Told(scaled=scaled)
    _, found = margins.advance(method, {"one": promise}, None, block)
    return method.due[0], method.aims[0], found["one"]


ERROR = independent(200, 2, 3) * np.array([1.0, 2.0, 5.0])


def test_hours_are_scored_on_each_side_with_half_the_miscoverage():
    block = block_of(ERROR)
    score, aim, margin = told(Promise(side="both", miscoverage=TENTH), block)
    np.testing.assert_array_equal(score, np.stack([-block.due, block.due], axis=1))
    assert aim.miscoverage == Fraction(1, 20)
    np.testing.assert_array_equal(aim.delay, [1, 2, 3])
    assert (margin == 2.0).all()
    assert margin.shape == (200, 2, 2, 3)


@pytest.mark.parametrize(("side", "sign"), [("below", -1), ("above", 1)])
def test_a_single_side_has_all_of_the_miscoverage(side, sign):
    block = block_of(ERROR)
    score, aim, margin = told(Promise(side=side, miscoverage=TENTH), block)
    np.testing.assert_array_equal(score, sign * block.due[:, None])
    assert aim.miscoverage == TENTH
    assert margin.shape == (200, 1, 2, 3)


def test_a_method_that_scales_is_told_errors_in_the_spread_of_their_origin():
    block = block_of(ERROR)
    _, of_tick = spread.advance(None, block)
    score, _, margin = told(Promise(side="both", miscoverage=TENTH), block, scaled=True)
    for lead, late in enumerate(block.delay):
        known = np.stack([-block.due, block.due], axis=1)[late:, ..., lead]
        np.testing.assert_array_equal(score[late:, ..., lead], known / of_tick.learnt[:-late, ..., lead])
        assert np.isnan(score[:late, ..., lead]).all()
    expected = 2.0 * of_tick.learnt
    np.testing.assert_array_equal(margin, np.where(np.isnan(expected), np.inf, expected))


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(("side", "rows"), [("both", [0, 1]), ("below", [0]), ("above", [1])])
@pytest.mark.parametrize("window", [1, 2, 3])
@pytest.mark.parametrize("step_h", [1, 2])
def test_a_path_is_scored_by_its_worst_error_in_the_spread_of_its_origin(step_h, window, side, rows, scaled):
    block = block_of(ERROR, step_h=step_h)
    _, of_tick = spread.advance(None, block)
    slow = np.repeat(of_tick.slow[:, None], 2, axis=1)
    unit = of_tick.learnt if scaled else slow
    score, aim, margin = told(Promise(side=side, miscoverage=TENTH, window=window), block, scaled=scaled)
    assert aim.miscoverage == TENTH  # both sides share one score
    ends = block.delay[window - 1]
    np.testing.assert_array_equal(aim.delay, [ends])
    assert score.shape == (200, 1, 2, 1)
    for tick in (40, 41, 199):
        origin = tick - ends
        signed = np.stack([-ERROR[origin], ERROR[origin]])[rows][..., :window]
        worst = (signed / unit[origin][rows][..., :window]).max(axis=(0, 2))
        np.testing.assert_array_equal(score[tick, 0, :, 0], worst)
    assert np.isnan(score[:ends]).all()
    np.testing.assert_array_equal(margin[10:, ..., :window], 2.0 * unit[10:][:, rows][..., :window])
    assert np.isposinf(margin[..., window:]).all()


def test_a_window_with_a_gap_has_no_score_and_its_hours_do():
    error = ERROR.copy()
    error[100, 0, 1] = np.nan
    block = block_of(error)
    path, _, _ = told(Promise(side="both", miscoverage=TENTH, window=3), block)
    hour, _, _ = told(Promise(side="both", miscoverage=TENTH), block)
    gone = np.isnan(path[10:, 0, :, 0])
    assert gone.sum() == 1
    assert gone[100 + 3 - 10, 0]
    assert np.isnan(hour[10:]).sum() == 2  # one hour, on either side
    # A window that ends before the gap is none of its business.
    assert not np.isnan(told(Promise(side="both", miscoverage=TENTH, window=1), block)[0][10:]).any()


def test_leads_past_a_window_are_no_part_of_its_score():
    spoilt = ERROR.copy()
    spoilt[..., 2] = np.nan
    promise = Promise(side="above", miscoverage=TENTH, window=2)
    np.testing.assert_array_equal(told(promise, block_of(spoilt))[0], told(promise, block_of(ERROR))[0])


def test_nothing_is_promised_before_any_error_is_known():
    block = block_of(np.full((50, 1, 3), np.nan))
    for promise in (Promise(side="both", miscoverage=TENTH), Promise(side="above", miscoverage=TENTH, window=3)):
        assert np.isposinf(told(promise, block, scaled=True)[2]).all()


@pytest.mark.parametrize("quantile", [np.inf, -1.0, 0.0])
def test_what_a_method_promises_is_taken_at_its_word(quantile):
    block = block_of(ERROR)
    promise = Promise(side="above", miscoverage=TENTH, window=3)
    _, found = margins.advance(Told(quantile=quantile), {"one": promise}, None, block)
    _, of_tick = spread.advance(None, block)
    expected = quantile * of_tick.slow[10:, None]
    np.testing.assert_array_equal(found["one"][10:], expected)


def test_each_promise_has_a_state_of_its_own_beside_the_spread():
    promises = {
        "hour": Promise(side="both", miscoverage=TENTH),
        "path": Promise(side="above", miscoverage=TENTH, window=3),
    }
    state, found = margins.advance(Told(), promises, None, block_of(ERROR))
    assert set(found) == {"hour", "path"}
    assert {name.split("/")[0] for name in state} == {"tick", "hour", "path", "scores"}
    alone = margins.advance(Told(), {"path": promises["path"]}, None, block_of(ERROR))[1]["path"]
    np.testing.assert_array_equal(found["path"], alone)


def test_what_is_kept_between_blocks_does_not_grow_with_the_history():
    promise = {"path": Promise(side="both", miscoverage=TENTH, window=3)}
    sizes = []
    for ticks in (50, 200):
        state, _ = margins.advance(Told(), promise, None, block_of(ERROR[:ticks]))
        sizes.append({name: values.shape for name, values in state.items()})
    assert sizes[0] == sizes[1]


def test_a_block_that_does_not_follow_its_state_is_refused():
    promises = {"one": Promise(side="both", miscoverage=TENTH)}
    state, _ = margins.advance(Told(), promises, None, block_of(ERROR))
    with pytest.raises(DataError, match=r"begins at 2024-01-01T00:00Z follows 2024-01-09T07:00Z, expected 1 h later"):
        margins.advance(Told(), promises, state, block_of(ERROR))


@pytest.mark.parametrize("window", [0, 4])
def test_a_window_that_the_horizon_does_not_hold_is_refused(window):
    with pytest.raises(ConfigError, match=f"window of {window} leads, expected 1 to 3"):
        told(Promise(side="both", miscoverage=TENTH, window=window), block_of(ERROR))


def test_a_fleet_too_large_for_one_run_has_the_same_margins(monkeypatch):
    promises = {
        "hour": Promise(side="both", miscoverage=TENTH),
        "path": Promise(side="both", miscoverage=TENTH, window=3),
    }
    _, whole = margins.advance(Told(scaled=True), promises, None, block_of(ERROR))
    # Runs of 10 ticks: 2 regions x 3 leads x 10.
    monkeypatch.setattr(margins, "CACHED", 60)
    state, found = margins.advance(Told(scaled=True), promises, None, block_of(ERROR))
    for name in promises:
        np.testing.assert_array_equal(found[name], whole[name])
    assert state
