"""The coverage of a replay's bounds, checked against forecasts, margins and actual values."""

from functools import cache

import numpy as np
import pytest
from support.sites import DAY, NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.build_bands import margins_for
from fleet.conformal.margins import MarginTarget
from fleet.replay.bound_evidence import Evidence, evidence, selected_hours
from fleet.replay.closed_loop import Replay, ReplayOptions, replay_policies
from fleet.replay.plotted_margins import PLOTTED_VARIABLE, plotted_margins

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
    telemetry = changed(telemetry, PLOTTED_VARIABLE, slice(None), 10 + rng.normal(0, 1, (2, DAYS * DAY)))
    telemetry = changed(telemetry, "it_load_mw", slice(None), 6 + rng.uniform(0, 0.5, (2, DAYS * DAY)))
    return replay_policies(
        telemetry, JOBS, FLEET, ReplayOptions(settings=NAIVE, policies=("greedy",), test_start=hour("2023-05-25T00"))
    )


@cache
def scored() -> Evidence:
    return evidence(played(), "greedy", None, plotted_margins(played().prepared))


@cache
def below_bound(name: str, index: int) -> np.ndarray:
    """(origin, lead) whether the actual value is below the one-sided bound, NaN where it is not known."""
    residuals = played().prepared.residuals[name]
    target = MarginTarget(side="above", miscoverage=miscoverage_of(NAIVE.confidence))
    margin = margins_for(BANDS[NAIVE.bands](), residuals, {"above": target})["above"][:, 0, index]
    forecast, actual = (values[residuals.since :, index] for values in (residuals.forecast, residuals.actual))
    return np.where(np.isfinite(actual), actual <= forecast + margin, np.nan)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [PLOTTED_VARIABLE, *(pytest.param(name, marks=pytest.mark.slow) for name in ("dew_point_c", "it_load_mw"))]
)
def test_each_variable_and_region_is_scored_against_its_own_bound(name):
    for index, region_id in enumerate(("alpha", "beta")):
        overall = scored().bounds[name][region_id].reliability.overall
        assert overall.count == np.isfinite(below_bound(name, index)).sum()
        assert overall.share == pytest.approx(np.nanmean(below_bound(name, index)))


@pytest.mark.slow
def test_hours_with_jobs_are_scored_apart_from_the_other_hours():
    run, prepared = played().runs["greedy"], played().prepared
    selected = selected_hours(run, prepared)
    # Each job has an origin of its own, and all its hours are within the horizon.
    assert selected.sum() == sum(job.duration_h for job in JOBS)
    status = run.status
    step = int(status.origin_h[0] - prepared.origin_utc[0].astype(np.int64))
    lead, region_index = int(status.start_h[0] - status.origin_h[0]), int(status.region[0])
    assert np.flatnonzero(selected[step, region_index]).tolist() == list(range(lead - 1, lead - 1 + JOBS[0].duration_h))
    for name in (PLOTTED_VARIABLE, "it_load_mw"):
        for index, region_id in enumerate(("alpha", "beta")):
            flags, has_job = below_bound(name, index), selected[:, index]
            bound = scored().bounds[name][region_id]
            assert bound.selected.count == np.isfinite(flags[has_job]).sum()
            if bound.selected.count:
                assert bound.selected.share == pytest.approx(np.nanmean(flags[has_job]))
            assert bound.others.share == pytest.approx(np.nanmean(flags[~has_job]))
            assert bound.selected.count + bound.others.count == bound.reliability.overall.count


@pytest.mark.slow
def test_the_calibration_histogram_of_noise_is_flat():
    bins = scored().pit["alpha"]
    assert len(bins) == 10
    assert sum(bin_rate.share for bin_rate in bins) == pytest.approx(1)
    assert max(abs(bin_rate.share - 0.1) for bin_rate in bins) < 0.05
