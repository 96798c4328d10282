"""What the pages show of a replay: an hour of it, flows of energy, a day planned again, and a rescaled band."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from support.entries import decision, denied, entry, job
from support.frames import ORIGIN, headroom_table, risk_rows, write_workspace
from support.sites import calm

from fleet.errors import DataError
from fleet.fleets import load_fleet
from fleet.ledger import Ledger, sqlite_url
from fleet.physics.limits import OUTDOOR
from fleet.storage.files import write_frame
from fleet.storage.telemetry_store import write_telemetry
from fleet.workflows.day_footprint import live_day_footprint
from fleet.workflows.hour_facts import replayed_hour_facts
from fleet.workflows.job_flows import replayed_flows
from fleet.workflows.replan_day import day_jobs, plan_day
from fleet.workflows.rescaled_band import rescaled_band

FLEET = load_fleet()
HOUR = np.datetime64("2025-07-01T01", "h")
DAY = np.datetime64("2025-07-01T00", "h")


@pytest.fixture
def workspace(tmp_path):
    return write_workspace(tmp_path)


def ledger_of(workspace, *entries):
    ledger = Ledger(sqlite_url(workspace.ledger))
    ledger.append(list(entries))
    return ledger


def placed(name, region, start, *, home="arizona", power_mw=3.0, hours=2, origin=HOUR):
    made = decision(name, region=region, start_utc=start, origin_utc=origin, policy="priced")
    asked = job(
        name, power_mw=power_mw, duration_h=hours, earliest_utc=start, deadline_utc=start + 48, home_region=home
    )
    return entry(made, job=asked, mode="replay")


def refused(name, *, home="arizona", origin=HOUR):
    made = denied(name, origin_utc=origin, policy="priced")
    asked = job(name, power_mw=3.0, earliest_utc=origin + 1, deadline_utc=origin + 13, home_region=home)
    return entry(made, job=asked, mode="replay")


def test_the_power_of_jobs_that_had_a_place_by_the_hour_is_reserved(workspace):
    with ledger_of(
        workspace,
        placed("early", "ireland", HOUR + 1),
        placed("later", "ireland", HOUR + 1, origin=HOUR + 1),
    ) as ledger:
        facts = replayed_hour_facts(workspace, FLEET, ledger, HOUR)
    ireland = facts.ahead.filter(pl.col("region") == "ireland").sort("lead_h")
    assert ireland["reserved_mw"][:3].to_list() == [3.0, 3.0, 0.0]
    # 12 MW of room, of which the early job holds 3 MW for two hours.
    assert ireland["headroom_mw"][:3].to_list() == [9.0, 9.0, 12.0]


def test_hours_are_safe_blocked_or_unsafe(workspace):
    facts = replayed_hour_facts(workspace, FLEET, None, HOUR)
    arizona = facts.ahead.filter(pl.col("region") == "arizona").sort("lead_h")
    assert arizona["state"].to_list() == ["safe"] * 9 + ["blocked"] * 4 + ["unsafe"] + ["safe"] * 10
    curve = facts.curve(FLEET)
    assert curve.headroom_mw.shape == (3, 24)
    assert curve.binding[0][9].limit == OUTDOOR


def test_an_hour_that_was_not_replayed_and_another_fleet_are_refused(workspace):
    with pytest.raises(DataError, match="was not replayed"):
        replayed_hour_facts(workspace, FLEET, None, HOUR + 5)
    write_frame(workspace.headroom, headroom_table().filter(pl.col("region") != "ireland"))
    with pytest.raises(DataError, match="has the regions arizona, wyoming"):
        replayed_hour_facts(workspace, FLEET, None, HOUR)


def test_flows_go_from_home_to_where_jobs_ran_or_to_nowhere(workspace):
    with ledger_of(
        workspace,
        placed("a", "wyoming", HOUR + 1, hours=4),
        placed("b", "wyoming", HOUR + 2),
        refused("c", home="ireland"),
        placed("next", "wyoming", HOUR + 48),
    ) as ledger:
        first, second = replayed_flows(ledger, DAY, DAY + 24)
    # 3 MW for 4 h and for 2 h.
    assert (first.home_region, first.region, first.energy_mwh, first.jobs) == ("arizona", "wyoming", 18.0, 2)
    assert (second.home_region, second.region, second.jobs, dict(second.limits)) == ("ireland", None, 1, {"grid": 1})


def test_a_day_is_planned_again_and_costly_water_moves_load_out_of_arizona(workspace):
    origins = [ORIGIN - timedelta(hours=1), ORIGIN + timedelta(hours=23)]
    table = headroom_table().filter(pl.col("origin_utc") == ORIGIN)
    for_days = [table.with_columns(pl.lit(at).cast(pl.Datetime("ms", "UTC")).alias("origin_utc")) for at in origins]
    write_frame(workspace.headroom, pl.concat(for_days))
    hot = {"temperature_c": dict.fromkeys(FLEET.region_ids, 30.0)}
    write_telemetry(workspace.telemetry, calm(FLEET, 4, start="2025-06-30T00", levels=hot))
    jobs = [placed(f"job{index}", "ireland", DAY + 6, power_mw=5.0) for index in range(5)]
    long = placed("long", "ireland", DAY + 6, hours=30)
    with ledger_of(workspace, *jobs, long) as ledger:
        day = day_jobs(workspace, FLEET, ledger, DAY)
    assert (len(day.work), day.left_out) == (5, 1)
    cheap, costly = (
        plan_day(day, FLEET.costs.model_copy(update={"water_usd_per_m3": price, "carbon_usd_per_t": 0.0}))
        for price in (0.0, 1_000.0)
    )
    # 5 MW for 2 h, five times.
    assert sum(cheap.job_mwh.values()) == pytest.approx(50.0)
    assert costly.water_m3 < cheap.water_m3
    assert costly.unserved_mwh == cheap.unserved_mwh == 0.0


def test_a_day_without_jobs_is_refused(workspace):
    with ledger_of(workspace) as ledger, pytest.raises(DataError, match="choose another day"):
        day_jobs(workspace, FLEET, ledger, DAY)


def test_a_band_at_another_confidence_comes_from_the_errors_known_at_its_origin(workspace):
    # Ten earlier origins; the first hour ahead of each missed by 0.1, 0.2 ... 1.0 K, and the band is 2 K wide.
    rows = []
    for index in range(10):
        at = ORIGIN - timedelta(hours=48 - index)
        rows.append(risk_rows(origin=at, actual=[30.1 + 0.1 * index] + [None] * 23))
    now = risk_rows(origin=ORIGIN)
    # The future of the origin itself is never used.
    write_frame(workspace.risk, pl.concat([*rows, now]))
    band = rescaled_band(workspace, FLEET, now, 0.8)
    assert band.errors == 10
    # Rank 9 of 10 errors: ceil(11 x 0.8). The ninth is 0.9 K.
    assert band.hours["upper"][0] == pytest.approx(30.9, abs=1e-4)
    assert band.hours["lower"][0] == pytest.approx(29.1, abs=1e-4)
    assert rescaled_band(workspace, FLEET, now, 0.95).hours["upper"][0] == float("inf")


def test_a_live_band_at_another_confidence_comes_from_the_recorded_hours(workspace):
    workspace.risk.unlink()
    hot = {"temperature_c": dict.fromkeys(FLEET.region_ids, 30.0)}
    write_telemetry(workspace.telemetry, calm(FLEET, 6, start="2025-06-27T00", levels=hot))
    workspace.live_hours.mkdir(parents=True)
    # Ten recorded hours; the first hour ahead of each missed by 0.1, 0.2 ... 1.0 K, and the band is 2 K wide.
    for index in range(10):
        at = ORIGIN - timedelta(hours=48 - index)
        forecast = 29.9 - 0.1 * index
        columns = {"temperature_c": forecast, "temperature_c_lower": forecast - 2, "temperature_c_upper": forecast + 2}
        frame = pl.DataFrame({"region": ["arizona"], "origin_utc": [at], "lead_h": [1]}).with_columns(
            pl.lit(value).alias(name) for name, value in columns.items()
        )
        write_frame(workspace.live_hours / f"{np.datetime64(at.replace(tzinfo=None), 'h')}.parquet", frame)
    now = risk_rows(origin=ORIGIN)
    band = rescaled_band(workspace, FLEET, now, 0.8)
    assert (band.errors, band.needed) == (10, 4)
    assert band.hours["upper"][0] == pytest.approx(30.9, abs=1e-4)
    # 19 errors are the fewest of which the largest is a 95 % bound: ceil(20 x 0.95) = 19.
    too_few = rescaled_band(workspace, FLEET, now, 0.95)
    assert (too_few.hours["upper"][0], too_few.needed) == (float("inf"), 19)
    # An hour that is recorded at the origin or later is never used.
    earlier = now.with_columns(pl.lit(ORIGIN - timedelta(hours=48)).cast(now["origin_utc"].dtype).alias("origin_utc"))
    assert rescaled_band(workspace, FLEET, earlier, 0.8).errors == 0


def test_the_last_stored_day_is_shown_where_the_newest_hour_is_missing(workspace):
    write_telemetry(workspace.telemetry, calm(FLEET, 2, start="2025-06-29T00"))
    hours = live_day_footprint(workspace, FLEET, None, HOUR)
    assert hours["time_utc"].max() == ORIGIN - timedelta(hours=1)
    assert len(hours) == 3 * 24
    with pytest.raises(DataError, match="fleet ingest table"):
        live_day_footprint(workspace, FLEET, None, np.datetime64("2025-06-29T05", "h"))
