import numpy as np
import polars as pl
import pytest
from support.builders import hours_from

from fleet.domain import clock
from fleet.domain.outlooks import STALE_H, Outlooks
from fleet.errors import DataError

FIRST = np.datetime64("2024-01-01T00", "h")


def frame(*rows, column="temperature_c"):
    """Rows of (issue, hour, value), hours since FIRST."""
    issue, hour, value = zip(*rows, strict=True)
    return pl.DataFrame(
        {
            "region": ["here"] * len(rows),
            "issued_utc": clock.to_series(FIRST + np.array(issue), "issued_utc"),
            "time_utc": clock.to_series(FIRST + np.array(hour), "time_utc"),
            column: list(value),
        }
    )


def known(rows, origin, horizon=1):
    outlooks = Outlooks.from_frame(frame(*rows), table="t")
    return outlooks.known_at("temperature_c", FIRST + np.array([origin]), horizon)[0, 0].tolist()


def test_an_issue_of_the_hour_after_the_origin_may_be_used_and_none_later():
    rows = [(0, 8, 1.0), (6, 8, 2.0), (7, 8, 3.0)]
    # The decision at origin 5 is made when hour 5 has ended, at 6.
    assert known(rows, 5, horizon=3)[2] == 2.0
    assert known(rows, 4, horizon=4)[3] == 1.0
    assert known(rows, 6, horizon=2)[1] == 3.0


def test_a_newer_issue_that_does_not_reach_is_passed_over():
    rows = [(0, 6, 1.0), (0, 7, 2.0), (3, 6, 9.0), (3, 7, None)]
    assert known(rows, 5, horizon=2) == [9.0, 2.0]


def test_an_old_issue_is_stale():
    rows = [(0, hour, 1.0) for hour in range(STALE_H + 3)]
    assert known(rows, STALE_H - 1) == [1.0]
    assert np.isnan(known(rows, STALE_H)).all()


def test_before_the_first_issue_nothing_is_known():
    assert np.isnan(known([(5, 6, 1.0)], 3, horizon=3)).all()


def test_later_issues_do_not_change_what_was_known():
    early = [(0, hour, float(hour)) for hour in range(30)]
    late = [(12, hour, -9.0) for hour in range(12, 70)]
    assert known(early, 10, 12) == known([*early, *late], 10, 12)


def test_a_region_that_nobody_forecast_has_no_values():
    outlooks = Outlooks.from_frame(frame((0, 1, 5.0)), table="t").select(["there", "here"])
    values = outlooks.known_at("temperature_c", hours_from("2024-01-01", 1), 1)
    assert np.isnan(values[0]).all()
    assert values[1, 0, 0] == 5.0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (frame((5, 4, 1.0)), "-1 h after its issue"),
        (frame((0, 500, 1.0)), "500 h after its issue"),
        (frame((0, 1, 1.0), (0, 1, 2.0)), "stands twice"),
        (frame((0, 1, 300.0)), "kelvin"),
        (frame((0, 1, 1.0)).drop("issued_utc"), "no column issued_utc"),
        (frame((0, 1, 1.0)).drop("temperature_c"), "no column of numbers"),
        (frame((0, 1, 1.0)).clear(), "no rows"),
        (frame((0, 1, 1.0)).drop("region"), "name the region"),
        (frame((0, 1, 1.0)).with_columns(region=pl.lit(None, pl.String)), "region is null in row 0"),
    ],
)
def test_a_table_that_cannot_be_is_refused(table, said):
    with pytest.raises(DataError, match=said):
        Outlooks.from_frame(table, table="t")
