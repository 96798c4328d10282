"""The forecast that people read equals the one that decisions use, and has a band only where errors are known."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted
from support.sites import DAY, NAIVE, changed, summer_twin

from fleet.domain.telemetry import Telemetry
from fleet.fleets import load_fleet
from fleet.live.engine import Engine
from fleet.live.hour import LiveInputs
from fleet.live.live_forecast import UNITS, ForecastAhead, live_forecast
from fleet.preparation.build_conditions import BOUNDED
from fleet.preparation.prepare import prepare
from fleet.preparation.prepared import Prepared
from fleet.preparation.state_codec import StateCodec
from fleet.storage.snapshot_store import SnapshotStore

FLEET = load_fleet()
TELEMETRY = summer_twin().telemetry
# A band needs sixty days of errors, and the first forecast thirty days of history.
LAST = 100 * DAY - 1
AT = TELEMETRY.time_utc[LAST]
ARIZONA = FLEET.region_ids.index("arizona")


def forecast_at(at=AT, *, telemetry: Telemetry = TELEMETRY, engine: Engine | None = None, settings=NAIVE):
    inputs = LiveInputs(telemetry=telemetry, fleet=FLEET, settings=settings, at=at, engine=engine or Engine())
    return live_forecast(inputs)


def without(name: str) -> Telemetry:
    return replace(TELEMETRY, values={column: grid for column, grid in TELEMETRY.values.items() if column != name})


@cache
def usual() -> ForecastAhead:
    return forecast_at()


@cache
def prepared_once() -> Prepared:
    return prepare(TELEMETRY.hours(0, LAST + 1), FLEET, np.array([LAST]), NAIVE)


def text_of(ahead: ForecastAhead) -> str:
    return json.dumps(ahead.as_dict(FLEET.region_ids))


@pytest.mark.slow
def test_forecasts_equal_those_of_the_preparation_at_every_lead():
    ahead, prepared = usual(), prepared_once()
    assert list(ahead.columns) == list(prepared.residuals) == list(UNITS)
    for name, known in prepared.residuals.items():
        np.testing.assert_array_equal(ahead.columns[name].forecast, known.forecast[-1], err_msg=name)
    assert (ahead.time_utc[0], ahead.time_utc[-1]) == (AT + 1, AT + 24)


@pytest.mark.slow
def test_upper_ends_are_above_the_one_sided_bounds_that_limits_use():
    # A two-sided band of 95 % leaves 2.5 % above it, a one-sided bound 5 %.
    ahead, prepared = usual(), prepared_once()
    for name in BOUNDED:
        upper = ahead.columns[name].upper
        one_sided = (prepared.residuals[name].forecast + prepared.gate_margin[name])[-1]
        assert np.mean(upper - one_sided) > 0, name


@pytest.mark.slow
def test_hours_after_a_snapshot_equal_a_start_from_nothing(tmp_path):
    for last in range(LAST - 3, LAST + 1):
        engine = Engine(SnapshotStore(tmp_path, StateCodec(), "1"))
        found = text_of(forecast_at(TELEMETRY.time_utc[last], engine=engine))
        assert engine.notes == []
    assert found == text_of(usual())


@pytest.mark.slow
@pytest.mark.parametrize("how", CORRUPTIONS)
def test_values_after_the_origin_do_not_change_the_forecast(how):
    values = {name: corrupted(grid, LAST, how) for name, grid in TELEMETRY.values.items()}
    assert text_of(forecast_at(telemetry=replace(TELEMETRY, values=values))) == text_of(usual())


@pytest.mark.slow
def test_a_silent_region_has_forecasts_but_no_bands_of_the_columns_that_limits_need():
    silent = changed(TELEMETRY, "temperature_c", (ARIZONA, slice(LAST - 19, None)), np.nan)
    ahead = forecast_at(telemetry=silent)
    why = ahead.closed["arizona"]
    assert why.startswith("temperature_c has had no usable value since")
    assert ahead.no_band == {"arizona": dict.fromkeys(BOUNDED, why)}
    content = ahead.as_dict(FLEET.region_ids)["regions"]
    for name in BOUNDED:
        assert all(hour["lower"] is None and hour["upper"] is None for hour in content["arizona"][name])
        assert all(hour["forecast"] is not None for hour in content["arizona"][name])
    assert content["wyoming"] == usual().as_dict(FLEET.region_ids)["regions"]["wyoming"]
    assert all(hour["lower"] is not None for hour in content["arizona"]["carbon_g_per_kwh"])


@pytest.mark.slow
def test_a_price_of_the_fleet_file_has_no_band():
    ahead = forecast_at(telemetry=without("price_usd_per_mwh"))
    price = ahead.as_dict(["wyoming"])["regions"]["wyoming"]["price_usd_per_mwh"]
    assert {(hour["forecast"], hour["lower"], hour["upper"]) for hour in price} == {
        (FLEET.regions[FLEET.region_ids.index("wyoming")].price_usd_per_mwh, None, None)
    }
    assert set(ahead.no_band) == set(FLEET.region_ids)
    assert ahead.no_band["wyoming"] == {
        "price_usd_per_mwh": "no price_usd_per_mwh is stored, so the value of the fleet file is shown",
    }


@pytest.mark.slow
def test_a_price_that_was_observed_for_a_month_has_no_band_yet():
    # Seventy days with the stated price teach nothing about the errors of the thirty days after them.
    values = TELEMETRY.values["price_usd_per_mwh"].copy()
    values[:, : LAST - 30 * DAY] = np.nan
    ahead = forecast_at(telemetry=changed(TELEMETRY, "price_usd_per_mwh", ..., values))
    assert ahead.no_band["ireland"] == {"price_usd_per_mwh": "price_usd_per_mwh has too few past forecast errors"}


@pytest.mark.slow
def test_a_column_that_is_not_stored_is_null_and_never_zero():
    ahead = forecast_at(telemetry=without("carbon_g_per_kwh"))
    content = ahead.as_dict(["ireland"])
    carbon = content["regions"]["ireland"]["carbon_g_per_kwh"]
    assert len(carbon) == 24
    assert all((hour["forecast"], hour["lower"], hour["upper"]) == (None, None, None) for hour in carbon)
    assert content["no_band"]["ireland"]["carbon_g_per_kwh"] == "no carbon_g_per_kwh is stored"


@pytest.mark.slow
def test_a_cost_that_has_been_missing_for_two_days_has_no_band():
    missing = changed(TELEMETRY, "carbon_g_per_kwh", (ARIZONA, slice(LAST - 48, None)), np.nan)
    why = {"carbon_g_per_kwh": "carbon_g_per_kwh has had no value for more than 24 h"}
    assert forecast_at(telemetry=missing).no_band == {"arizona": why}


def test_a_short_history_gives_forecasts_without_bands_and_says_why():
    ahead = forecast_at(TELEMETRY.time_utc[50 * DAY])
    assert ahead.closed == {}
    assert np.isfinite(ahead.columns["it_load_mw"].forecast).all()
    assert ahead.no_band["ireland"]["it_load_mw"] == "it_load_mw has too few past forecast errors"
    assert set(ahead.no_band["ireland"]) == set(UNITS)
