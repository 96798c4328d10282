"""The hours beyond the horizon: forecasts of a week where the history supports them, else the climatological band."""

from functools import cache

import numpy as np
import pytest
from support.builders import corrupted
from support.sites import DAY, ONE_HOUR, calm, fleet_of, region

from fleet.domain import clock
from fleet.domain.telemetry import Telemetry
from fleet.preparation.prepare import advance, prepare, with_far_foresight
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings

# 30 days to forecast, 60 of errors, 30 of windows, and as long as the longest forecasts take to become known.
DAYS = 170
LAST = DAYS * DAY - 1
ORIGINS = np.arange(LAST - 2 * DAY, LAST + 1)
NO_EXTRA = np.zeros(1)
WEEK_H = 168
SITE = fleet_of(region(outdoor_limit_c=24.0))
WEEK = Settings(forecaster="seasonal_naive")


@cache
def varied() -> Telemetry:
    """Return telemetry with a daily course and noise, whose load was never seen to change its habits."""
    rng, hours = np.random.default_rng(0), np.arange(DAYS * DAY)
    values = {name: grid.copy() for name, grid in calm(SITE, DAYS).values.items()}
    slow = np.convolve(rng.normal(0, 1, len(hours) + 99), np.ones(100) / 10, mode="valid")
    values["temperature_c"] += 5 * np.sin(2 * np.pi * hours / DAY) + 3 * slow
    values["dew_point_c"] = values["temperature_c"] - 5
    values["it_load_mw"] += rng.normal(0, 0.3, len(hours))
    return Telemetry(regions=SITE.region_ids, time_utc=calm(SITE, DAYS).time_utc, values=values)


@cache
def prepared() -> Prepared:
    return prepare(varied(), SITE, ORIGINS, WEEK)


def spare_mw(of: Prepared, step: int, extra: float = 0.0, hours: int = 2 * WEEK_H) -> np.ndarray:
    """Return the (hour,) spare power beyond the horizon."""
    return of.bound_beyond(step, hours, NO_EXTRA + extra).spare_mw[0]


@pytest.mark.slow
def test_forecasts_beyond_the_horizon_are_made_every_six_hours_of_utc():
    far = prepared().beyond.far
    assert far is not None
    assert (clock.hour_of_day(far.issue_utc) % 6 == 0).all()
    assert (np.diff(far.issue_utc) == 6 * ONE_HOUR).all()
    # An origin uses the latest issue, which is at most five hours older.
    age = prepared().origin_utc - far.issue_utc[prepared().beyond.rows.far]
    assert (age >= 0 * ONE_HOUR).all()
    assert (age <= 5 * ONE_HOUR).all()


def test_within_the_week_a_later_hour_never_has_more_spare_power():
    # A job that runs there also runs in every hour before, from the horizon on.
    for step in range(0, len(ORIGINS), 7):
        covered = spare_mw(prepared(), step)[: WEEK_H - DAY - 6]
        assert np.isfinite(covered).all()
        assert (np.diff(covered) <= 0).all()


@pytest.mark.slow
def test_the_hours_after_the_week_have_the_climatological_band():
    season = prepare(varied(), SITE, ORIGINS, Settings(forecaster="seasonal_naive", far_horizon=24))
    for step in (0, 20, 48):
        np.testing.assert_array_equal(spare_mw(prepared(), step)[WEEK_H:], spare_mw(season, step)[WEEK_H:])
        assert (spare_mw(prepared(), step)[:24] != spare_mw(season, step)[:24]).any()


@pytest.mark.slow
def test_a_short_history_has_the_climatological_band_only():
    short = varied().hours(0, 125 * DAY)
    origins = np.array([125 * DAY - 1])
    with_far = prepare(short, SITE, origins, WEEK)
    season = prepare(short, SITE, origins, Settings(forecaster="seasonal_naive", far_horizon=24))
    np.testing.assert_array_equal(spare_mw(with_far, 0), spare_mw(season, 0))


@pytest.mark.slow
@pytest.mark.parametrize("extra", [0.3, 1.0, 2.5])
def test_the_level_of_the_controller_never_adds_spare_power_there(extra):
    for step in (0, 13, 40):
        assert (spare_mw(prepared(), step, extra) <= spare_mw(prepared(), step)).all()
    # A level that no window can have leaves nothing within the week.
    assert np.isneginf(spare_mw(prepared(), 0, 9.0)[:24]).all()


@pytest.mark.slow
def test_a_grid_limit_that_has_fallen_since_the_forecast_counts():
    telemetry = varied()
    limits = np.full((1, len(telemetry.time_utc)), np.nan)
    # The origin is three hours after an issue. The limit of 7 MW was observed after the issue.
    origin = LAST - 20
    assert (clock.hour_of_day(telemetry.time_utc[origin : origin + 1]) % 6 == 3).all()
    limits[0, 0], limits[0, origin - 1] = 20.0, 7.0
    values = dict(telemetry.values) | {"grid_limit_mw": limits}
    lowered = Telemetry(regions=telemetry.regions, time_utc=telemetry.time_utc, values=values)
    one = np.array([origin])
    before, after = (prepare(given, SITE, one, WEEK) for given in (telemetry, lowered))
    # 7 MW of facility power carry less than 7 MW of IT power, beside the load.
    assert (spare_mw(after, 0)[: WEEK_H - DAY] + 5.0 < 7.0).all()
    assert (spare_mw(after, 0) <= spare_mw(before, 0) + 1e-9).all()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["random", "missing"])
def test_values_after_an_origin_do_not_change_its_bound(how):
    telemetry, step = varied(), 20
    origin = int(ORIGINS[step])
    values = {name: corrupted(grid, origin, how) for name, grid in telemetry.values.items()}
    wrong = Telemetry(regions=telemetry.regions, time_utc=telemetry.time_utc, values=values)
    corrupt = prepare(wrong, SITE, ORIGINS[: step + 1], WEEK)
    for each in range(step + 1):
        np.testing.assert_array_equal(spare_mw(corrupt, each), spare_mw(prepared(), each))
        np.testing.assert_array_equal(corrupt.ahead(each, 96).table, prepared().ahead(each, 96).table)


@pytest.mark.slow
def test_one_origin_alone_has_the_bound_that_it_has_among_many():
    for step in (5, 6, 30):
        origin = int(ORIGINS[step])
        alone = prepare(varied().hours(0, origin + 1), SITE, np.array([origin]), WEEK)
        np.testing.assert_array_equal(spare_mw(alone, 0), spare_mw(prepared(), step))


@pytest.mark.slow
def test_hour_by_hour_a_silent_region_has_the_bound_of_a_replay():
    # The load is silent from an hour before an issue on, and the silence is bridged for two hours.
    silent_from = int(ORIGINS[np.flatnonzero(clock.hour_of_day(varied().time_utc[ORIGINS]) % 6 == 5)[1]])
    values = {name: grid.copy() for name, grid in varied().values.items()}
    values["it_load_mw"][0, silent_from : silent_from + 2] = np.nan
    telemetry = Telemetry(regions=SITE.region_ids, time_utc=varied().time_utc, values=values)
    whole = prepare(telemetry, SITE, ORIGINS, WEEK)
    assert whole.silence.heard_h[:, 0].max() == 2
    assert not whole.silence.is_closed[silent_from - ORIGINS[0] + 1].any()
    state = None
    for step, origin in enumerate(ORIGINS[:30].tolist()):
        state, alone = advance(state, telemetry.hours(0, origin + 1), SITE, np.array([origin]), WEEK)
        np.testing.assert_array_equal(spare_mw(alone, 0), spare_mw(whole, step), err_msg=f"origin {step}")
        np.testing.assert_array_equal(alone.ahead(0, 96).table, whole.ahead(step, 96).table)


@pytest.mark.slow
def test_foresight_of_the_week_gives_the_actual_headroom():
    origins = np.arange(LAST - 12 * DAY, LAST - 8 * DAY)
    known = with_far_foresight(prepare(varied(), SITE, origins, WEEK))
    load, temperature = (varied().values[name][0] for name in ("it_load_mw", "temperature_c"))
    # Origins at which a forecast is made; later ones also count the hours between the issue and the origin.
    for step in np.flatnonzero(clock.hour_of_day(known.origin_utc) % 6 == 0)[:5].tolist():
        ahead = int(origins[step]) + 25 + np.arange(WEEK_H - DAY)
        bound = known.bound_beyond(step, WEEK_H, NO_EXTRA)
        is_hot = temperature[ahead] > 24.0
        single_mw = bound.safe_load_mw[0] - load[ahead]
        assert (bound.safe_load_mw[0][is_hot] == 0).all()
        np.testing.assert_allclose(bound.spare_mw[0], np.minimum.accumulate(single_mw))


def test_the_conditions_of_jobs_beyond_the_horizon_are_those_of_the_forecast():
    step = 20
    hours = prepared().origin_utc[step] + np.arange(25, 97) * ONE_HOUR
    origins, regions = np.full(len(hours), prepared().origin_utc[step]), np.zeros(len(hours), dtype=np.int64)
    ahead = prepared().ahead(step, 96)
    seen = prepared().seen_at(origins, regions, hours)
    for values, name in zip(seen, ("near_limit", "near_limit_mw", "headroom_mw"), strict=True):
        np.testing.assert_array_equal(values, getattr(ahead, name)[0, 24:])
    season = prepare(varied(), SITE, ORIGINS, Settings(forecaster="seasonal_naive", far_horizon=24))
    assert (seen[1] != season.seen_at(origins, regions, hours)[1]).all()
