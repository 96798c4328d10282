"""Measures the speed of bands: against two libraries, against a copy in memory, and with more and more regions.

Peers: `aci` against MAPIE's loop and against crepes, which is refitted at every step. The unit is seconds per million
steps of one series. `aci` runs 7,200 series at once, or one; the peers run one. The libraries get the scores of our
first series, and know each error at the next step. A check shows that they give the bounds of `aci`. Quality is the
miss rate.

Copy: `tracker` for a year of 7,200 series in float32, where errors of lead h become known after h hours, against a copy
of the same array into new memory.

Years: a year of the default hourly bands with 24 leads, both sides and float32. A separate process computes one
variable, one block of regions and one month after another. Its peak memory includes a block's year of random forecasts
and errors. Quality is the coverage after 60 days.
"""

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from crepes import ConformalRegressor
from harness import REPEATS, Row, compare, publish
from mapie.conformity_scores import AbsoluteConformityScore
from mapie.regression import TimeSeriesRegressor
from sklearn.dummy import DummyRegressor

from fleet.conformal import ACI, Tracker, aci, margins
from fleet.conformal.base import MarginSettings, conformal_quantile, delayed
from fleet.conformal.margins import MarginTarget
from fleet.conformal.spread import Block
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray, IntArray

REGIONS, LEADS, VARIABLES = 300, 24, 4
MISCOVERAGE = Fraction(1, 20)
CALIBRATION = 1_000
# The steps lie within one calendar month. In a month the calibration is constant, as it is in MAPIE.
STEPS = 500
MONTH = np.datetime64("2025-01-01T00", "h")
MILLION = 1_000_000
# Number of regions and of hours whose bands are in memory at once.
BLOCK = 100
RUN_H = 30 * HOURS_PER_DAY
PROMISE = {"hour": MarginTarget(side="both", miscoverage=MISCOVERAGE)}
GROWTH = (3, 30, 300)
WARM_UP_H = 60 * HOURS_PER_DAY
SEED = 7
KB_PER_MB = 1_024
TARGETS = {
    "aci over MAPIE": 1_000.0,
    "aci over crepes": 20.0,
    "tracker over a copy": 0.1,
    "a year of bands [s]": 30.0,
    "a year of bands [MB]": 4_000.0,
}


def main() -> None:
    """Run all cases and publish the rows."""
    rows = [*peers(), floor(), *years()]
    publish("conformal_speed", rows, ["numpy", "scipy", "mapie", "crepes", "scikit-learn"], targets=TARGETS)


def peers() -> list[Row]:
    """Compare `aci` with the two libraries."""
    rows = []
    scores = np.abs(np.random.default_rng(SEED).standard_normal((CALIBRATION + STEPS, REGIONS, LEADS)))
    for label, some in ((f"{REGIONS * LEADS:,} series", scores), ("1 series", scores[:, :1, :1])):
        ours = aci_run(some)
        one = scores[:, 0, 0]
        check_peers(one)
        found = compare(f"aci, {label}", ours, "MAPIE's loop", lambda one=one: mapie_loop(one))
        rows.append(per_million(found, STEPS * some[0].size, STEPS))
        found = compare(f"aci, {label}", ours, "crepes, refitted", lambda one=one: crepes_loop(one))
        rows.append(per_million(found, STEPS * some[0].size, STEPS))
    return rows


def aci_run(scores: FloatArray) -> Callable[[], float]:
    """Return a run of the steps after the calibration, including its sorting.

    The run returns the first series' miss rate.
    """
    margins_of = aci_of(scores)

    def run() -> float:
        return float((scores[CALIBRATION:, 0, 0] > margins_of()[:, 0, 0]).mean())

    return run


def aci_of(scores: FloatArray) -> Callable[[], FloatArray]:
    """Return a run that computes the (step, region, lead) margins.

    It starts at the nominal level, as the libraries do.
    """
    settings = MarginSettings(miscoverage=MISCOVERAGE, delay=np.ones(scores.shape[2], dtype=np.int64), step_h=1)
    tick_utc = MONTH + np.arange(1 - CALIBRATION, STEPS + 1)
    last = CALIBRATION - 1
    state, _ = ACI().advance(None, scores[:last], tick_utc[:last], settings)
    state["level"] = np.full_like(state["level"], float(MISCOVERAGE))
    state["queue"] = np.full_like(state["queue"], np.nan)
    return lambda: ACI().advance(state, scores[last:], tick_utc[last:], settings)[1][:-1]


def mapie_loop(scores: FloatArray) -> float:
    """Run MAPIE as its users do, around an estimator that takes no time. Return the miss rate."""
    peer, nothing = mapie_of(scores)
    peer.adapt_conformal_inference(
        nothing, scores[CALIBRATION:], gamma=aci.GAIN, confidence_level=float(1 - MISCOVERAGE)
    )
    (level,) = peer.current_alpha.values()
    # The final level gives the number of misses, because each miss lowers it and each hit raises it.
    return float(MISCOVERAGE) - float(level - MISCOVERAGE) / (aci.GAIN * STEPS)


def mapie_of(scores: FloatArray) -> tuple[TimeSeriesRegressor, FloatArray]:
    """Return a calibrated MAPIE regressor, and the inputs of the later steps."""
    nothing = np.zeros((len(scores), 1))
    zero = DummyRegressor(strategy="constant", constant=0.0).fit(nothing, scores)
    peer = TimeSeriesRegressor(zero, method="aci", cv="prefit", conformity_score=AbsoluteConformityScore(sym=True))
    peer.fit(nothing[:CALIBRATION], scores[:CALIBRATION])
    return peer, nothing[CALIBRATION:]


def crepes_loop(scores: FloatArray) -> float:
    """Refit crepes at every step on all known scores, at a level that moves as in `aci`. Return the miss rate."""
    level, misses = float(MISCOVERAGE), 0
    for step in range(CALIBRATION, CALIBRATION + STEPS):
        margin = crepes_margin(scores[:step], 1 - level)
        missed = bool(scores[step] > margin)
        level += aci.GAIN * (float(MISCOVERAGE) - missed)
        misses += missed
    return misses / STEPS


def crepes_margin(scores: FloatArray, confidence: float) -> float:
    """Return the margin of one fit of crepes."""
    return float(ConformalRegressor().fit(scores).predict_int(np.zeros(1), confidence=confidence)[0, 1])


def check_peers(scores: FloatArray) -> None:
    """Check step by step that the libraries give the same bounds as `aci`. Raises: AssertionError if they do not."""
    ours = aci_of(scores[:, None, None])()[:, 0, 0]
    peer, nothing = mapie_of(scores)
    confidence = float(1 - MISCOVERAGE)
    for step in range(STEPS):
        if step:
            now = slice(step - 1, step)
            peer.adapt_conformal_inference(
                nothing[now], scores[CALIBRATION:][now], gamma=aci.GAIN, confidence_level=confidence
            )
        _, bounds = peer.predict(nothing[:1], confidence_level=confidence, allow_infinite_bounds=True)
        np.testing.assert_allclose(bounds[0, 1, 0], ours[step], rtol=1e-12)
    for known in range(CALIBRATION, CALIBRATION + STEPS, 7):
        exact = conformal_quantile(scores[:known], MISCOVERAGE)
        np.testing.assert_allclose(crepes_margin(scores[:known], confidence), exact, rtol=1e-12)


def per_million(found: Row, ours: int, theirs: int) -> Row:
    """Return the row with seconds per million steps of one series.

    Args:
        ours, theirs: number of steps in each run.
    """
    if found.peer_s is None:
        raise ValueError(f"{found.peer} has no seconds, expected a run of both")
    ours_s, peer_s = found.ours_s / ours * MILLION, found.peer_s / theirs * MILLION
    return replace(found, case=f"{found.case}, per million", ours_s=ours_s, peer_s=peer_s, ratio=peer_s / ours_s)


def floor() -> Row:
    """Compare a year of the tracker with a copy of its scores."""
    scores = np.random.default_rng(SEED).standard_normal((HOURS_PER_YEAR, REGIONS, LEADS), dtype=np.float32)
    delay = np.arange(1, LEADS + 1)
    due = delayed(scores, delay)
    settings = MarginSettings(miscoverage=MISCOVERAGE, delay=delay, step_h=1)
    tick_utc = MONTH + np.arange(HOURS_PER_YEAR)

    def ours() -> float:
        _, margin = Tracker().advance(None, due, tick_utc, settings)
        return float((scores[WARM_UP_H:, 0] > margin[WARM_UP_H:, 0]).mean())

    found = compare(
        f"tracker, a year of {REGIONS * LEADS:,} series", ours, "a copy", lambda: float(due.copy()[-1, -1, -1])
    )
    return replace(found, quality_peer=None)


def years() -> list[Row]:
    """Measure a year of all bands with more and more regions, each case in its own process."""
    rows = []
    fewest = None
    for regions in GROWTH:
        found = in_process(regions, 1, repeats=REPEATS if regions < GROWTH[-1] else 1)
        fewest = fewest or found.ours_s
        linear = fewest * regions / GROWTH[0]
        peer = f"in proportion to {GROWTH[0]} regions"
        rows.append(replace(found, peer=peer, peer_s=linear, ratio=linear / found.ours_s))
    return [*rows, in_process(REGIONS, VARIABLES, repeats=1)]


def in_process(regions: int, variables: int, *, repeats: int) -> Row:
    """Return the row of one case: median seconds and largest memory of several runs."""
    words = [sys.executable, __file__, str(regions), str(variables)]
    results = []
    for _ in range(repeats):
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        results.append(json.loads(done.stdout))
    return Row(
        case=f"a year of bands, {regions} regions" + (f" x {variables} variables" if variables > 1 else ""),
        ours_s=statistics.median(each["seconds"] for each in results),
        peer="",
        peer_s=None,
        ratio=None,
        quality_ours=results[0]["coverage"],
        quality_peer=None,
        peak_mb_ours=max(each["peak_mb"] for each in results),
    )


def year(regions: int, variables: int) -> None:
    """Make a year of bands. Print the seconds of the bands only, their coverage, and the peak memory of the process."""
    rng = np.random.default_rng(SEED)
    seconds, coverage = 0.0, []
    for _ in range(variables):
        for start in range(0, regions, BLOCK):
            block, error = block_of(rng, min(BLOCK, regions - start))
            state = None
            for first in range(0, HOURS_PER_YEAR, RUN_H):
                run = slice(first, first + RUN_H)
                started = time.perf_counter()
                state, margin = margins.advance(Tracker(), PROMISE, state, block.during(run))
                seconds += time.perf_counter() - started
                if first >= WARM_UP_H:
                    low, high = margin["hour"].swapaxes(0, 1)
                    coverage.append(((-error[run] <= low) & (error[run] <= high)).mean())
    print(json.dumps({"seconds": seconds, "coverage": float(np.mean(coverage)), "peak_mb": peak_mb()}))


def block_of(rng: np.random.Generator, regions: int) -> tuple[Block, FloatArray]:
    """Return a year of random forecasts with the errors as they become known, and the (tick, region, lead) errors.

    Errors grow with the lead, and vary by hour of day and from day to day.
    """
    hour = np.arange(HOURS_PER_YEAR, dtype=np.float32)
    delay: IntArray = np.arange(1, LEADS + 1)
    wave = np.sin(2 * np.pi * (hour[:, None] + delay) / HOURS_PER_DAY).astype(np.float32)[:, None]
    shape = (HOURS_PER_YEAR, regions, LEADS)
    forecast = 20 + 8 * wave + rng.standard_normal((HOURS_PER_YEAR, regions, 1), dtype=np.float32)
    error = rng.standard_normal(shape, dtype=np.float32)
    error *= (
        (1.5 + wave) * np.sqrt(delay).astype(np.float32) * (1.2 + np.sin(hour / 100))[:, None, None].astype(np.float32)
    )
    tick_utc = MONTH + np.arange(HOURS_PER_YEAR)
    return Block(tick_utc=tick_utc, step_h=1, delay=delay, forecast=forecast, due=delayed(error, delay)), error


def peak_mb() -> float:
    """Return the peak memory of this process.

    The usual counter, ru_maxrss, starts with the memory of the parent process.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / KB_PER_MB if found else float("nan")


if __name__ == "__main__":
    words: Sequence[str] = sys.argv[1:]
    if words:
        year(*map(int, words))
    else:
        main()
