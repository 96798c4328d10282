"""The rows of the jobs, on a case that is small enough to calculate by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pytest
from support.sites import NAIVE, calm, changed, fleet_of, hour, job, region

from fleet.physics.limits import GRID, code_of
from fleet.placement import NOWHERE
from fleet.replay.closed_loop import Replay, ReplayOptions, replay_policies
from fleet.replay.job_rows import breached_jobs, jobs_frame, shared_breaches

POLICIES = ("home_region", "greedy", "priced")


@cache
def replayed() -> Replay:
    """A limit of 10 MW and a load of 6 MW; but 9.5 MW at 03, 9.8 at 04, and 9.5 at 03 of the next day."""
    fleet = fleet_of(region("alpha"), region("beta"))
    telemetry = calm(fleet)
    surprise = telemetry.position(hour("2024-05-20T03"))
    for position, load_mw in ((surprise, 9.5), (surprise + 1, 9.8), (surprise + 24, 9.5)):
        telemetry = changed(telemetry, "it_load_mw", (0, position), load_mw)
    jobs = [
        job("long", duration_h=4),
        job("short", duration_h=2),
        job("next", earliest_utc=hour("2024-05-21T03"), deadline_utc=hour("2024-05-21T05")),
        job("elsewhere", home_region="beta", duration_h=4),
        job("huge", power_mw=4.5, duration_h=6, regions=("alpha",)),
    ]
    return replay_policies(
        telemetry, jobs, fleet, ReplayOptions(policies=POLICIES, settings=NAIVE, test_start=hour("2024-05-19T00"))
    )


def rows(policy):
    frame = jobs_frame(replayed())
    return {row["job_id"]: row for row in frame.filter(policy=policy).iter_rows(named=True)}


def utc(day, hour_of_day):
    return datetime(2024, 5, day, hour_of_day, tzinfo=UTC)


@pytest.mark.slow
def test_a_breached_job_has_its_first_breached_hour_and_limit():
    # At 01 the load is 6 + 1 + 1 + 4.5 MW, 2.5 above 10. All four hours of "long" are like that.
    long = rows("home_region")["long"]
    assert (long["verdict"], long["region"], long["start_utc"]) == ("ran", "alpha", utc(20, 1))
    assert (long["breached"], long["breach_utc"], long["breach_limit"]) == (True, utc(20, 1), "it")
    assert long["breach_mw"] == pytest.approx(2.5)
    assert long["breached_hours"] == 4
    # 9.5 + 1 MW in the first of the two hours.
    later = rows("home_region")["next"]
    assert (later["breach_utc"], later["breached_hours"]) == (utc(21, 3), 1)
    assert later["breach_mw"] == pytest.approx(0.5)


@pytest.mark.slow
def test_the_first_breached_hour_can_be_later_than_the_start():
    # Only "long" runs. Two hours are above 10 MW: 9.5 + 1 at 03 and 9.8 + 1 at 04.
    run = replayed().runs["home_region"]
    first = replayed().telemetry.position(hour("2024-05-20T01"))
    alone = np.zeros_like(run.job_mw)
    alone[0, first : first + 4] = 1.0
    breached = np.array([job.id == "long" for job in run.work.jobs])
    frame = jobs_frame(replace(replayed(), runs={"home_region": replace(run, job_mw=alone, breached=breached)}))
    (row,) = frame.filter("breached").iter_rows(named=True)
    assert (row["breach_utc"], row["breached_hours"]) == (utc(20, 3), 2)
    assert row["breach_mw"] == pytest.approx(0.5)


@pytest.mark.slow
def test_a_job_that_did_not_breach_has_no_breach():
    row = rows("home_region")["elsewhere"]
    assert (row["breached"], row["breached_hours"]) == (False, 0)
    assert row["breach_utc"] is row["breach_limit"] is row["breach_mw"] is row["denied_limit"] is None
    assert (row["home_region"], row["power_mw"], row["duration_h"], row["season"]) == ("beta", 1.0, 4, "Mar-May")


@pytest.mark.slow
def test_a_denied_job_has_a_limit_and_no_place():
    row = rows("greedy")["huge"]
    assert (row["verdict"], row["denied_limit"]) == ("denied", "it")
    assert row["region"] is row["start_utc"] is None
    assert (row["judged"], row["breached"]) == (False, False)
    assert row["earliest_utc"] == utc(20, 1)


@pytest.mark.slow
def test_a_job_that_lost_its_place_is_withdrawn():
    run = replayed().runs["home_region"]
    status = run.status
    lost = replace(status, region=status.region.copy(), denied_limit=status.denied_limit.copy())
    lost.region[0], lost.denied_limit[0] = NOWHERE, code_of(GRID)
    clean = np.zeros_like(run.breached)
    frame = jobs_frame(replace(replayed(), runs={"home_region": replace(run, status=lost, breached=clean)}))
    assert frame.row(0, named=True)["verdict"] == "withdrawn"
    assert frame.row(0, named=True)["denied_limit"] == "grid"
    assert frame["verdict"].to_list()[1:] == ["ran"] * 4


@pytest.mark.slow
def test_the_rows_add_up_to_the_outcomes():
    frame = jobs_frame(replayed())
    assert frame["policy"].unique(maintain_order=True).to_list() == [*POLICIES, "oracle"]
    for name, outcome in replayed().outcomes.items():
        of_policy = frame.filter(policy=name)
        assert len(of_policy) == outcome.counts.jobs == of_policy["job_id"].n_unique()
        assert of_policy["breached"].sum() == outcome.breaches.breached_jobs
        assert (of_policy["verdict"] == "denied").sum() == outcome.counts.denied
        assert (of_policy["breached"] & of_policy["contested"]).sum() == outcome.breaches.contested_breached
    assert replayed().outcomes["home_region"].breaches.breached_jobs == 4


def test_breached_jobs_are_sorted_by_their_first_breached_hour():
    frame = jobs_frame(replayed()).filter(policy="home_region")
    assert breached_jobs(frame)["job_id"].to_list() == ["huge", "long", "short", "next"]


@pytest.mark.slow
def test_breached_jobs_are_counted_by_day_region_and_limit():
    frame = jobs_frame(replayed()).filter(policy="home_region")
    # 4 x 1 + 2 x 1 + 6 x 4.5 MWh on the first day, and 2 x 1 on the second.
    assert shared_breaches(breached_jobs(frame)).rows() == [
        (date(2024, 5, 20), "alpha", "it", 3, 33.0),
        (date(2024, 5, 21), "alpha", "it", 1, 2.0),
    ]
