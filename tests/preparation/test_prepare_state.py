"""A history may be divided into calls anywhere: the same conditions to the last bit, also through a file."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from support.sites import DAY, SUMMER, summer_twin

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.fleets import load_fleet
from fleet.preparation.prepare import advance, prepare
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import PATH, Settings
from fleet.preparation.state_codec import StateCodec
from fleet.storage.array_file import ArrayFile, array_writer

FLEET = load_fleet()
FIRST, HOURS = 45 * DAY + 7, 20 * DAY
LEVELS = (
    ("safe_load_mw", "load_mw", "binding"),
    ("grid_load_mw", "temperature_c", "margin_k", "dew_point_c", "weather_required", "load_required"),
)


@cache
def with_gaps() -> Telemetry:
    """Return the summer of the twin. Each column of each region is silent at ten places, and one region begins late."""
    telemetry, rng = summer_twin().telemetry, np.random.default_rng(3)
    values = {name: grid.copy() for name, grid in telemetry.values.items()}
    for grid in values.values():
        for row in range(len(grid)):
            for start in rng.integers(0, FIRST + HOURS, 10):
                grid[row, start : start + rng.integers(1, 15)] = np.nan
        grid[1, : 15 * DAY] = np.nan
    return replace(telemetry, values=values)


def divided(hours: int, seed: int) -> list[int]:
    """Return the lengths of calls that add up to a number of hours: mostly of one hour, some of days."""
    rng, lengths = np.random.default_rng(seed), []
    while sum(lengths) < hours:
        lengths.append(min(int(rng.choice([1, 1, 1, 2, 5, 50, 100])), hours - sum(lengths)))
    return lengths


def through_a_file(state, path):
    arrays = []
    tree = StateCodec().encode(state, arrays)
    array_writer(arrays, tree)(path)
    file = ArrayFile(path)
    return StateCodec().decode(file.notes, file.array)


def _beyond_mw(prepared: Prepared, at: slice) -> np.ndarray:
    """Return the (origin, region, hour) spare power of the two days beyond the horizon."""
    steps, no_extra = range(len(prepared.origin_utc))[at], np.zeros(len(prepared.fleet.regions))
    return np.stack([prepared.bound_beyond(step, 72, no_extra).spare_mw for step in steps])


def assert_same_origins(part: Prepared, whole: Prepared, at: slice) -> None:
    by_level, by_origin = LEVELS
    pairs = [
        ("near", part.near.table, whole.near.table[:, at]),
        ("now", part.now.table, whole.now.table[:, at]),
        (
            "far",
            part.beyond.season.table[:, part.beyond.rows.season],
            whole.beyond.season.table[:, whole.beyond.rows.season[at]],
        ),
        *((name, getattr(part.levels, name), getattr(whole.levels, name)[:, at]) for name in by_level),
        *((name, getattr(part.levels, name), getattr(whole.levels, name)[at]) for name in by_origin),
        ("beyond", *(_beyond_mw(prepared, steps) for prepared, steps in ((part, slice(None)), (whole, at)))),
    ]
    for name, found, expected in pairs:
        np.testing.assert_array_equal(found, expected, err_msg=f"{name} from origin {at.start} on")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("forecaster", "gate"),
    [
        ("seasonal_naive", "decision"),
        pytest.param("blend", "decision", marks=pytest.mark.slow),
        pytest.param("ridge", PATH, marks=pytest.mark.slow),
        pytest.param("xgboost", "pointwise", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("outlooks", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_history_may_be_divided_into_calls_anywhere(forecaster, gate, outlooks, tmp_path):
    settings = Settings(forecaster=forecaster, gate=gate)
    given = Outlooks.from_frame(summer_twin().outlooks, table="twin") if outlooks else None
    telemetry, hours = with_gaps(), HOURS if forecaster == "seasonal_naive" else 8 * DAY
    whole = prepare(telemetry, FLEET, np.arange(FIRST, FIRST + hours), settings, outlooks=given)
    state, at = None, FIRST
    for number, length in enumerate(divided(hours, seed=len(forecaster))):
        origins = np.arange(at, at + length)
        state, part = advance(state, telemetry.hours(0, at + length), FLEET, origins, settings, outlooks=given)
        assert_same_origins(part, whole, slice(at - FIRST, at - FIRST + length))
        at += length
        if number % 7 == 0:
            state = through_a_file(state, tmp_path / str(number))


@pytest.mark.slow
def test_a_state_that_is_too_new_is_not_used():
    telemetry, settings = summer_twin().telemetry, Settings(forecaster="seasonal_naive")
    state, later = advance(None, telemetry, FLEET, np.array([FIRST + 30]), settings)
    after, again = advance(state, telemetry, FLEET, np.array([FIRST + 30]), settings)
    assert_same_origins(again, later, slice(0, 1))
    assert after.last == FIRST + 30
    _, earlier = advance(state, telemetry, FLEET, np.array([FIRST]), settings)
    assert_same_origins(earlier, prepare(telemetry, FLEET, np.array([FIRST]), settings), slice(0, 1))


@pytest.mark.slow
def test_the_first_origin_does_not_depend_on_the_origins_that_are_asked_for():
    """A region that becomes ready later must not move the beginning of the calibration of the others."""
    telemetry, settings = with_gaps(), Settings(forecaster="seasonal_naive")
    begins = [advance(None, telemetry, FLEET, np.array([at]), settings)[0].first for at in (FIRST, FIRST + 40 * DAY)]
    assert begins[0] == begins[1]
    assert telemetry.time_utc[0] == np.datetime64(SUMMER, "h")
