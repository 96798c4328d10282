import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import hours_from, seasonal, table, table_with_times, telemetry_of

from fleet.domain import clock
from fleet.domain.join_telemetry import join
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError


def from_frame(frame, region="here"):
    return Telemetry.from_frame(frame, table="t", region=region)


def test_rows_may_be_in_any_order():
    frame = pl.DataFrame(
        {
            "region": ["b", "a", "a", "b"],
            "time_utc": [f"2024-01-01T0{hour}:00:00Z" for hour in (2, 1, 0, 0)],
            "load": [12.0, 1.0, 0.5, 10.0],
        }
    )
    telemetry = from_frame(frame)
    assert telemetry.regions == ("b", "a")
    assert telemetry.time_utc[0] == np.datetime64("2024-01-01T00", "h")
    np.testing.assert_array_equal(telemetry.values["load"], [[10.0, np.nan, 12.0], [0.5, 1.0, np.nan]])


def test_an_absent_row_and_a_null_are_both_missing():
    frame = table(5).with_columns(temperature_c=pl.Series([1.0, None, 3.0, 4.0, 5.0])).filter(pl.int_range(5) != 3)
    np.testing.assert_array_equal(from_frame(frame).values["temperature_c"], [[1.0, np.nan, 3.0, np.nan, 5.0]])


@given(
    st.lists(st.lists(st.floats(-50, 50) | st.none(), min_size=3, max_size=3), min_size=1, max_size=4),
    st.integers(0, 100_000),
)
def test_a_table_survives_the_round_trip(rows, offset):
    values = np.array([[np.nan if cell is None else cell for cell in row] for row in rows])
    start = np.datetime64("2020-01-01T00", "h") + offset
    telemetry = telemetry_of(values, start=str(start))
    again = from_frame(telemetry.to_frame())
    assert again.regions == telemetry.regions
    np.testing.assert_array_equal(again.time_utc, telemetry.time_utc)
    np.testing.assert_array_equal(again.values["load"], values)


def test_a_written_table_has_null_instead_of_nan():
    frame = telemetry_of(np.array([[1.0, np.nan]])).to_frame()
    assert frame["load"].to_list() == [1.0, None]
    assert frame["time_utc"].dtype.time_zone == "UTC"


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (table(0), "no rows"),
        (table(3).drop("time_utc"), "no column time_utc"),
        (table_with_times(["2024-01-01T00:00:00Z"] * 2), "twice"),
        (table(3).with_columns(region=pl.Series(["a", None, "a"])), "region is null in row 1"),
        (table(3).with_columns(region=pl.lit([1, 2])), "expected an id"),
        (table(3).with_columns(temperature_c=pl.lit("warm")), "String, expected numbers"),
        (
            table(3).with_columns(temperature_c=pl.lit(300.0)),
            r"t, region here: temperature_c is 300 at 2024-01-01T00:00Z \(the first of 3 such values\), .* kelvin",
        ),
        (table_with_times(["2024-01-01T00:00:00Z", "1970-01-01T00:00:00Z"]), r"row 1 \(region here\) is at 1970"),
        (table_with_times([f"{year}-01-01T00:00:00Z" for year in range(1850, 2025)]), "century"),
    ],
)
def test_a_table_that_cannot_be_telemetry_is_refused(frame, message):
    with pytest.raises(DataError, match=message):
        from_frame(frame)


def test_a_table_without_regions_needs_a_name():
    with pytest.raises(DataError, match="name the region"):
        Telemetry.from_frame(table(3), table="t")


@pytest.mark.parametrize(
    ("day", "hinted"),
    [
        ("2023-11-05", True),  # United States, first Sunday of November
        ("2023-10-29", True),  # Europe, last Sunday of October
        ("2024-04-07", True),  # New South Wales, first Sunday of April
        ("2023-07-02", False),
        ("2023-11-06", False),
    ],
)
def test_a_repeated_hour_names_the_autumn_switch_if_the_date_fits(day, hinted):
    times = [f"{day}T{hour}:00:00Z" for hour in ("00", "01", "01", "02")]
    with pytest.raises(DataError, match=f"{day}T01:00Z twice") as refusal:
        from_frame(table_with_times(times))
    assert ("autumn repeat" in str(refusal.value)) is hinted


def test_columns_that_hold_no_numbers_are_left_out():
    frame = table(3).with_columns(note=pl.lit("x"), estimated=pl.lit(True), nothing=pl.lit(None))
    assert set(from_frame(frame).values) == {"temperature_c", "nothing"}


def test_an_empty_text_column_is_a_column_of_gaps():
    frame = table(3).with_columns(it_load_mw=pl.lit(None, dtype=pl.String))
    assert np.isnan(from_frame(frame).values["it_load_mw"]).all()


def test_integers_and_small_floats_become_floats():
    frame = table(3).with_columns(a=pl.Series([1, 2, 3], dtype=pl.UInt8), b=pl.Series([1, 2, 3], dtype=pl.Float32))
    telemetry = from_frame(frame)
    assert telemetry.values["a"].dtype == telemetry.values["b"].dtype == np.float64


def test_values_cannot_be_changed():
    telemetry = from_frame(table(3))
    with pytest.raises(ValueError, match="read-only"):
        telemetry.values["temperature_c"][0, 0] = 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"regions": ()}, "no region"),
        ({"regions": ("a", "a")}, "twice"),
        ({"time_utc": hours_from("2024-01-01", 6)[::2]}, "consecutive"),
        ({"values": {"load": np.zeros((2, 4))}}, "shape"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(change, message):
    whole = {"regions": ("a", "b"), "time_utc": hours_from("2024-01-01", 3), "values": {"load": np.zeros((2, 3))}}
    with pytest.raises(DataError, match=message):
        Telemetry(**{**whole, **change})


def test_a_missing_or_empty_column_is_refused():
    telemetry = telemetry_of(np.array([[1.0, 2.0], [np.nan, np.nan]]))
    with pytest.raises(DataError, match=r"no column price of numbers \(found load\)"):
        telemetry.column("price")
    with pytest.raises(DataError, match="no value in region r1"):
        telemetry.column("load")


def test_own_span_has_the_hours_of_one_region_with_their_gaps():
    short = telemetry_of(np.array([[5.0, np.nan]]), start="2024-01-01T01", regions=("r1",))
    telemetry = join([telemetry_of(np.array([[1.0, 2.0, 3.0, 4.0]])), short])
    alone = telemetry.own_span("r1")
    assert alone.regions == ("r1",)
    np.testing.assert_array_equal(alone.values["load"], [[5.0, np.nan]])
    assert alone.time_utc[0] == telemetry.time_utc[1]


def test_select_returns_the_requested_order():
    telemetry = telemetry_of(np.array([[1.0], [2.0]]))
    np.testing.assert_array_equal(telemetry.select(["r1", "r0"]).values["load"], [[2.0], [1.0]])
    with pytest.raises(DataError, match="no region r9"):
        telemetry.select(["r9"])


def test_a_position_outside_the_span_is_refused():
    telemetry = telemetry_of(np.zeros((1, 3)))
    assert telemetry.position(np.datetime64("2024-01-01T02", "h")) == 2
    for hour in ("2023-12-31T23", "2024-01-01T03"):
        with pytest.raises(DataError, match="outside"):
            telemetry.position(np.datetime64(hour, "h"))


def test_hours_between_two_joined_files_are_missing():
    early, late = from_frame(table(3)), from_frame(table(2, start="2024-01-01T05"))
    joined = join([late, early])
    assert len(joined.time_utc) == 7  # 3 h, a gap of 2 h, 2 h
    np.testing.assert_array_equal(np.isnan(joined.values["temperature_c"][0]), [0, 0, 0, 1, 1, 0, 0])


def test_regions_and_columns_join_side_by_side():
    left = telemetry_of(seasonal(4), regions=("a",))
    right = telemetry_of(seasonal(4, seed=1), regions=("b",), start="2024-01-01T02", column="price")
    joined = join([left, right])
    assert joined.regions == ("a", "b")
    assert len(joined.time_utc) == 6  # hours 0..3 and 2..5
    assert np.isnan(joined.values["load"][1]).all()
    np.testing.assert_array_equal(joined.values["price"][1, 2:], right.values["price"][0])


def test_columns_of_one_region_and_hour_join_from_two_files():
    left, right = telemetry_of(seasonal(4)), telemetry_of(seasonal(4, seed=1), column="price")
    joined = join([left, right])
    assert set(joined.values) == {"load", "price"}
    np.testing.assert_array_equal(joined.values["load"], left.values["load"])


def test_a_value_in_two_files_is_refused_and_a_null_is_filled():
    values = seasonal(4)
    with pytest.raises(DataError, match="2024-01-01T03:00Z is in two files"):
        join([telemetry_of(values), telemetry_of(values, start="2024-01-01T03")])
    with_gap = values.copy()
    with_gap[0, 3] = np.nan
    joined = join([telemetry_of(with_gap), telemetry_of(values, start="2024-01-01T03")])
    assert joined.values["load"][0, 3] == values[0, 0]


def test_hours_are_written_as_utc_datetimes():
    hours = hours_from("1999-12-31T22", 5)
    assert clock.to_series(hours, "time_utc").to_list()[2].isoformat() == "2000-01-01T00:00:00+00:00"


def with_dew_points(dew_point: list[float | None]) -> pl.DataFrame:
    times = [f"2024-01-01T0{hour}:00:00Z" for hour in range(len(dew_point))]
    return pl.DataFrame({"time_utc": times, "temperature_c": [10.0] * len(times), "dew_point_c": dew_point})


def test_an_impossible_dew_point_is_refused_when_a_table_is_read():
    with pytest.raises(DataError, match=r"table t: dew_point_c of region alpha at 2024-01-01T02:00Z is 15"):
        Telemetry.from_frame(with_dew_points([9.0, None, 15.0]), table="table t", region="alpha")
    telemetry = Telemetry.from_frame(with_dew_points([9.0, None, 11.5]), table="table t", region="alpha")
    assert np.isnan(telemetry.values["dew_point_c"][0, 1])


def test_an_impossible_dew_point_is_refused_when_files_are_joined():
    both = with_dew_points([15.0, 15.0])
    parts = [
        Telemetry.from_frame(both.select("time_utc", column), table="t", region="alpha")
        for column in ("temperature_c", "dew_point_c")
    ]
    with pytest.raises(DataError, match=r"the files together: dew_point_c of region alpha at 2024-01-01T00:00Z is 15"):
        join(parts)
