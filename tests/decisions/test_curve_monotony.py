"""More heat, humidity, load or confidence never adds headroom to a curve."""

from dataclasses import replace

import numpy as np
import pytest
from support.builders import JANUARY, hours_from
from support.no_reservations import nothing_reserved
from support.plants import PLANTS, region_with
from support.sites import conditions, fleet_of, season_only

from fleet.conformal.build_bands import Residuals
from fleet.decisions.build_curve import curve_of
from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels
from fleet.preparation.prepare import with_settings
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.preparation.silence import Silence

# One origin for each combination of warmer, more humid and more loaded than the usual forecast.
HEAT_K, HUMIDITY_K = np.array([0.0, 0.2, 6.0, 17.0]), np.array([0.0, 0.2, 7.0])
LOAD_MW = np.array([0.0, 0.05, 9.0, 60.0])
LATTICE = np.stack(np.meshgrid(HEAT_K, HUMIDITY_K, LOAD_MW, indexing="ij")).reshape(3, -1)
CALIBRATING, LEADS = 24 * 105, 4
# Usual forecast and spread of the errors.
BOUNDED_ERRORS = {"temperature_c": (20.0, 2.0), "dew_point_c": (8.0, 1.5), "it_load_mw": (35.0, 3.0)}


def on_a_lattice(plant) -> Prepared:
    """Return the origins of the lattice. No actual value after them is known, so their margins and levels are equal."""
    rng, origins = np.random.default_rng(0), CALIBRATING + LATTICE.shape[1]
    residuals = {}
    for row, name in enumerate((*BOUNDED_ERRORS, "carbon_g_per_kwh", "price_usd_per_mwh")):
        usual, spread = BOUNDED_ERRORS.get(name, (100.0, 1.0))
        forecast = np.full((origins, 1, LEADS), usual)
        actual = forecast + rng.normal(0, spread, forecast.shape)
        actual[CALIBRATING - LEADS :] = np.nan
        if name in BOUNDED_ERRORS:
            forecast[CALIBRATING:] += LATTICE[row][:, None, None]
        residuals[name] = Residuals(
            forecast=forecast,
            actual=actual,
            origin_utc=hours_from(JANUARY, origins),
            age_h=np.zeros((origins, 1), dtype=np.int64),
            since=CALIBRATING,
        )
    split = Settings(horizon=LEADS, bands="split")
    near = conditions(np.zeros((1, 1, LEADS)))
    # `with_settings` computes the conditions and levels again, from the residuals.
    before = Prepared(
        fleet=fleet_of(region_with(plant, outdoor_limit_c=36.0)),
        settings=split,
        origin_utc=hours_from(JANUARY, origins)[CALIBRATING:],
        now=Conditions(table=near.table[..., :1]),
        near=near,
        levels=HeadroomLevels.single(near),
        beyond=season_only(conditions(np.zeros((1, 1, 12 * 24))), hours_from(JANUARY, origins)[CALIBRATING:], LEADS),
        silence=Silence.none(hours_from(JANUARY, origins)[CALIBRATING:], 1),
        residuals=residuals,
        gate_margin={},
        grid_limit_mw=np.full((origins, 1, LEADS), 100.0),
        far=None,
    )
    return with_settings(before, split)


@pytest.mark.slow
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.kind}-{getattr(plant, 'condenser', '')}")
def test_more_heat_humidity_or_load_never_adds_headroom(plant):
    prepared = on_a_lattice(plant)
    reserved_mw = nothing_reserved(prepared)
    curves = [curve_of(prepared, step, reserved_mw, None, 1) for step in range(LATTICE.shape[1])]
    level = np.stack([curve.level for curve in curves])
    assert np.isfinite(level).all()
    # Near a limit of temperature the weather level is at least that of other weather.
    assert (level >= level[0]).all()
    shape = (len(HEAT_K), len(HUMIDITY_K), len(LOAD_MW), LEADS)
    headroom_mw = np.stack([curve.headroom_mw[0] for curve in curves]).reshape(shape)
    forecast_mw = np.stack([curve.forecast_headroom_mw[0] for curve in curves]).reshape(shape)
    for axis in range(3):
        assert (np.diff(headroom_mw, axis=axis) <= 0).all()
        assert (np.diff(forecast_mw, axis=axis) <= 0).all()
    assert (headroom_mw[0, 0, 0] > 0).all()
    # 37 degC exceed the outdoor limit, and 95 MW the IT power.
    assert (headroom_mw[-1] == 0).all()
    assert (headroom_mw[:, :, -1] == 0).all()


def test_at_the_bound_of_each_hour_more_confidence_never_adds_headroom():
    prepared = on_a_lattice(PLANTS[0])
    by_confidence = []
    for confidence in (0.5, 0.8, 0.9, 0.95, 0.99):
        bounded = with_settings(prepared, replace(prepared.settings, confidence=confidence, gate="pointwise"))
        by_confidence.append(curve_of(bounded, 0, nothing_reserved(bounded), None, 1).headroom_mw)
    assert (np.diff(np.stack(by_confidence), axis=0) <= 0).all()
    assert (by_confidence[-1] < by_confidence[0]).all()
