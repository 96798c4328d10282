import numpy as np
import pytest

from fleet.domain.clock import weekday
from fleet.domain.job import Job
from fleet.fleets import load_fleet
from fleet.twin.almanac import local_hours
from fleet.twin.jobs import make_jobs

HOURS = 2 * 8_760
TIME = np.datetime64("2024-01-01T00", "h") + np.arange(HOURS)
REGIONS = load_fleet().regions
ARIZONA = REGIONS[0]
ONE_HOUR = np.timedelta64(1, "h")


@pytest.fixture(scope="module")
def jobs() -> list[Job]:
    return make_jobs(ARIZONA, TIME, seed=7)


def test_jobs_arrive_at_the_stated_rate_busiest_on_weekdays(jobs: list[Job]) -> None:
    # 24 a day for 730 days is 17,520; four standard deviations of a Poisson count are 530.
    assert len(jobs) == pytest.approx(17_520, abs=560)
    local = local_hours(np.array([job.earliest_utc for job in jobs]), ARIZONA.longitude_deg)
    per_day = np.bincount(weekday(local), minlength=7)
    assert per_day[:5].min() > 1.4 * per_day[5:].max()
    by_hour = np.bincount(local.astype(int) % 24, minlength=24)
    assert by_hour[12:16].sum() > 2 * by_hour[0:4].sum()


def test_fewer_jobs_a_day_make_fewer_jobs() -> None:
    quiet = ARIZONA.model_copy(update={"twin": ARIZONA.twin.model_copy(update={"jobs_per_day": 2.0})})
    assert len(make_jobs(quiet, TIME, seed=7)) == pytest.approx(2 * 730, abs=160)
    silent = ARIZONA.model_copy(update={"twin": ARIZONA.twin.model_copy(update={"jobs_per_day": 0.0})})
    assert make_jobs(silent, TIME, seed=7) == []


def test_every_window_fits_the_axis_and_ids_are_unique_and_sorted(jobs: list[Job]) -> None:
    last = TIME[-1] + ONE_HOUR
    assert all(TIME[0] <= job.earliest_utc and job.deadline_utc <= last for job in jobs)
    ids = [job.id for job in jobs]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert ids[0].startswith("arizona-0000")


def test_jobs_are_a_tenth_to_a_fifth_of_what_the_fleet_can_run() -> None:
    energy_mwh = sum(job.energy_mwh for region in REGIONS for job in make_jobs(region, TIME, seed=7))
    capacity_mwh = HOURS * sum(region.it_capacity_mw for region in REGIONS)
    assert 0.11 < energy_mwh / capacity_mwh < 0.18


def test_most_jobs_are_short_and_a_few_run_for_days(jobs: list[Job]) -> None:
    duration = np.array([job.duration_h for job in jobs])
    assert np.median(duration) <= 3
    assert 0.04 < (duration > 24).mean() < 0.15
    assert duration.max() == 72
    power = np.array([job.power_mw for job in jobs])
    assert power.min() >= 0.1
    assert power.max() <= 8


def test_a_third_of_jobs_can_hardly_wait(jobs: list[Job]) -> None:
    slack = np.array([(job.latest_start_utc - job.earliest_utc) // ONE_HOUR for job in jobs])
    assert (slack <= 2).mean() == pytest.approx(1 / 3, abs=0.02)
    assert slack.min() == 0
    assert slack.max() == 48
    assert {job.priority for job in jobs} == {0, 1, 2}
