import numpy as np
import polars as pl
import pytest
from support.builders import hours_from

from fleet.domain import clock
from fleet.domain.outlooks import STALE_H, Outlooks
from fleet.errors import DataError

FIRST = np.datetime64("2024-01-01T00", "h")


def frame(*rows, column="temperature_c"):
    """Return a table from rows (issue, hour, value), with issue and hour in hours since FIRST."""
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


def test_an_issue_up_to_one_hour_after_the_origin_may_be_used():
    rows = [(0, 8, 1.0), (6, 8, 2.0), (7, 8, 3.0)]
    # The decision at origin 5 is made when hour 5 has ended, at 6.
    assert known(rows, 5, horizon=3)[2] == 2.0
    assert known(rows, 4, horizon=4)[3] == 1.0
    assert known(rows, 6, horizon=2)[1] == 3.0


def test_an_older_issue_fills_the_hours_that_a_newer_issue_lacks():
    rows = [(0, 6, 1.0), (0, 7, 2.0), (3, 6, 9.0), (3, 7, None)]
    assert known(rows, 5, horizon=2) == [9.0, 2.0]


def test_an_issue_older_than_the_stale_limit_is_not_used():
    rows = [(0, hour, 1.0) for hour in range(STALE_H + 3)]
    assert known(rows, STALE_H - 1) == [1.0]
    assert np.isnan(known(rows, STALE_H)).all()


def test_no_value_is_known_before_the_first_issue():
    assert np.isnan(known([(5, 6, 1.0)], 3, horizon=3)).all()


def test_later_issues_do_not_change_earlier_values():
    early = [(0, hour, float(hour)) for hour in range(30)]
    late = [(12, hour, -9.0) for hour in range(12, 70)]
    assert known(early, 10, 12) == known([*early, *late], 10, 12)


def test_a_region_without_an_outlook_has_no_values():
    outlooks = Outlooks.from_frame(frame((0, 1, 5.0)), table="t").select(["there", "here"])
    values = outlooks.known_at("temperature_c", hours_from("2024-01-01", 1), 1)
    assert np.isnan(values[0]).all()
    assert values[1, 0, 0] == 5.0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (frame((5, 4, 1.0)), "-1 h after its issue"),
        (frame((0, 500, 1.0)), "500 h after its issue"),
        (frame((0, 1, 1.0), (0, 1, 2.0)), "occurs twice"),
        (frame((0, 1, 3.0), (0, 2, 300.0)), "temperature_c is 300 at 2024-01-01T02:00Z, expected .* kelvin"),
        (frame((0, 1, 1.0)).drop("issued_utc"), "no column issued_utc"),
        (frame((0, 1, 1.0)).drop("temperature_c"), "no column of numbers"),
        (frame((0, 1, 1.0)).clear(), "no rows"),
        (frame((0, 1, 1.0)).drop("region"), "name the region"),
        (frame((0, 1, 1.0)).with_columns(region=pl.lit(None, pl.String)), "region is null in row 0"),
    ],
)
def test_an_invalid_table_is_refused(table, message):
    with pytest.raises(DataError, match=message):
        Outlooks.from_frame(table, table="t")
