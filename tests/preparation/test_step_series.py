from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from fleet.errors import DataError
from fleet.preparation.step_series import StepSeries

START = np.datetime64("2025-01-01T00:00", "m")


def table(count=10, minutes=15, **columns):
    time_utc = START + np.arange(count) * np.timedelta64(minutes, "m")
    return {"time_utc": time_utc, "price": np.arange(count, dtype=float)} | columns


def test_a_table_of_any_kind_gives_the_same_series():
    arrays = table()
    times = [datetime(2025, 1, 1, tzinfo=UTC) + n * timedelta(minutes=15) for n in range(10)]
    frame = pl.DataFrame({"time_utc": times, "price": arrays["price"]})
    for given in (arrays, frame, frame.to_pandas(), frame.sample(fraction=1, shuffle=True, seed=1)):
        series = StepSeries.of(given, "price")
        assert series.step == np.timedelta64(15, "m")
        assert series.last_utc == START + np.timedelta64(135, "m")
        assert series.values["price"].tolist() == arrays["price"].tolist()


def test_a_missing_row_is_missing():
    rows = [0, 1, 2, 5, 6]
    arrays = {name: values[rows] for name, values in table().items()}
    values = StepSeries.of(arrays, "price").values["price"]
    assert np.isnan(values[3:5]).all()
    assert values[5] == 5.0


def test_the_last_hour_ends_with_the_last_value():
    hourly = StepSeries.of(table(10), "price").hourly()
    # Ten quarters: 2 before the first full hour, which holds the values 2 to 5.
    assert [series.observed[0].tolist() for series in hourly] == [[2, 6], [3, 7], [4, 8], [5, 9]]
    assert hourly[0].covariates["step 3"][0].tolist() == [5, 9]


def test_later_values_are_added_and_known_values_must_agree():
    whole = StepSeries.of(table(10), "price")
    first = StepSeries.of({name: values[:6] for name, values in table(10).items()}, "price")
    last = {name: values[4:] for name, values in table(10).items()}
    joined = first.followed_by(StepSeries.of(last, "price"))
    assert joined.values["price"].tolist() == whole.values["price"].tolist()
    last["price"] = last["price"] + 1
    with pytest.raises(DataError, match="differs from a value that was given before"):
        first.followed_by(StepSeries.of(last, "price"))


NAIVE = pl.DataFrame({"time_utc": [datetime(2025, 1, 1), datetime(2025, 1, 2)], "price": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (NAIVE, "no time zone"),
        ({"time_utc": table()["time_utc"]}, "no column 'price'"),
        (table(price=["a"] * 10), "expected numbers"),
        (table(price=np.full(10, np.inf)), "infinite value"),
        (table(region=["a"] * 10), "select a region"),
        (table(minutes=7), "expected 5 minutes to an hour"),
        (table(minutes=120), "expected 5 minutes to an hour"),
        (table(minutes=1), "expected 5 minutes to an hour"),
        (table(time_utc=np.repeat(START, 10)), "a time twice"),
        (table(price=np.ones(3)), "arrays of one length"),
        (7, "has the type int and cannot be read"),
        ({"time_utc": np.array([], dtype="datetime64[m]"), "price": np.array([])}, "empty"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_in_one_line(given, words):
    with pytest.raises(DataError, match=words) as caught:
        StepSeries.of(given, "price")
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)
