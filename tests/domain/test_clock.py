from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import hours_from

from fleet.domain import clock
from fleet.errors import DataError


def read(values, dtype=None):
    return clock.utc_hours(pl.Series("time_utc", values, dtype=dtype), table="t")


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01T05:00:00Z",
        "2024-03-01T05:00Z",
        "2024-03-01 05:00:00+00:00",
        "2024-03-01T05:00:00.000000+0000",
        "2024-03-01T05:00:00.000-00:00",
    ],
)
def test_all_spellings_of_utc_give_the_same_hour(text):
    assert read([text])[0] == np.datetime64("2024-03-01T05", "h")


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_beginning_of_a_time_in_the_last_row_is_told_to_be_cut_off(cut):
    whole = "2024-03-01T06:00:00Z"
    for text in (whole[:cut], whole[:cut].replace("T", " ")):
        with pytest.raises(DataError, match=f"is '{text}' .* in row 1, .*; the table seems cut off$"):
            read(["2024-03-01T05:00:00Z", text])


@pytest.mark.parametrize(
    "texts", [["2024-03-01T05:00:00Z", "sum"], ["2024-03-01T05:00:00Z", "2024", "2024"], ["2024", "20"]]
)
def test_any_other_text_is_not_told_to_be_cut_off(texts):
    with pytest.raises(DataError, match=r"in every row$"):
        read(texts)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_datetimes_of_any_resolution_are_read(unit):
    column = pl.Series("time_utc", [datetime(2024, 3, 1, 5, tzinfo=UTC)], dtype=pl.Datetime(unit, "UTC"))
    assert clock.utc_hours(column, table="t")[0] == np.datetime64("2024-03-01T05", "h")


@pytest.mark.parametrize(
    ("values", "dtype", "message"),
    [
        (["2024-03-01T05:00:00"], None, "no time zone"),
        (["2024-03-01T05:00:00+01:00"], None, "local time"),
        (["2024-03-01T05:00:00-0700"], None, "local time"),
        (["2024-03-01T05:00:00Z", "2024-03-01T06:00:00"], None, "no time zone"),
        (["2024-03-01"], None, r"'2024-03-01' \(no time zone\)"),
        (["2024-0"], None, r"'2024-0' \(no ISO time\) in row 0, expected hours of UTC .* in every row$"),
        (["n/a"], None, r"'n/a' \(no ISO time\)"),
        (["yesterdayZ"], None, "expected hours of UTC"),
        (["2024-02-30T05:00:00Z"], None, "expected hours of UTC"),
        ([datetime(2024, 3, 1)], pl.Datetime("us"), "no time zone"),
        ([datetime(2024, 3, 1, tzinfo=UTC)], pl.Datetime("us", "Europe/Dublin"), "Europe/Dublin"),
        (["2024-03-01T05:30:00Z"], None, "full hours"),
        ([datetime(2024, 3, 1, 5, 0, 1, tzinfo=UTC)], pl.Datetime("us", "UTC"), "full hours"),
        ([datetime(2024, 3, 1, tzinfo=UTC), None], pl.Datetime("us", "UTC"), "null in row 1"),
        ([1_709_251_200], pl.Int64, "Int64"),
        ([None, None], pl.Null, "null in row 0"),
    ],
)
def test_a_time_that_would_need_a_guess_is_refused(values, dtype, message):
    with pytest.raises(DataError, match=message):
        read(values, dtype)


def test_a_column_without_rows_has_no_hours():
    assert read([], pl.String).shape == (0,)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2024-07-01", "2024-07-01T00"),
        ("2024-07-01T12:00", "2024-07-01T12"),
        ("2024-07-01T12:00Z", "2024-07-01T12"),
        ("2024-07-01T12:00+02:00", "2024-07-01T10"),  # 12 - 2
        ("2024-12-31T23:00-02:00", "2025-01-01T01"),  # 23 + 2 - 24
    ],
)
def test_an_hour_without_a_zone_is_utc_and_an_offset_is_converted(text, hour):
    assert clock.parse_hour(text) == np.datetime64(hour, "h")


@pytest.mark.parametrize("text", ["", "soon", "2024-13-01", "2024-07-01T12:30", "0001-01-01T00:00+14:00"])
def test_a_text_that_is_not_an_hour_is_refused(text):
    with pytest.raises(DataError, match="found time"):
        clock.parse_hour(text)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-14, 14))
def test_an_hour_survives_text_and_column(moment, offset):
    moment = moment.replace(minute=0, second=0, microsecond=0)
    hour = np.datetime64(moment, "h")
    assert clock.parse_hour(clock.iso(hour)) == hour
    assert clock.utc_hours(clock.to_series(np.array([hour]), "time_utc"), table="t")[0] == hour
    local = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=offset)))
    assert clock.parse_hour(local.isoformat()) == hour


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)))
def test_calendar_parts_agree_with_the_standard_library(moment):
    hour = np.array([np.datetime64(moment, "h")])
    assert clock.hour_of_day(hour)[0] == moment.hour
    assert clock.weekday(hour)[0] == moment.weekday()
    assert clock.month_index(hour)[0] == (moment.year - 1970) * 12 + moment.month - 1
    assert 0 <= clock.year_fraction(hour)[0] < 1


def test_year_fraction_knows_leap_years():
    # 2024 has 366 days, so its middle is after 183 days. January to June have 31+29+31+30+31+30 = 182: 2 July.
    assert clock.year_fraction(hours_from("2024-07-02", 1))[0] == 0.5
    # 2023 has 8,760 h. Noon of 2 July comes after 181 + 1 days and 12 hours = 4,380 h.
    assert clock.year_fraction(hours_from("2023-07-02T12", 1))[0] == 0.5


@pytest.mark.parametrize(
    ("hour", "text"),
    [
        (np.datetime64("2024-07-01T12", "h"), "2024-07-01T12:00Z"),
        (np.datetime64("2024-07-01", "D"), "2024-07-01T00:00Z"),
        (np.datetime64("0024-07-01T12", "h"), "0024-07-01T12:00Z"),
        (np.datetime64("12024-07-01T12", "h"), "12024-07-01T12:00Z"),
    ],
)
def test_any_hour_has_its_text(hour, text):
    assert clock.iso(hour) == text


@pytest.mark.parametrize(("unit", "year"), [("h", "2024"), ("D", "2024"), ("h", "12024")])
def test_hours_between_two_times_of_any_unit_are_counted(unit, year):
    first, second = np.datetime64(f"{year}-02-28", unit), np.datetime64(f"{year}-03-01", unit)
    assert clock.hours_between(first, second) == 48
    assert clock.hours_between(second, first) == -48
