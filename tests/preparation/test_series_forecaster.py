import numpy as np
import pytest

import fleet
from fleet import FleetError, ForecastOptions, SeriesForecaster
from fleet.domain.telemetry import Telemetry

START = np.datetime64("2025-01-01T00:00", "m")
FIELDS = ("forecast", "lower", "upper", "path_lower", "path_upper")
RIDGE = ForecastOptions(forecaster="ridge", confidence=0.9)


def table(days: float, minutes: int, seed=0):
    count = int(days * 1_440 / minutes)
    phase = 2 * np.pi * np.arange(count) * minutes / 1_440
    noise = np.random.default_rng(seed).normal(0, 1, (2, count))
    return {
        "time_utc": START + np.arange(count) * np.timedelta64(minutes, "m"),
        "price": 50 + 10 * np.sin(phase) + noise[0],
        "wind": noise[1],
    }


def cut(arrays, start, stop):
    return {name: values[start:stop] for name, values in arrays.items()}


def test_an_hourly_table_is_forecast_as_telemetry_is():
    arrays = table(100, 60)
    telemetry = Telemetry(
        regions=("here",),
        time_utc=arrays["time_utc"].astype("datetime64[h]"),
        values={"price": arrays["price"][None], "wind": arrays["wind"][None]},
    )
    own, expected = fleet.forecast(arrays, "price", RIDGE), fleet.forecast(telemetry, "price", RIDGE)
    assert np.array_equal(own.forecast, expected.forecast[0])
    for name in FIELDS[1:]:
        assert np.array_equal(getattr(own, name), getattr(expected.bands, name)[0])


@pytest.mark.slow
def test_pieces_give_the_same_as_the_whole_table():
    """A piece cannot see what comes after it. So no forecast and no band looks past the last value."""
    arrays, last = table(185, 30), 6
    count = len(arrays["price"])
    pieces = SeriesForecaster("price", 48, RIDGE)
    pieces.update(cut(arrays, 0, count - last))
    for number in range(count - last, count):
        found = pieces.update(cut(arrays, number, number + 1))
    whole = SeriesForecaster("price", 48, RIDGE).update(arrays)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))


def test_corrupted_later_values_change_no_earlier_forecast():
    arrays = table(80, 30)
    count = len(arrays["price"])
    forecaster = SeriesForecaster("price", 8, RIDGE)
    before = forecaster.update(cut(arrays, 0, count - 10))
    corrupted = {name: values.copy() for name, values in arrays.items()}
    corrupted["price"][count - 10 :] = 1e6
    again = SeriesForecaster("price", 8, RIDGE)
    first = again.update(cut(corrupted, 0, count - 10))
    assert all(np.array_equal(getattr(before, name), getattr(first, name)) for name in FIELDS)
    assert not np.array_equal(again.update(corrupted).forecast, before.forecast)


@pytest.mark.slow
def test_bands_hold_at_their_confidence_and_forecasts_beat_the_day_before():
    arrays, ahead = table(130, 30), 24
    price, count = arrays["price"], len(arrays["price"])
    forecaster = SeriesForecaster("price", ahead, RIDGE)
    inside, own, naive = [], [], []
    for end in range(count - 800, count - ahead, 7):
        found = forecaster.update(cut(arrays, 0, end))
        actual = price[end : end + ahead]
        inside.append((found.lower <= actual) & (actual <= found.upper))
        own.append(np.abs(actual - found.forecast))
        naive.append(np.abs(actual - price[end - 48 : end - 48 + ahead]))
    assert 0.85 < np.mean(inside) < 0.96
    assert np.mean(own) < 0.97 * np.mean(naive)


def test_the_table_of_the_result_begins_one_step_after_the_last_value():
    arrays = table(20, 15)
    found = fleet.forecast(arrays, "price", 6)
    frame = found.to_frame()
    assert frame.height == 6
    assert frame["time_utc"][0].isoformat() == f"{arrays['time_utc'][-1] + np.timedelta64(15, 'm')}:00+00:00"
    # Too little history for a bound: it is infinite and never missing.
    assert np.isinf(found.upper).all()


def test_a_refused_table_leaves_the_forecaster_as_it_was():
    arrays = table(20, 60)
    count = len(arrays["price"])
    forecaster = SeriesForecaster("price", 3, RIDGE)
    forecaster.update(cut(arrays, 0, count - 1))
    wrong = cut(arrays, count - 2, count)
    wrong["price"] = wrong["price"] + 1
    with pytest.raises(FleetError, match="differs"):
        forecaster.update(wrong)
    found = forecaster.update(cut(arrays, count - 1, count))
    other = SeriesForecaster("price", 3, RIDGE)
    other.update(cut(arrays, 0, count - 1))
    assert np.array_equal(found.forecast, other.update(cut(arrays, count - 1, count)).forecast)


@pytest.mark.parametrize("horizon", [0, -1, 1.5, True, "day"])
def test_a_horizon_that_is_no_number_of_steps_is_refused(horizon):
    with pytest.raises(FleetError, match="whole number of steps"):
        SeriesForecaster("price", horizon)


def test_too_little_history_and_too_long_a_horizon_are_refused():
    with pytest.raises(FleetError, match="at least two days"):
        fleet.forecast(table(1, 15), "price", 4)
    with pytest.raises(FleetError, match="expected at most 336 hours"):
        fleet.forecast(table(20, 15), "price", 10_000)
    with pytest.raises(FleetError, match="belong to telemetry"):
        fleet.forecast(table(20, 60), "price", 4, at=np.datetime64("2025-01-02T00", "h"))
