"""Tables of jobs: an invalid row is refused with its reason, and the other rows are read."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sites import hour, job, region

from fleet.domain.job_table import JobTable, jobs_from_frame, jobs_to_frame
from fleet.errors import DataError

ALPHA, BETA = region("alpha"), region("beta")
GOOD = {
    "id": "good",
    "name": "",
    "power_mw": 1.0,
    "duration_h": 2.0,
    "earliest_utc": "2024-05-20T01:00Z",
    "deadline_utc": "2024-05-20T07:00Z",
    "home_region": "alpha",
    "regions": ["alpha", "beta"],
    "priority": 0.0,
    "data_gb": 0.0,
}


def rows(*changes: dict) -> pl.DataFrame:
    """Return one row like GOOD for each dictionary, with the cells of that dictionary changed."""
    return pl.DataFrame([GOOD | {"id": f"j{index}"} | change for index, change in enumerate(changes)], strict=False)


def read(frame: pl.DataFrame, *regions) -> JobTable:
    return jobs_from_frame(frame, table="t", regions=regions or (ALPHA, BETA))


def reasons(jobs_read: JobTable) -> dict[str, str]:
    return {refusal.job_id: refusal.reason for refusal in jobs_read.refused}


def test_an_id_that_a_ledger_cannot_store_is_refused_and_the_longest_one_is_kept():
    longest = "é" * 200
    jobs_read = read(rows({"id": longest}, {"id": longest + "x"}, {"id": "a\0b"}, {}))
    assert [valid.id for valid in jobs_read.jobs] == [longest, "j3"]
    assert reasons(jobs_read) == {
        longest + "x": "id has 201 letters, expected at most 200",
        "a\0b": "id holds a null character, expected text",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"power_mw": None}, "power_mw is null, expected a value"),
        ({"power_mw": float("nan")}, "power_mw is nan, expected more than zero"),
        ({"power_mw": float("inf")}, "power_mw is inf"),
        ({"power_mw": 0.0}, "power_mw is 0"),
        ({"power_mw": -1.0}, "power_mw is -1"),
        ({"duration_h": 336.5}, "duration_h is 337, expected 1 to 336 whole hours"),
        ({"duration_h": float("inf")}, "duration_h is inf"),
        ({"duration_h": 0.0}, "duration_h is 0"),
        ({"duration_h": 337.0}, "duration_h is 337"),
        ({"duration_h": 1e300}, "duration_h is 1e+300, expected 1 to 336 whole hours"),
        ({"duration_h": 7.0}, "expected at most the 6 h of its window"),
        ({"deadline_utc": "2024-05-20T00:00Z"}, "expected a deadline after the earliest start"),
        ({"earliest_utc": None}, "earliest_utc is null, expected a value"),
        (
            {"earliest_utc": "2024-05-20T01:00"},
            "earliest_utc is '2024-05-20T01:00' (no time zone), expected hours of UTC",
        ),
        ({"earliest_utc": "2024-05-20T01:00+02:00"}, "(a local time)"),
        ({"deadline_utc": "2024-05-20T02:59:59Z"}, "deadline_utc 2024-05-20T02:59:59Z to 2024-05-20T02:00Z"),
        ({"deadline_utc": "soonZ"}, "deadline_utc is 'soonZ', expected hours of UTC"),
        ({"home_region": None}, "home_region is null"),
        (
            {"home_region": "atlantis", "regions": []},
            "region 'atlantis' is unknown, expected one of the fleet's alpha, b",
        ),
        ({"regions": ["alpha", "atlantis"]}, "region 'atlantis' is unknown"),
        ({"regions": ["alpha", None]}, "region 'None' is unknown"),
        ({"regions": ["beta"]}, "home_region is alpha, expected one of its allowed regions beta"),
        ({"regions": ["alpha", "alpha"]}, "expected each region once"),
        ({"priority": 1.5}, "priority is 1.5, expected a whole number"),
        ({"priority": float("nan")}, "priority is nan"),
        ({"data_gb": -1.0}, "data_gb is -1"),
    ],
)
def test_an_invalid_row_is_refused_in_one_line_and_the_other_rows_are_read(change, message):
    result = read(rows({}, change, {}))
    assert [job.id for job in result.jobs] == ["j0", "j2"]
    assert list(reasons(result)) == ["j1"]
    assert message in reasons(result)["j1"]
    assert "\n" not in reasons(result)["j1"]


def test_optional_cells_may_be_null_or_their_columns_absent():
    empty = dict.fromkeys(("name", "regions", "priority", "data_gb"))
    whole, bare = read(rows({}, empty)), read(rows({}).drop(list(empty)))
    # A CSV has a blank column as text.
    blank = read(rows({}).with_columns(pl.lit(None, pl.String).alias(name) for name in empty))
    assert whole.refused == bare.refused == blank.refused == []
    assert blank.jobs == bare.jobs
    assert whole.jobs[1] == job("j1")
    assert bare.jobs[0] == job("j0")


def test_a_power_that_no_allowed_region_can_ever_hold_is_refused():
    # Both have 10 MW of IT. The grid of beta gives 8 MW, of which 0.5 MW is fixed, so 7.5 MW are left there.
    small = region("beta", grid_limit_mw=8.0)
    only_beta = {"home_region": "beta", "regions": ["beta"]}
    changes = ({"power_mw": 10.0}, {"power_mw": 10.1}, {"power_mw": 7.5} | only_beta, {"power_mw": 7.6} | only_beta)
    result = read(rows(*changes, {"power_mw": 10.1, "regions": None}), ALPHA, small)
    assert [job.id for job in result.jobs] == ["j0", "j2"]
    largest = "the largest load of its allowed regions"
    assert reasons(result)["j1"].startswith(f"power_mw is 10.1, expected at most 10, {largest} (in alpha")
    assert reasons(result)["j3"].startswith(f"power_mw is 7.6, expected at most 7.5, {largest} (in beta")
    assert reasons(result)["j4"] == reasons(result)["j1"]


def test_identical_rows_are_one_job_and_different_rows_with_one_id_are_all_refused():
    one, other = {"id": "same"}, {"id": "other"}
    result = read(rows(one, other, {}, one, other | {"power_mw": 2.0}, one))
    assert [job.id for job in result.jobs] == ["same", "j2"]
    assert [refusal.job_id for refusal in result.refused] == ["other", "same", "other", "same"]
    assert "repeats an earlier row" in reasons(result)["same"]
    assert "several different rows have this id" in reasons(result)["other"]


def test_a_word_in_a_column_of_numbers_refuses_only_its_row():
    result = read(rows({}).cast({"power_mw": pl.String}).vstack(rows({"id": "b", "power_mw": "much"})))
    assert [job.power_mw for job in result.jobs] == [1.0]
    assert reasons(result) == {"b": "power_mw is 'much', expected a number"}


def test_regions_may_be_a_text_with_commas_or_semicolons():
    cells = ["alpha;beta", " alpha , beta ", "alpha", ""]
    result = read(rows(*[{}] * 4).with_columns(regions=pl.Series(cells)))
    assert [job.regions for job in result.jobs] == [("alpha", "beta"), ("alpha", "beta"), ("alpha",), ()]


def test_the_message_names_the_first_regions_of_a_large_fleet():
    regions = [region(f"r{index}") for index in range(20)]
    result = read(rows({"home_region": "x", "regions": None}), *regions)
    assert reasons(result)["j0"].endswith("r0, r1, r2, r3, r4, r5, r6, r7 and 12 more")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (rows({}).clear(), "t has no rows"),
        (rows({}).drop("deadline_utc"), "t has no column deadline_utc"),
        (rows({}, {"id": None}), "id is null in row 1"),
        (rows({}).with_columns(power_mw=pl.lit("much")), "power_mw holds String, expected numbers"),
        (rows({}).with_columns(power_mw=pl.lit(True)), "power_mw holds Boolean"),
        (rows({}).with_columns(home_region=pl.lit(["alpha"])), "home_region holds List"),
        (rows({}).with_columns(name=pl.lit(b"\xff")), "name holds Binary, expected texts"),
        (rows({}).with_columns(regions=pl.lit(5)), "regions holds Int32"),
        (rows({}).with_columns(earliest_utc=pl.lit(datetime(2024, 5, 20))), "earliest_utc has no time zone"),
    ],
)
def test_a_table_without_a_readable_row_is_refused(frame, message):
    with pytest.raises(DataError, match=message):
        read(frame)


def test_written_jobs_are_read_back():
    jobs = [job("a"), job("b", regions=("alpha",), priority=3, data_gb=1.5)]
    result = read(jobs_to_frame(jobs))
    assert result.jobs == jobs
    assert result.jobs[0].earliest_utc == hour("2024-05-20T01")
    assert jobs_to_frame(jobs)["earliest_utc"][0] == datetime(2024, 5, 20, 1, tzinfo=UTC)


cells = st.fixed_dictionaries(
    {
        "id": st.sampled_from("abcd"),
        "power_mw": st.sampled_from([1.0, 2.0, 0.0, np.nan, np.inf, None, 99.0]),
        "duration_h": st.sampled_from([1.0, 1.5, 7.0, None, 1e300]),
        "home_region": st.sampled_from(["alpha", "beta", "gamma", None]),
        "regions": st.sampled_from([None, [], ["alpha"], ["beta", "beta"]]),
    }
)


@given(st.lists(cells, min_size=1, max_size=8))
def test_each_row_is_a_job_or_a_refusal_and_no_id_occurs_in_two_jobs(changes):
    frame = rows(*changes)
    result = read(frame)
    assert sorted([job.id for job in result.jobs] + [refusal.job_id for refusal in result.refused]) == sorted(
        frame["id"]
    )
    assert len({job.id for job in result.jobs}) == len(result.jobs)


def test_parts_of_hours_are_rounded_to_the_safe_side_and_told():
    table = read(
        rows(
            {
                "id": "odd",
                "duration_h": 1 / 3,
                "earliest_utc": "2024-05-20T12:34:56Z",
                "deadline_utc": "2024-05-20T15:59Z",
            },
            {"id": "full", "duration_h": 2 + 1e-9},
        )
    )
    odd, full = table.jobs
    assert (odd.duration_h, odd.earliest_utc, odd.deadline_utc) == (1, hour("2024-05-20T13"), hour("2024-05-20T15"))
    assert full.duration_h == 2
    (rounding,) = table.rounded
    assert rounding.job_id == "odd"
    for part in ("duration_h 0.333333 to 1", "12:34:56Z to 2024-05-20T13:00Z", "15:59:00Z to 2024-05-20T15:00Z"):
        assert part in rounding.change


def test_a_refused_row_is_not_listed_as_rounded():
    table = read(rows({"power_mw": -1.0, "duration_h": 1.5}, {}))
    assert table.rounded == []
    assert reasons(table)["j0"].endswith("rounded to full hours: duration_h 1.5 to 2")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (0, "checkpoint_h is 0, expected 1 to 2 whole hours (the duration), or null for a job that cannot pause"),
        (-1, "checkpoint_h is -1, expected 1 to 2"),
        (1.5, "checkpoint_h is 1.5, expected whole hours"),
        (3, "checkpoint_h is 3, expected 1 to 2"),
        (float("inf"), "checkpoint_h is inf, expected whole hours"),
    ],
)
def test_a_checkpoint_length_that_cannot_be_is_refused(cell, message):
    jobs_read = read(rows({"checkpoint_h": float(cell)}, {"checkpoint_h": None}, {"checkpoint_h": 2.0}))
    assert message in reasons(jobs_read)["j0"]
    assert [valid.checkpoint_h for valid in jobs_read.jobs] == [None, 2]


def test_a_text_as_checkpoint_length_is_refused_and_a_text_with_a_number_is_read():
    jobs_read = read(rows({"checkpoint_h": "often"}, {"checkpoint_h": " 1 "}))
    assert reasons(jobs_read) == {"j0": "checkpoint_h is 'often', expected a number"}
    assert jobs_read.jobs[0].checkpoint_h == 1


def test_a_job_whose_segment_has_the_id_of_another_row_is_refused():
    days = {"duration_h": 30.0, "deadline_utc": "2024-05-22T07:00Z", "checkpoint_h": 6.0}
    jobs_read = read(rows({"id": "a", **days}, {"id": "a#2", "checkpoint_h": None}, {"id": "b", **days}))
    assert reasons(jobs_read) == {"a": "its segment a#2 has the id of another row, expected an id of its own"}
    assert [valid.id for valid in jobs_read.jobs] == ["a#2", "b"]


def test_checkpoints_survive_a_table_and_a_table_without_them_has_no_such_column():
    jobs = [job("a", checkpoint_h=2), job("b")]
    assert list(read(jobs_to_frame(jobs)).jobs) == jobs
    assert "checkpoint_h" not in jobs_to_frame([job("b")]).columns
