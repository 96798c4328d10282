"""What a replay says of its bounds, checked against the arrays that it comes from."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from support.builders import hours_from
from support.sites import DAY, NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.build_bands import Residuals, promised
from fleet.conformal.margins import Promise
from fleet.domain.bands import Bands
from fleet.evaluation.rolling_origin import Evaluation, Protocol, ScoredForecasts
from fleet.replay.bound_evidence import Evidence, compared, evidence, relied_on
from fleet.replay.closed_loop import Replay, replay
from fleet.replay.plotted_margins import PICTURED, pictured

FLEET = fleet_of(region("alpha"), region("beta"))
DAYS = 170


def arriving(number: int):
    when = {"earliest_utc": hour(f"2023-06-{number + 1:02}T01"), "deadline_utc": hour(f"2023-06-{number + 1:02}T20")}
    return job(f"j{number}", power_mw=0.5, duration_h=3 + number % 2, **when)


JOBS = [arriving(number) for number in range(16)]


@cache
def played() -> Replay:
    """The last month of half a year whose temperature and load are noise."""
    rng = np.random.default_rng(0)
    telemetry = calm(FLEET, DAYS, start="2023-01-01T00")
    telemetry = changed(telemetry, PICTURED, slice(None), 10 + rng.normal(0, 1, (2, DAYS * DAY)))
    telemetry = changed(telemetry, "it_load_mw", slice(None), 6 + rng.uniform(0, 0.5, (2, DAYS * DAY)))
    return replay(telemetry, JOBS, FLEET, settings=NAIVE, policies=("greedy",), test_start=hour("2023-05-25T00"))


@cache
def found() -> Evidence:
    return evidence(played(), "greedy", None, pictured(played().prepared))


@cache
def held(name: str, index: int) -> np.ndarray:
    """(origin, lead) below the one-sided bound, NaN where not known."""
    residuals = played().prepared.residuals[name]
    promise = Promise(side="above", miscoverage=miscoverage_of(NAIVE.confidence))
    margin = promised(BANDS[NAIVE.bands](), residuals, {"above": promise})["above"][:, 0, index]
    forecast, actual = (each[residuals.since :, index] for each in (residuals.forecast, residuals.actual))
    return np.where(np.isfinite(actual), actual <= forecast + margin, np.nan)


@pytest.mark.parametrize("name", [PICTURED, "dew_point_c", "it_load_mw"])
def test_each_variable_and_region_is_scored_against_its_own_bound(name):
    for index, own in enumerate(("alpha", "beta")):
        overall = found().bounds[name][own].reliability.overall
        assert overall.count == np.isfinite(held(name, index)).sum()
        assert overall.share == pytest.approx(np.nanmean(held(name, index)))


def test_the_hours_that_jobs_were_sent_to_are_told_apart_from_the_others():
    run, prepared = played().runs["greedy"], played().prepared
    chosen = relied_on(run, prepared)
    # Each job is decided by itself, at an origin of its own, and all of its hours lie within the horizon.
    assert chosen.sum() == sum(each.duration_h for each in JOBS)
    status = run.status
    step = int(status.origin_h[0] - prepared.origin_utc[0].astype(np.int64))
    start, place = int(status.start_h[0] - status.origin_h[0]), int(status.region[0])
    assert np.flatnonzero(chosen[step, place]).tolist() == list(range(start - 1, start - 1 + JOBS[0].duration_h))
    for name in (PICTURED, "it_load_mw"):
        for index, own in enumerate(("alpha", "beta")):
            flags, sent = held(name, index), chosen[:, index]
            said = found().bounds[name][own]
            assert said.selected.count == np.isfinite(flags[sent]).sum()
            if said.selected.count:
                assert said.selected.share == pytest.approx(np.nanmean(flags[sent]))
            assert said.others.share == pytest.approx(np.nanmean(flags[~sent]))
            assert said.selected.count + said.others.count == said.reliability.overall.count


def test_quantiles_of_noise_are_filled_evenly():
    bins = found().pit["alpha"]
    assert len(bins) == 10
    assert sum(each.share for each in bins) == pytest.approx(1)
    assert max(abs(each.share - 0.1) for each in bins) < 0.05


HOURS = 30
ORIGINS = hours_from("2023-11-30T00", HOURS)
ACTUAL = np.where(np.arange(HOURS) % 4 == 0, 5.0, 1.0)[:, None] + np.zeros(2)


def beside(origin_utc):
    """A default of one region that is bounded by 2, and by 6 all day, beside a reference of 4 on some origins."""
    residuals = Residuals(
        forecast=np.zeros((HOURS, 1, 2)),
        actual=ACTUAL[:, None],
        origin_utc=ORIGINS,
        age_h=np.zeros((HOURS, 1), dtype=np.int64),
    )
    margin = {name: np.full((HOURS, 2, 1, 2), width) for name, width in (("hour", 2.0), ("path", 6.0))}
    four = np.full((len(origin_utc), 2), 4.0)
    part = ScoredForecasts(
        region="alpha",
        origin_utc=origin_utc,
        forecast=0 * four,
        actual=ACTUAL[-len(origin_utc) :],
        bands=Bands(lower=-four, upper=four, path_lower=-four, path_upper=four),
        scores=None,
    )
    reference = Evaluation(protocol=Protocol(target=PICTURED), regions=(part,), seconds={})
    prepared = SimpleNamespace(origin_utc=ORIGINS, fleet=fleet_of(region("alpha")))
    return compared(prepared, residuals, margin, reference)


def test_the_reference_stands_beside_the_default_on_the_same_hours():
    own = beside(ORIGINS[10:])["alpha"]
    # Of the last 20 origins those at 12, 16, 20, 24 and 28 come to 5, above 2 and 4 and below 6.
    assert own.reference.coverage.count == own.default.coverage.count == 20 * 2
    assert own.reference.coverage.share == own.default.coverage.share == pytest.approx(15 / 20)
    assert own.reference.path.share == pytest.approx(15 / 20)
    assert own.default.path.share == 1
    assert (own.reference.mean_width, own.default.mean_width) == (8, 4)
    assert own.reference.worst_week.share == pytest.approx(15 / 20)


def test_a_reference_of_hours_that_were_not_replayed_is_left_out():
    assert beside(ORIGINS[10:] + np.timedelta64(5, "h")) is None
