"""Jobs as arrays of numbers."""

from dataclasses import replace

from support.sites import hour, job, summer_jobs

from fleet.domain.workload import Workload

REGIONS = ("arizona", "ireland", "wyoming")


def test_jobs_that_differ_only_in_id_and_name_are_of_one_array():
    first = job("a", home_region="ireland")
    jobs = [
        first,
        replace(first, id="b", power_mw=2.0),
        replace(first, id="c", name="another name"),
        replace(first, id="d", deadline_utc=hour("2024-05-20T08")),
        replace(first, id="e", power_mw=2.0),
    ]
    work = Workload.of(jobs, REGIONS)
    assert work.array.tolist() == [0, 1, 0, 3, 1]
    assert work.has_arrays
    assert not Workload.of(jobs[:2], REGIONS).has_arrays
    assert not Workload.of([], REGIONS).has_arrays


def test_the_jobs_of_the_twin_hold_no_array():
    assert not Workload.of(summer_jobs(), REGIONS).has_arrays
