"""Gaps, missing columns and prices, and a history that is too short."""

import numpy as np
import pytest
from support.same_conditions import assert_same_conditions
from support.sites import (
    CALM_DAYS,
    DAY,
    NAIVE,
    calm,
    changed,
    fleet_of,
    region,
)

from fleet.domain.region import Costs
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.physics.limits import UNKNOWN, code_of
from fleet.preparation.prepare import prepare, prices_since
from fleet.preparation.settings import Settings


@pytest.mark.slow
@pytest.mark.parametrize("name", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_after_a_gap_of_more_than_a_day_there_is_no_headroom(name):
    fleet = fleet_of()
    whole, end = calm(fleet), CALM_DAYS * DAY
    for gap_h, is_known in ((24, True), (25, False)):
        gapped = changed(whole, name, (0, slice(end - gap_h, end)), np.nan)
        near = prepare(gapped, fleet, np.array([end - 1]), NAIVE).near
        assert (near.headroom_mw > 0).all() == is_known
        assert (near.binding == code_of(UNKNOWN)).all() != is_known


@pytest.mark.slow
def test_a_gap_in_one_region_does_not_change_the_headroom_of_another():
    fleet = fleet_of(region("alpha"), region("beta"))
    end = CALM_DAYS * DAY
    gapped = changed(calm(fleet), "temperature_c", (0, slice(end - 30, end)), np.nan)
    near = prepare(gapped, fleet, np.array([end - 1]), NAIVE).near
    assert (near.headroom_mw[0, 0] == 0).all()
    np.testing.assert_allclose(near.headroom_mw[0, 1], 4.0)


@pytest.mark.slow
def test_the_stated_price_replaces_a_missing_column_and_a_region_without_prices():
    fleet = fleet_of(region("alpha", price_usd_per_mwh=30), region("beta", price_usd_per_mwh=70))
    # Carbon and water are free, so a job costs only the price of its energy.
    fleet = fleet.model_copy(update={"costs": Costs(carbon_usd_per_t=0, water_usd_per_m3=0)})
    origin = np.array([CALM_DAYS * DAY - 1])
    whole = calm(fleet)
    only_alpha = changed(whole, "price_usd_per_mwh", (1, slice(None)), np.nan)
    without = Telemetry(
        regions=whole.regions,
        time_utc=whole.time_utc,
        values={name: grid for name, grid in whole.values.items() if name != "price_usd_per_mwh"},
    )
    cost = [
        prepare(telemetry, fleet, origin, NAIVE).near.cost_usd_per_mwh[0, :, 0]
        for telemetry in (whole, only_alpha, without)
    ]
    # The price in the telemetry is 50.
    per_usd = cost[0] / 50
    assert per_usd[0] == pytest.approx(per_usd[1])
    assert cost[1] == pytest.approx(per_usd * [50, 70])
    assert cost[2] == pytest.approx(per_usd * [30, 70])


@pytest.mark.parametrize("name", ["temperature_c", "dew_point_c", "it_load_mw"])
def test_a_missing_column_that_limits_need_is_refused(name):
    fleet = fleet_of()
    whole = calm(fleet)
    without = Telemetry(
        regions=whole.regions,
        time_utc=whole.time_utc,
        values={column: grid for column, grid in whole.values.items() if column != name},
    )
    with pytest.raises(DataError, match=f"no column {name}"):
        prepare(without, fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    empty = changed(whole, name, (0, slice(None)), np.nan)
    with pytest.raises(DataError, match=f"{name} has no value in region alpha"):
        prepare(empty, fleet, np.array([CALM_DAYS * DAY - 1]), NAIVE)


@pytest.mark.slow
def test_a_misspelt_region_is_refused_and_an_extra_region_is_ignored():
    one, two = fleet_of(region("alpha")), fleet_of(region("alpha"), region("beta"))
    with pytest.raises(DataError, match="no region gamma"):
        prepare(calm(two), fleet_of(region("alpha"), region("gamma")), np.array([CALM_DAYS * DAY - 1]), NAIVE)
    alone = prepare(calm(one), one, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    among = prepare(calm(two), one, np.array([CALM_DAYS * DAY - 1]), NAIVE)
    assert_same_conditions(among.near, alone.near)


@pytest.mark.parametrize(
    ("hours", "message"), [(10, "this history is not known yet"), (30 * 24, "known only from 2024-01-01T23:00Z on")]
)
def test_too_little_history_is_refused_with_the_first_known_hour(hours, message):
    fleet = fleet_of()
    short = calm(fleet).hours(0, hours)
    with pytest.raises(DataError, match=message) as refused:
        prepare(short, fleet, np.array([hours - 1]), NAIVE)
    assert "needs 30 days of history of temperature_c, dew_point_c, it_load_mw in at least one region" in str(
        refused.value
    )


def test_an_origin_within_the_first_thirty_days_is_refused():
    fleet = fleet_of()
    with pytest.raises(DataError, match="30 days"):
        prepare(calm(fleet), fleet, np.arange(24 * 30, 24 * 100), NAIVE)


@pytest.mark.parametrize(
    "setting",
    [
        {"forecaster": "oracle"},
        {"bands": "magic"},
        {"confidence": 1.0},
        {"confidence": 0.0},
        {"horizon": 0},
        {"gate": "open"},
    ],
)
def test_invalid_settings_are_refused(setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Settings(**setting)


def test_stated_prices_are_told_from_observed_ones():
    fleet = fleet_of(region("alpha"), region("beta", price_usd_per_mwh=40.0))
    telemetry = changed(calm(fleet, 3), "price_usd_per_mwh", (0, slice(0, 7)), np.nan)
    telemetry = changed(telemetry, "price_usd_per_mwh", (1, slice(None)), np.nan)
    np.testing.assert_array_equal(prices_since(telemetry, fleet), [telemetry.time_utc[7], np.datetime64("NaT", "h")])
