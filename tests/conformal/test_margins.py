from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pytest
from support.builders import hours_from
from support.scores import independent

from fleet.conformal import margins, spread
from fleet.conformal.base import BandMethod, MarginSettings, delayed
from fleet.conformal.margins import MarginTarget
from fleet.conformal.spread import Block
from fleet.errors import ConfigError, DataError

TENTH = Fraction(1, 10)


@dataclass
class Recorder(BandMethod):
    """Returns `quantile` as every margin, and records the scores and settings of each call."""

    scaled: bool = False
    quantile: float = 2.0
    due: list[np.ndarray] = field(default_factory=list)
    settings: list[MarginSettings] = field(default_factory=list)

    def advance(self, state, due, tick_utc, settings):
        self.due.append(due)
        self.settings.append(settings)
        return {"ticks": np.array(len(due))}, np.full(due.shape, self.quantile)


def block_of(residual: np.ndarray, *, step_h: int = 1, forecast: np.ndarray | None = None) -> Block:
    """Returns a block of (tick, region, lead) residuals around a forecast of 100."""
    delay = -(-np.arange(1, residual.shape[2] + 1) // step_h)
    return Block(
        tick_utc=hours_from("2024-01-01", len(residual) * step_h)[::step_h],
        step_h=step_h,
        delay=delay,
        forecast=np.full(residual.shape, 100.0) if forecast is None else forecast,
        due=delayed(residual, delay),
    )


def scored(
    target: MarginTarget, block: Block, *, scaled: bool = False
) -> tuple[np.ndarray, MarginSettings, np.ndarray]:
    """Returns the scores and the settings that a method received for a target, and the resulting margins."""
    method = Recorder(scaled=scaled)
    _, margin_of_target = margins.advance(method, {"one": target}, None, block)
    return method.due[0], method.settings[0], margin_of_target["one"]


RESIDUAL = independent(200, 2, 3) * np.array([1.0, 2.0, 5.0])


def test_hours_are_scored_on_each_side_with_half_the_miscoverage():
    block = block_of(RESIDUAL)
    score, settings, margin = scored(MarginTarget(side="both", miscoverage=TENTH), block)
    np.testing.assert_array_equal(score, np.stack([-block.due, block.due], axis=1))
    assert settings.miscoverage == Fraction(1, 20)
    np.testing.assert_array_equal(settings.delay, [1, 2, 3])
    assert (margin == 2.0).all()
    assert margin.shape == (200, 2, 2, 3)


@pytest.mark.parametrize(("side", "sign"), [("below", -1), ("above", 1)])
def test_a_single_side_has_all_of_the_miscoverage(side, sign):
    block = block_of(RESIDUAL)
    score, settings, margin = scored(MarginTarget(side=side, miscoverage=TENTH), block)
    np.testing.assert_array_equal(score, sign * block.due[:, None])
    assert settings.miscoverage == TENTH
    assert margin.shape == (200, 1, 2, 3)


def test_a_scaled_method_receives_residuals_in_units_of_the_spread_of_their_origin():
    block = block_of(RESIDUAL)
    _, spread_of_tick = spread.advance(None, block)
    score, _, margin = scored(MarginTarget(side="both", miscoverage=TENTH), block, scaled=True)
    for lead, ticks in enumerate(block.delay):
        residual = np.stack([-block.due, block.due], axis=1)[ticks:, ..., lead]
        np.testing.assert_array_equal(score[ticks:, ..., lead], residual / spread_of_tick.learnt[:-ticks, ..., lead])
        assert np.isnan(score[:ticks, ..., lead]).all()
    expected = 2.0 * spread_of_tick.learnt
    np.testing.assert_array_equal(margin, np.where(np.isnan(expected), np.inf, expected))


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(("side", "rows"), [("both", [0, 1]), ("below", [0]), ("above", [1])])
@pytest.mark.parametrize("window", [1, 2, 3])
@pytest.mark.parametrize("step_h", [1, 2])
def test_a_window_is_scored_by_its_largest_residual_in_units_of_the_spread(step_h, window, side, rows, scaled):
    block = block_of(RESIDUAL, step_h=step_h)
    _, spread_of_tick = spread.advance(None, block)
    slow = np.repeat(spread_of_tick.slow[:, None], 2, axis=1)
    unit = spread_of_tick.learnt if scaled else slow
    score, settings, margin = scored(MarginTarget(side=side, miscoverage=TENTH, window=window), block, scaled=scaled)
    assert settings.miscoverage == TENTH  # both sides share one score
    window_ticks = block.delay[window - 1]
    np.testing.assert_array_equal(settings.delay, [window_ticks])
    assert score.shape == (200, 1, 2, 1)
    for tick in (40, 41, 199):
        origin = tick - window_ticks
        signed = np.stack([-RESIDUAL[origin], RESIDUAL[origin]])[rows][..., :window]
        worst = (signed / unit[origin][rows][..., :window]).max(axis=(0, 2))
        np.testing.assert_array_equal(score[tick, 0, :, 0], worst)
    assert np.isnan(score[:window_ticks]).all()
    np.testing.assert_array_equal(margin[10:, ..., :window], 2.0 * unit[10:][:, rows][..., :window])
    assert np.isposinf(margin[..., window:]).all()


def test_a_window_with_a_gap_has_no_score_but_its_known_hours_do():
    residual = RESIDUAL.copy()
    residual[100, 0, 1] = np.nan
    block = block_of(residual)
    path, _, _ = scored(MarginTarget(side="both", miscoverage=TENTH, window=3), block)
    hour, _, _ = scored(MarginTarget(side="both", miscoverage=TENTH), block)
    is_missing = np.isnan(path[10:, 0, :, 0])
    assert is_missing.sum() == 1
    assert is_missing[100 + 3 - 10, 0]
    assert np.isnan(hour[10:]).sum() == 2  # one hour, on each side
    # A window that ends before the gap has a score.
    assert not np.isnan(scored(MarginTarget(side="both", miscoverage=TENTH, window=1), block)[0][10:]).any()


def test_leads_beyond_a_window_do_not_change_its_score():
    changed = RESIDUAL.copy()
    changed[..., 2] = np.nan
    target = MarginTarget(side="above", miscoverage=TENTH, window=2)
    np.testing.assert_array_equal(scored(target, block_of(changed))[0], scored(target, block_of(RESIDUAL))[0])


def test_margins_are_infinite_before_any_residual_is_known():
    block = block_of(np.full((50, 1, 3), np.nan))
    for target in (
        MarginTarget(side="both", miscoverage=TENTH),
        MarginTarget(side="above", miscoverage=TENTH, window=3),
    ):
        assert np.isposinf(scored(target, block, scaled=True)[2]).all()


@pytest.mark.parametrize("quantile", [np.inf, -1.0, 0.0])
def test_infinite_and_negative_quantiles_are_kept(quantile):
    block = block_of(RESIDUAL)
    target = MarginTarget(side="above", miscoverage=TENTH, window=3)
    _, margin = margins.advance(Recorder(quantile=quantile), {"one": target}, None, block)
    _, spread_of_tick = spread.advance(None, block)
    expected = quantile * spread_of_tick.slow[10:, None]
    np.testing.assert_array_equal(margin["one"][10:], expected)


def test_each_target_has_a_state_of_its_own():
    targets = {
        "hour": MarginTarget(side="both", miscoverage=TENTH),
        "path": MarginTarget(side="above", miscoverage=TENTH, window=3),
    }
    state, margin = margins.advance(Recorder(), targets, None, block_of(RESIDUAL))
    assert set(margin) == {"hour", "path"}
    assert {name.split("/")[0] for name in state} == {"tick", "hour", "path", "scores"}
    alone = margins.advance(Recorder(), {"path": targets["path"]}, None, block_of(RESIDUAL))[1]["path"]
    np.testing.assert_array_equal(margin["path"], alone)


def test_the_state_does_not_grow_with_the_history():
    target = {"path": MarginTarget(side="both", miscoverage=TENTH, window=3)}
    sizes = []
    for ticks in (50, 200):
        state, _ = margins.advance(Recorder(), target, None, block_of(RESIDUAL[:ticks]))
        sizes.append({name: values.shape for name, values in state.items()})
    assert sizes[0] == sizes[1]


def test_a_block_that_does_not_follow_its_state_is_refused():
    targets = {"one": MarginTarget(side="both", miscoverage=TENTH)}
    state, _ = margins.advance(Recorder(), targets, None, block_of(RESIDUAL))
    with pytest.raises(
        DataError, match=r"begins at 2024-01-01T00:00Z and follows 2024-01-09T07:00Z, expected 1 h later"
    ):
        margins.advance(Recorder(), targets, state, block_of(RESIDUAL))


@pytest.mark.parametrize("window", [0, 4])
def test_a_window_that_exceeds_the_horizon_is_refused(window):
    with pytest.raises(ConfigError, match=f"window of {window} leads, expected 1 to 3"):
        scored(MarginTarget(side="both", miscoverage=TENTH, window=window), block_of(RESIDUAL))


def test_a_block_in_several_runs_has_the_same_margins(monkeypatch):
    targets = {
        "hour": MarginTarget(side="both", miscoverage=TENTH),
        "path": MarginTarget(side="both", miscoverage=TENTH, window=3),
    }
    _, one_run = margins.advance(Recorder(scaled=True), targets, None, block_of(RESIDUAL))
    # Runs of 10 ticks: 2 regions x 3 leads x 10 = 60.
    monkeypatch.setattr(margins, "CACHED", 60)
    _, several_runs = margins.advance(Recorder(scaled=True), targets, None, block_of(RESIDUAL))
    for name in targets:
        np.testing.assert_array_equal(several_runs[name], one_run[name])
