"""A thermometer that begins to read low, beside fronts that fall as fast."""

from dataclasses import replace

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted, hours_from, seasonal
from support.outlooks import EVERY_H, outlooks_of

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.quality import RULES
from fleet.quality.gate import hold
from fleet.quality.ruling import Ruling

COLUMN = "temperature_c"
HOURS, FROM, LENGTH, LONGEST_H = 120 * 24, 100 * 24 + 10, 36, 72
CODE = list(RULES).index("lone_fall")
FALL_K = 10.0


def station(fall: np.ndarray | float = 0.0, hours: int = LENGTH, **changes: float) -> Telemetry:
    """Return a station whose temperature falls at FROM, with changes of other columns in the same hour."""
    temperature = seasonal(HOURS, seed=4, noise=0.4)
    temperature[0, FROM : FROM + hours] -= fall
    values = {
        COLUMN: temperature,
        "dew_point_c": np.full((1, HOURS), -15.0),
        "wind_speed_m_s": np.full((1, HOURS), 3.0),
        "pressure_hpa": np.full((1, HOURS), 950.0),
    }
    for name, change in changes.items():
        values[name][0, FROM:] += change
    return Telemetry(regions=("r0",), time_utc=hours_from("2024-01-01T00", HOURS), values=values)


def held(telemetry: Telemetry, outlooks: Outlooks | None = None) -> list[int]:
    """Return the hours that the rule holds, counted from FROM. Earlier rules hold nothing, for they see no step."""
    checked = hold(_without_step_rule(telemetry), outlooks=outlooks)
    return (np.flatnonzero(checked.rule[COLUMN][0] == CODE) - FROM).tolist()


def _without_step_rule(telemetry: Telemetry) -> Telemetry:
    # One early step of 17 K is the largest so far, so that `weather_step` believes a step of 10 K.
    values = dict(telemetry.values)
    values[COLUMN] = values[COLUMN].copy()
    values[COLUMN][0, 200] += 17
    return replace(telemetry, values=values)


def foreseen(telemetry: Telemetry, error_k: float = 0.5) -> Outlooks:
    """Return outlooks that foresee the temperature of a station."""
    return outlooks_of(telemetry.values[COLUMN], telemetry.time_utc, column=COLUMN, error=error_k)


def test_a_thermometer_that_reads_low_alone_is_held_until_it_returns():
    assert held(station(FALL_K)) == list(range(LENGTH))
    assert not held(station())


@pytest.mark.parametrize(
    "sign",
    [{"dew_point_c": 1.6}, {"dew_point_c": -12.0}, {"wind_speed_m_s": 3.1}, {"pressure_hpa": 1.1}],
    ids=["moister air", "much drier air", "wind", "pressure"],
)
def test_a_fall_with_a_sign_of_a_front_is_believed(sign):
    assert not held(station(FALL_K, **sign))


@pytest.mark.parametrize(
    "sign", [{"dew_point_c": 1.4}, {"dew_point_c": -8.0}, {"wind_speed_m_s": 2.9}, {"pressure_hpa": 0.9}]
)
def test_a_small_change_of_another_column_is_no_sign(sign):
    assert held(station(FALL_K, **sign))


@pytest.mark.parametrize(
    ("column", "usual", "rise"), [("dew_point_c", 1.2, 2.0), ("wind_speed_m_s", 2.4, 4.0), ("pressure_hpa", 0.8, 1.3)]
)
def test_a_rise_is_a_sign_only_if_it_is_large_for_its_column(column, usual, rise):
    restless = station(FALL_K)
    there_and_back = usual / 2 * np.where(np.arange(HOURS) % 2, 1.0, -1.0)
    for factor, is_held in ((1.0, True), (2.0, False)):
        values = dict(restless.values)
        values[column] = values[column] + there_and_back
        # The change in this hour is `factor * rise`, whatever the usual course does there.
        values[column][0, FROM:] += values[column][0, FROM - 1] + factor * rise - values[column][0, FROM]
        assert bool(held(replace(restless, values=values))) == is_held


@pytest.mark.parametrize("knows_pressure", [True, False])
def test_a_fall_that_ends_above_the_usual_level_ends_a_warm_spell_unless_the_pressure_shows_no_front(knows_pressure):
    warm = station(FALL_K, HOURS)
    values = dict(warm.values)
    values[COLUMN] = values[COLUMN].copy()
    values[COLUMN][0, FROM - 12 : FROM] += 2
    values[COLUMN][0, FROM - 12 :] += FALL_K
    if not knows_pressure:
        del values["pressure_hpa"]
    assert bool(held(replace(warm, values=values))) == knows_pressure


def test_a_station_without_a_dew_point_is_not_judged():
    telemetry = station(FALL_K)
    values = {name: grid for name, grid in telemetry.values.items() if name != "dew_point_c"}
    assert not held(replace(telemetry, values=values))
    assert not held(station(FALL_K, dew_point_c=np.nan))


def test_without_a_dew_point_only_a_fall_that_is_very_large_for_the_errors_of_the_outlook_is_held():
    blind = station(FALL_K, dew_point_c=np.nan)
    assert held(blind, foreseen(station(), error_k=0.2)) == list(range(LENGTH))
    assert not held(blind, foreseen(station(), error_k=0.9))


def test_without_outlooks_a_hold_ends_after_three_days_and_with_them_when_the_values_return():
    low = station(FALL_K, 120)
    assert held(low) == list(range(LONGEST_H))
    assert held(low, foreseen(station())) == list(range(120))


def test_a_fall_that_the_outlook_foresees_is_believed():
    front = station(FALL_K)
    assert not held(front, foreseen(front))


def test_a_fall_that_is_very_large_for_the_errors_of_the_outlook_is_held_beside_a_sign():
    front, alone = station(FALL_K, dew_point_c=1.6), station(FALL_K)
    assert held(front, foreseen(station(), error_k=0.2)) == list(range(LENGTH))
    # An outlook that is often wrong by a kelvin is less evidence than a sign.
    assert not held(front, foreseen(station(), error_k=0.9))
    assert held(alone, foreseen(station(), error_k=0.9))


def test_the_usual_error_of_an_outlook_at_an_hour_of_day_does_not_end_a_hold():
    """The mean of a large area has less of a daily course than the place."""
    low, expected = station(FALL_K), foreseen(station())
    steps = np.arange(expected.values[COLUMN].shape[2])
    hour_of_day = (expected.issued_utc.astype("datetime64[h]").astype(int)[:, None] + steps) % 24
    flatter = expected.values[COLUMN] + 6 * np.cos(2 * np.pi * hour_of_day / 24)
    assert held(low, replace(expected, values={COLUMN: flatter})) == list(range(LENGTH))


def test_a_real_fall_is_believed_from_the_first_outlook_that_shows_it():
    front, late = station(FALL_K), foreseen(station())
    first = FROM // EVERY_H + 2
    values = late.values[COLUMN].copy()
    values[0, first:] = foreseen(front).values[COLUMN][0, first:]
    late = replace(late, values={COLUMN: values})
    assert held(front, late) == list(
        range(int((late.issued_utc[first] - front.time_utc[FROM]) / np.timedelta64(1, "h")))
    )


def test_an_issue_that_begins_too_warm_holds_no_observation():
    telemetry = station()
    outlooks = foreseen(telemetry)
    values = outlooks.values[COLUMN].copy()
    values[0, FROM // EVERY_H :] += FALL_K
    assert not held(telemetry, replace(outlooks, values={COLUMN: values}))


def test_a_person_can_release_the_fall():
    low = _without_step_rule(station(FALL_K))
    release = Ruling(
        kind="release", region="r0", column=COLUMN, first_utc=low.time_utc[FROM], last_utc=low.time_utc[FROM + 3]
    )
    assert not (hold(low, rulings=[release]).rule[COLUMN][0, FROM:] >= 0).any()


@pytest.mark.parametrize("how", CORRUPTIONS)
@pytest.mark.parametrize("is_foreseen", [False, True])
def test_a_wrong_future_changes_no_verdict_of_the_past(how, is_foreseen):
    low = _without_step_rule(station(FALL_K))
    outlooks = foreseen(station()) if is_foreseen else None
    end = FROM + 20
    future = {name: corrupted(grid, end, how) for name, grid in low.values.items()}
    before, after = (
        hold(telemetry, outlooks=outlooks).rule[COLUMN][0, : end + 1]
        for telemetry in (low, replace(low, values=future))
    )
    assert before.tolist() == after.tolist()
    cut = hold(low.hours(0, end + 1), outlooks=outlooks).rule[COLUMN][0]
    assert before.tolist() == cut.tolist()
    assert (before[FROM:] == CODE).all()
