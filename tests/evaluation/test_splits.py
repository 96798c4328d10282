import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import hours_from

from fleet.errors import DataError
from fleet.evaluation.splits import WARM_UP_H, reference_plan, walk_forward_plan

YEAR = 8_760
KNOWN = 23  # the first origin of a series without gaps


def walk(hours, *, test_start=None, step=1, horizon=24, first_known=KNOWN, start="2022-01-01T00"):
    moment = None if test_start is None else np.datetime64(test_start, "h")
    return walk_forward_plan(
        hours_from(start, hours), first_known=first_known, horizon=horizon, step=step, test_start=moment
    )


@pytest.mark.parametrize(
    ("hours", "start"),
    [
        (2 * YEAR, YEAR),  # two years: the last 8,760 h
        (3 * YEAR + 5, 2 * YEAR + 5),
        (2 * YEAR - 1, 2 * YEAR - 1 - 5_839),  # (17,520 - 1) // 3 = 5,839
        (300, 200),
    ],
)
def test_the_test_is_the_last_year_or_the_last_third_of_the_history(hours, start):
    plan = walk(hours)
    scored = plan.origins[plan.scored]
    assert scored[0] == start
    assert scored[-1] == hours - 24 - 1  # its last target is the last hour
    assert plan.fit is None


def test_history_begins_with_the_first_value():
    # The column is null for one year. The test is the last third of the 3,000 h that are left.
    plan = walk(YEAR + 3_000, first_known=YEAR + KNOWN)
    assert plan.origins[plan.scored][0] == YEAR + 2_000


def test_a_given_start_is_the_first_scored_origin():
    plan = walk(2 * YEAR, test_start="2022-07-01T05")
    assert plan.origins[plan.scored][0] == 181 * 24 + 5  # 31+28+31+30+31+30 = 181 days
    assert plan.test_start_utc == np.datetime64("2022-07-01T05", "h")


def test_the_first_origin_waits_for_sixty_days_or_a_third_of_the_history():
    assert walk(2 * YEAR).origins[0] == KNOWN + WARM_UP_H
    # Of 300 h, the test starts at 200. So the first origin is (200 - 23) // 3 = 59 h after 23.
    assert walk(300).origins[0] == KNOWN + 59


@given(
    st.integers(200, 3_000),
    st.integers(1, 50),
    st.sampled_from([1, 24, 96]),
    st.integers(0, 2_999),
)
def test_origins_are_in_step_with_the_test_and_inside_the_data(hours, step, horizon, start):
    first = hours_from("2022-01-01T00", hours)[0]
    try:
        plan = walk(hours, step=step, horizon=horizon, test_start=str(first + start))
    except DataError:
        assert start <= KNOWN or start >= hours - horizon
        return
    assert set(np.diff(plan.origins)) <= {step}
    assert start in plan.origins
    assert plan.origins[plan.scored][0] == start
    assert plan.origins[0] >= KNOWN
    assert plan.origins[-1] + horizon < hours
    assert plan.origins[-1] + step + horizon >= hours
    np.testing.assert_array_equal(plan.scored, plan.origins >= start)


@pytest.mark.parametrize(
    ("hours", "test_start", "message"),
    [
        (1_000, "2021-12-31T23", "no origin"),
        (1_000, "2023-01-01T00", "no origin"),
        (1_000, "2022-02-10T16", "no origin"),  # hour 976; its last target 976 + 24 is after the last hour, 999
        (1_000, "2022-01-01T23", "no full day"),
        (24, None, "no origin"),
        (10, None, "no origin"),
    ],
)
def test_a_test_outside_the_data_is_refused(hours, test_start, message):
    with pytest.raises(DataError, match=message):
        walk(hours, test_start=test_start)


def reference(start, hours, **options):
    return reference_plan(hours_from(start, hours), **{"first_known": KNOWN, "horizon": 24, "step": 1, **options})


@pytest.mark.parametrize(
    ("start", "hours", "year"),
    [
        ("2023-01-01T00", YEAR, 2023),
        ("2021-06-01T00", 3 * YEAR, 2023),  # through May 2024
        ("2024-01-01T00", 8_784, 2024),  # a leap year
        ("2023-01-01T07", YEAR, 2023),  # a local clock seven hours behind UTC
        ("2022-12-31T14", YEAR, 2023),  # a local clock ten hours ahead of UTC
    ],
)
def test_the_reference_split_fits_to_october_calibrates_november_and_tests_december(start, hours, year):
    time = hours_from(start, hours)
    plan = reference(start, hours)
    first, end = plan.fit
    # A row belongs to the hour of its last target. The 24 targets of the first row begin with the year.
    assert time[first] == np.datetime64(f"{year}-01-01T23", "h")
    assert time[end] == np.datetime64(f"{year}-11-01T00", "h")
    origins = time[plan.origins]
    november, december = origins[~plan.scored], origins[plan.scored]
    assert november[0] == np.datetime64(f"{year}-11-01T00", "h")
    assert november[-1] + 24 == np.datetime64(f"{year}-11-30T23", "h")
    assert december[0] == np.datetime64(f"{year}-12-01T00", "h") == plan.test_start_utc
    assert december[-1] + 24 == min(np.datetime64(f"{year}-12-31T23", "h"), time[-1])


def test_the_reference_split_steps_from_the_first_hour_of_each_month():
    time = hours_from("2023-01-01T00", YEAR)
    plan = reference("2023-01-01T00", YEAR, step=24)
    assert {int(hour) for hour in time[plan.origins].astype(int) % 24} == {0}
    assert len(plan.origins[plan.scored]) == 30  # the last of the 31 days has no full horizon


@pytest.mark.parametrize(
    ("start", "hours"),
    [("2023-01-02T01", YEAR), ("2023-01-01T00", YEAR - 25), ("2023-06-01T00", YEAR), ("2023-03-01T00", 900)],
)
def test_the_reference_split_is_refused_without_a_full_year(start, hours):
    with pytest.raises(DataError, match="full calendar year"):
        reference(start, hours)


def test_the_reference_split_is_refused_without_a_value_before_november():
    with pytest.raises(DataError, match="before November 2023"):
        reference("2023-01-01T00", YEAR, first_known=24 * 304)
