"""The tables behind the charts of a replay."""

import numpy as np
import polars as pl
import pytest
from support.sites import CALM_DAYS, DAY, NAIVE, calm, fleet_of, hour, job, region

from fleet.domain.region import Costs
from fleet.preparation.prepare import prepare
from fleet.replay.chart_tables import footprint_frame, risk_frame
from fleet.replay.closed_loop import ORACLE, Replay, ReplayOptions, replay_policies
from fleet.replay.plotted_margins import plotted_margins

COSTS = Costs(transfer_usd_per_gb=0.02, waiting_usd_per_mwh_per_h=3.0)
FLEET = fleet_of(region("alpha", outdoor_limit_c=38.0), region("beta")).model_copy(update={"costs": COSTS})
START = hour("2024-05-20T00")


@pytest.fixture(scope="module")
def played() -> Replay:
    # Each region has 4 MW. Of three large jobs one runs at home, one in beta, and one waits until another has ended.
    large = [job(name, power_mw=3.0, data_gb=100.0) for name in ("home", "away", "late")]
    options = ReplayOptions(settings=NAIVE, test_start=START, policies=("greedy",))
    return replay_policies(calm(FLEET), [job(), *large], FLEET, options)


@pytest.fixture(scope="module")
def risk(played) -> pl.DataFrame:
    return risk_frame(played.prepared, plotted_margins(played.prepared))


@pytest.mark.slow
def test_the_footprint_has_one_row_per_policy_region_and_hour(played):
    frame = footprint_frame(played)
    hours = CALM_DAYS * DAY - played.telemetry.position(START) - 1
    assert frame.height == 2 * 2 * hours
    assert frame.select("policy", "region", "time_utc").is_unique().all()
    assert frame["policy"].unique(maintain_order=True).to_list() == ["greedy", ORACLE]
    assert frame["time_utc"].dtype == pl.Datetime("ms", "UTC")
    assert frame["time_utc"].min().strftime("%Y-%m-%dT%H") == "2024-05-20T01"


@pytest.mark.slow
def test_the_footprint_adds_up_to_the_figures_of_the_replay(played):
    for (name,), rows in footprint_frame(played).group_by("policy"):
        assert rows["job_mw"].sum() == pytest.approx(played.outcomes[name].resources.served_mwh)
        assert rows["job_carbon_kg"].sum() / 1_000 == pytest.approx(played.outcomes[name].resources.carbon_t)
        assert (rows["base_load_mw"] == 6).all()


def test_the_two_costs_of_the_footprint_are_the_cost_of_the_replay(played):
    for (name,), rows in footprint_frame(played).group_by("policy"):
        beyond = rows.filter(pl.col("job_beyond_energy_usd") > 0).sort("time_utc")
        assert beyond.select("region", pl.col("time_utc").dt.hour()).rows() == [("beta", 1), ("alpha", 3)]
        # 100 GB move, and 3 MW x 2 h wait for 2 h.
        assert beyond["job_beyond_energy_usd"].to_list() == pytest.approx([100 * 0.02, 3 * 2 * 2 * 3.0])
        total = rows["job_cost_usd"].sum() + rows["job_beyond_energy_usd"].sum()
        assert total == pytest.approx(played.outcomes[name].resources.cost_usd)


@pytest.mark.slow
def test_the_risk_has_one_row_per_quantity_region_origin_and_lead(played, risk):
    origins = len(played.prepared.origin_utc)
    assert risk.height == 2 * 2 * origins * 24
    assert risk.select("quantity", "region", "origin_utc", "lead_h").is_unique().all()
    assert risk["lead_h"].unique().sort().to_list() == list(range(1, 25))


@pytest.mark.slow
def test_each_region_has_its_own_limits_and_null_without_one(played):
    frame = (
        risk_frame(played.prepared, plotted_margins(played.prepared))
        .group_by("quantity", "region")
        .agg(pl.col("limit").first())
        .rows()
    )
    assert {(quantity, name): limit for quantity, name, limit in frame} == {
        ("outdoor", "alpha"): 38.0,
        ("outdoor", "beta"): None,
        ("inlet", "alpha"): 35.0,
        ("inlet", "beta"): 35.0,
    }


def test_a_constant_inlet_has_a_band_of_no_width_and_future_hours_have_no_actual_value(risk):
    frame = risk.filter(pl.col("quantity") == "inlet")
    # 18 degC of supply air, plus 1 + 2 x 6/10 K of recirculation.
    for name in ("forecast", "lower", "upper", "path_upper"):
        np.testing.assert_allclose(frame[name], 18 + 1 + 1.2, rtol=1e-6)
    last = frame.filter(pl.col("origin_utc") == frame["origin_utc"].max()).sort("region", "lead_h")
    assert last["actual"].is_null().to_list() == ([False] + [True] * 23) * 2


@pytest.mark.slow
def test_a_band_is_never_missing():
    from support.sites import summer_prepared

    frame = risk_frame(summer_prepared(), plotted_margins(summer_prepared()))
    for name in ("forecast", "lower", "upper", "path_upper"):
        assert frame[name].null_count() == 0
        assert not frame[name].is_nan().any()
    assert (frame["lower"] <= frame["upper"]).all()


@pytest.mark.slow
def test_a_hall_without_capacity_has_a_band_of_its_inlet():
    telemetry = calm(FLEET)
    values = {name: grid.copy() for name, grid in telemetry.values.items()}
    rng = np.random.default_rng(0)
    # Above 34 degC the hall has no capacity, and its inlet temperature is infinite.
    values["temperature_c"] = 34 + rng.normal(0, 2, values["temperature_c"].shape)
    hot = type(telemetry)(regions=telemetry.regions, time_utc=telemetry.time_utc, values=values)
    prepared = prepare(hot, FLEET, np.arange(CALM_DAYS * DAY - 30, CALM_DAYS * DAY - 1), NAIVE)
    frame = risk_frame(prepared, plotted_margins(prepared))
    for name in ("lower", "upper", "path_upper"):
        assert not frame[name].is_nan().any()
