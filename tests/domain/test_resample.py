"""Stamps between full hours are brought to hours by a stated rule, and limits take the worst."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from fleet.domain.resample import parse_rules, resample
from fleet.errors import ConfigError, DataError

START = datetime(2024, 5, 1, tzinfo=UTC)
MEAN = {"": "mean"}


def quarters(values: list[float | None], column: str = "carbon_g_per_kwh", *, minutes: int = 15) -> pl.DataFrame:
    times = [START + timedelta(minutes=minutes * index) for index in range(len(values))]
    return pl.DataFrame({"region": ["a"] * len(values), "time_utc": times, column: values}, strict=False)


def hours_of(frame: pl.DataFrame, rules=MEAN) -> list[float | None]:
    return resample(frame, rules, table="t").frame.to_series(2).to_list()


@pytest.mark.parametrize(("rule", "expected"), [("mean", [2.5, 6.5]), ("max", [4, 8]), ("last", [4, 5])])
def test_each_rule(rule, expected):
    assert hours_of(quarters([1, 2, 3, 4, 8, 7, 6, 5]), {"": rule}) == expected


@pytest.mark.parametrize(
    ("column", "worst"), [("temperature_c", 9), ("dew_point_c", 9), ("it_load_mw", 9), ("grid_limit_mw", 1)]
)
def test_what_limits_are_compared_with_takes_the_worst_unless_it_is_named(column, worst):
    frame = quarters([1, 9, 2, 4], column)
    result = resample(frame, MEAN, table="t")
    assert result.frame[column].to_list() == [worst]
    assert result.rules == {column: "min" if column == "grid_limit_mw" else "max"}
    assert hours_of(frame, MEAN | {column: "last"}) == [4]


def test_an_hour_with_too_few_stamps_is_left_out_and_one_with_too_few_values_is_empty():
    result = resample(quarters([1, 2, 3, 4, 5, None, None, 8, 9, 10]), MEAN, table="t")
    assert result.frame["carbon_g_per_kwh"].to_list() == [2.5, None]
    assert (result.stamps, result.left_out) == (10, 1)


def test_hourly_stamps_at_half_past_count_to_their_hour():
    frame = quarters([1, 2, 3], minutes=60).with_columns(pl.col("time_utc") + pl.duration(minutes=30))
    result = resample(frame, MEAN, table="t")
    assert result.frame["time_utc"].dt.minute().to_list() == [0, 0, 0]
    assert result.frame["carbon_g_per_kwh"].to_list() == [1, 2, 3]


def test_regions_are_kept_apart():
    both = pl.concat([quarters([1, 2, 3, 4]), quarters([5, 6, 7, 8]).with_columns(region=pl.lit("b"))])
    assert sorted(hours_of(both)) == [2.5, 6.5]


def test_each_region_has_its_own_step():
    hourly = quarters([5, 6, 7], minutes=60).with_columns(region=pl.lit("b"))
    result = resample(pl.concat([quarters([1, 2, 3, 4] * 3), hourly]), MEAN, table="t")
    assert result.frame.filter(region="b")["carbon_g_per_kwh"].to_list() == [5, 6, 7]
    assert (result.frame.height, result.left_out) == (6, 0)


def test_a_table_without_regions_is_resampled_too():
    frame = quarters([1, 2, 3, 4]).drop("region")
    assert resample(frame, MEAN, table="t").frame["carbon_g_per_kwh"].to_list() == [2.5]


def test_full_hours_stay_as_they_are():
    frame = quarters([1, 2], minutes=60)
    assert resample(frame, MEAN, table="t").frame is frame
    assert resample(frame, {}, table="t").rules == {}


def test_without_a_rule_the_row_is_named_and_the_way_out_too():
    with pytest.raises(DataError, match=r"2024-05-01T00:15:00 in row 1 \(between full hours\).*--resample mean"):
        resample(quarters([1, 2]), {}, table="t")


def test_a_stamp_that_occurs_twice_is_refused():
    with pytest.raises(DataError, match="2024-05-01T00:15:00Z twice"):
        resample(pl.concat([quarters([1, 2, 3, 4]), quarters([1, 2])[1:]]), MEAN, table="t")


def test_rules_are_read_and_checked():
    assert parse_rules(["mean", "temperature_c=last"]) == {"": "mean", "temperature_c": "last"}
    for words in (["median"], ["x=mean"], ["mean", "max"], ["it_load_mw="]):
        with pytest.raises(ConfigError, match="--resample"):
            parse_rules(words)
