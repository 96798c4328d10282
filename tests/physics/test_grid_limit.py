import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.builders import hours_from
from support.sites import region

from fleet.domain.region import Curtailment
from fleet.physics.grid_limit import may_be_called, sure_grid_limit_mw


def contract(since: int, until: int, *, months: tuple[int, ...] = (7,)) -> Curtailment:
    return Curtailment(firm_mw=12.0, months=months, from_hour_utc=since, to_hour_utc=until)


def called(since: int, until: int, day: str = "2024-07-10T00", **changes) -> list[int]:
    return np.flatnonzero(may_be_called(contract(since, until, **changes), hours_from(day, 24))).tolist()


def test_a_window_includes_its_first_hour_and_excludes_its_last() -> None:
    assert called(20, 23) == [20, 21, 22]


def test_a_window_may_cross_midnight() -> None:
    assert called(22, 2) == [0, 1, 22, 23]


def test_equal_hours_mean_the_whole_day() -> None:
    assert called(5, 5) == list(range(24))


def test_each_hour_counts_in_its_own_month() -> None:
    assert called(22, 2, "2024-06-30T00") == []
    assert called(22, 2, "2024-07-01T00") == [0, 1, 22, 23]
    assert called(22, 2, "2024-08-01T00") == []
    assert called(22, 2, "2024-12-31T00", months=(1, 12)) == [0, 1, 22, 23]


def test_only_firm_power_is_sure_in_hours_with_possible_calls() -> None:
    site = region(grid_limit_mw=20.0, curtailment=contract(20, 23))
    limit = sure_grid_limit_mw(site, hours_from("2024-07-10T00", 24))
    np.testing.assert_array_equal(limit, [20] * 20 + [12] * 3 + [20])


def test_without_a_contract_the_whole_limit_is_sure() -> None:
    np.testing.assert_array_equal(sure_grid_limit_mw(region(grid_limit_mw=20.0), hours_from("2024-07-10T00", 3)), 20.0)


@given(st.integers(0, 23), st.integers(0, 23), st.sets(st.integers(1, 12), min_size=1))
def test_the_sure_limit_does_not_depend_on_the_year_or_on_other_hours(since: int, until: int, months: set[int]) -> None:
    site = region(curtailment=contract(since, until, months=tuple(months)))
    year, later = (sure_grid_limit_mw(site, hours_from(f"{start}-01-01T00", 8_760)) for start in (2022, 2023))
    np.testing.assert_array_equal(year, later)
    np.testing.assert_array_equal(sure_grid_limit_mw(site, hours_from("2022-03-05T06", 1)), year[63 * 24 + 6])
