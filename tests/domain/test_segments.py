"""A job that may pause is divided into segments, each a job of its own."""

import numpy as np
import pytest
from support.sites import hour, job

from fleet.domain.job import MAX_DURATION_H, Job
from fleet.domain.segments import MOST_SEGMENTS, in_segments, resumed, segment_hours, segments_of, whole_id
from fleet.domain.workload import Workload
from fleet.errors import PlacementError

START = hour("2024-05-20T01")


def pausable(hours: int = 60, checkpoint_h: int | None = 10, slack_h: int = 12, name: str = "train", **changes) -> Job:
    return job(name, duration_h=hours, checkpoint_h=checkpoint_h, deadline_utc=START + hours + slack_h, **changes)


@pytest.mark.parametrize(
    ("hours", "checkpoint_h", "expected"),
    [
        (60, 10, [20, 20, 20]),
        (60, 6, [24, 24, 12]),
        (49, 24, [24, 24, 1]),
        (80, 36, [36, 36, 8]),  # a checkpoint every 36 h allows no shorter segment
        (72, 72, [72]),
        (24, 1, [24]),  # a job of a day needs no pause
        (60, None, [60]),
    ],
)
def test_a_segment_has_the_most_whole_checkpoints_within_a_day(hours, checkpoint_h, expected):
    assert segment_hours(pausable(hours, checkpoint_h)) == expected


def test_no_job_has_more_segments_than_are_looked_for():
    counts = [len(segment_hours(pausable(MAX_DURATION_H, checkpoint_h))) for checkpoint_h in range(1, MAX_DURATION_H)]
    assert max(counts) == MOST_SEGMENTS


def test_the_segments_are_in_order_and_each_leaves_time_for_those_after_it():
    segments = segments_of(pausable())
    assert [segment.id for segment in segments] == ["train", "train#2", "train#3"]
    assert [segment.earliest_utc for segment in segments] == [START, START + 20, START + 40]
    assert [segment.latest_start_utc for segment in segments] == [START + 12, START + 32, START + 52]
    assert [segment.deadline_utc for segment in segments] == [START + 32, START + 52, START + 72]
    assert [segment.segment.hours_before for segment in segments] == [0, 20, 40]
    assert [segment.segment.hours_after for segment in segments] == [40, 20, 0]
    assert [whole_id(segment) for segment in segments] == ["train"] * 3
    # A segment is not divided again.
    assert [segments_of(segment) for segment in segments] == [[segment] for segment in segments]


@pytest.mark.parametrize("checkpoint_h", [0, -1, 61])
def test_a_checkpoint_length_that_cannot_be_is_refused(checkpoint_h):
    with pytest.raises(PlacementError, match=r"expected 1 to 60 whole hours \(the duration\), or null"):
        pausable(checkpoint_h=checkpoint_h)


def test_an_id_that_leaves_no_letters_for_the_number_of_a_segment_is_refused():
    assert pausable(name="x" * 196).id
    with pytest.raises(PlacementError, match="id has 197 letters, expected at most 196"):
        pausable(name="x" * 197)


def test_a_resumed_segment_starts_at_the_end_of_the_one_before_and_its_home_is_there():
    second = segments_of(pausable())[1]
    later = resumed(second, "beta", START + 30)
    assert (later.home_region, later.earliest_utc, later.deadline_utc) == ("beta", START + 30, second.deadline_utc)
    with pytest.raises(PlacementError, match="duration_h is 20"):
        resumed(second, "beta", START + 33)


def test_a_workload_knows_the_order_of_segments_and_equal_jobs_have_equal_segments():
    jobs = in_segments([job("short"), pausable(), pausable(name="twin"), pausable(checkpoint_h=6, name="other")])
    work = Workload.of(jobs, ("alpha", "beta"))
    names = [one.id for one in jobs]
    assert names[:4] == ["short", "train", "twin", "other"]
    follows = {names[index]: names[after] for index, after in enumerate(work.following) if after >= 0}
    assert follows["train"] == "train#2"
    assert follows["train#2"] == "train#3"
    assert "train#3" not in follows
    assert [names[index] for index in work.whole][names.index("twin#3")] == "twin"
    array = {name: names[first] for name, first in zip(names, work.array, strict=True)}
    assert array["twin"] == "train"
    assert array["twin#2"] == "train#2"
    assert array["other"] == "other"


def test_resumed_segments_of_a_workload_are_those_of_a_new_workload():
    jobs = in_segments([job("short"), pausable()])
    work = Workload.of(jobs, ("alpha", "beta"))
    second = [one.id for one in jobs].index("train#2")
    end_h = int((START + 25).astype(np.int64))
    moved = work.with_resumed(np.array([second]), np.array([1]), ("alpha", "beta"), np.array([end_h]))
    jobs[second] = resumed(jobs[second], "beta", START + 25)
    fresh = Workload.of(jobs, ("alpha", "beta"))
    for name in ("earliest_h", "latest_start_h", "home", "placement_rank", "array", "following", "whole"):
        np.testing.assert_array_equal(getattr(moved, name), getattr(fresh, name), name)
    assert list(moved.jobs) == jobs
