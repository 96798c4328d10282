"""Where carbon or price is not known well enough, only the cost of a region is unknown."""

import numpy as np
import pytest
from support.sites import CALM_DAYS, DAY, NAIVE, ONE_HOUR, calm, changed, decided, fleet_of, job, prepared_of, region

from fleet.domain.conditions import Conditions
from fleet.domain.decision import Verdict
from fleet.domain.region import Costs, Fleet
from fleet.domain.telemetry import Telemetry
from fleet.physics.limits import IT_POWER, UNKNOWN
from fleet.preparation.prepare import prepare, with_foresight
from fleet.preparation.settings import Settings

FLEET = fleet_of(region("alpha"), region("beta"))
LAST = CALM_DAYS * DAY - 1
ALPHA, BETA = 0, 1
COSTS = ("carbon_g_per_kwh", "price_usd_per_mwh")
COST = Conditions.QUANTITIES.index("cost_usd_per_mwh")
CARBON = Conditions.QUANTITIES.index("carbon_kg_per_mwh")


def stating(usd_per_mwh: float) -> Fleet:
    """Return the fleet with a stated price for beta; carbon and water are free."""
    regions = (region("alpha"), region("beta", price_usd_per_mwh=usd_per_mwh))
    return Fleet(name="test", costs=Costs(carbon_usd_per_t=0, water_usd_per_m3=0), regions=regions)


def with_gap(name: str, hours: slice, *, fleet: Fleet = FLEET) -> Telemetry:
    """Return calm telemetry in which one column of beta is missing in some hours."""
    return changed(calm(fleet), name, (BETA, hours), np.nan)


def without(*names: str) -> Telemetry:
    """Return calm telemetry without some columns."""
    whole = calm(FLEET)
    values = {name: grid for name, grid in whole.values.items() if name not in names}
    return Telemetry(regions=whole.regions, time_utc=whole.time_utc, values=values)


def costs(telemetry: Telemetry, *origins: int, fleet: Fleet = FLEET) -> tuple[np.ndarray, np.ndarray]:
    """Return two (origin, region) costs: of the first hour ahead, and of an hour beyond the horizon.

    Checks that an unknown cost is unknown in all hours.
    """
    prepared = prepare(telemetry, fleet, np.arange(origins[0], origins[-1] + 1), NAIVE)
    steps = np.array(origins) - origins[0]
    near = prepared.near.cost_usd_per_mwh[steps]
    far = prepared.beyond.season.cost_usd_per_mwh[prepared.beyond.rows.season[steps]]
    for cost in (near, far):
        assert (np.isnan(cost).all(axis=2) == np.isnan(cost).any(axis=2)).all()
    return near[:, :, 0], far[:, :, 0]


def decisions_by_job(telemetry: Telemetry, *jobs, policy: str = "greedy") -> dict:
    """Return the decisions of the last hour, by job id."""
    prepared = prepare(telemetry, FLEET, np.array([LAST]), NAIVE)
    return {decision.job_id: decision for decision in decided(prepared, jobs, policy=policy)[0]}


def at_last(name: str, *, starts: int = 6, **changes):
    """Return a job of beta for two hours, with `starts` possible starts after the last hour."""
    first = calm(FLEET).time_utc[LAST] + ONE_HOUR
    return job(name, earliest_utc=first, deadline_utc=first + (starts + 1) * ONE_HOUR, home_region="beta", **changes)


@pytest.mark.slow
@pytest.mark.parametrize("name", COSTS)
def test_a_cost_is_known_until_its_last_value_is_a_week_old(name):
    last_value = LAST - 200
    near, far = costs(with_gap(name, slice(last_value + 1, None)), last_value + 168, last_value + 169)
    for cost in (near, far):
        np.testing.assert_array_equal(np.isnan(cost), [[False, False], [False, True]])
        assert cost[0, BETA] == pytest.approx(cost[0, ALPHA])


def test_a_cost_is_known_again_from_the_first_value_after_a_gap_on():
    gap_end = LAST - 30
    near, far = costs(with_gap("carbon_g_per_kwh", slice(gap_end - 400, gap_end)), gap_end - 1, gap_end)
    for cost in (near, far):
        np.testing.assert_array_equal(np.isnan(cost[:, BETA]), [True, False])


@pytest.mark.slow
@pytest.mark.parametrize("name", COSTS)
def test_a_column_that_begins_late_gives_a_cost_after_thirty_days(name):
    first_value = 100 * DAY
    # The thirty days begin when a full day is known, in its 24th hour.
    enough = first_value + 23 + 30 * DAY
    near, far = costs(with_gap(name, slice(None, first_value)), enough - 1, enough)
    for cost in (near, far):
        np.testing.assert_array_equal(np.isnan(cost), [[False, True], [False, False]])
        assert cost[1, BETA] == pytest.approx(cost[1, ALPHA])


@pytest.mark.slow
@pytest.mark.parametrize("forecaster", ["seasonal_naive", "ridge", "blend"])
@pytest.mark.parametrize("name", COSTS)
def test_a_column_without_values_in_one_region_changes_nothing_but_its_cost(name, forecaster):
    settings, origin = Settings(forecaster=forecaster), np.array([LAST])
    whole = prepare(calm(FLEET), FLEET, origin, settings)
    gapped = prepare(with_gap(name, slice(None)), FLEET, origin, settings)
    for table, before in (
        (gapped.near.table, whole.near.table),
        (gapped.beyond.season.table, whole.beyond.season.table),
    ):
        is_unknown = np.isnan(table).all(axis=(1, 3))
        assert {(quantity, region_index) for quantity, region_index in np.argwhere(is_unknown).tolist()} == (
            {(COST, BETA), (CARBON, BETA)} if name == "carbon_g_per_kwh" else {(COST, BETA)}
        )
        np.testing.assert_allclose(table[np.isfinite(table)], before[np.isfinite(table)])
    np.testing.assert_allclose(gapped.levels.load_mw, whole.levels.load_mw)
    np.testing.assert_allclose(gapped.levels.safe_load_mw, whole.levels.safe_load_mw)


@pytest.mark.slow
@pytest.mark.parametrize("names", [COSTS, ("carbon_g_per_kwh",), ("price_usd_per_mwh",)])
def test_a_missing_column_makes_every_cost_unknown_and_does_not_change_the_headroom(names):
    prepared = prepare(without(*names), FLEET, np.array([LAST]), NAIVE)
    assert np.isnan(prepared.near.cost_usd_per_mwh).all()
    assert np.isnan(prepared.beyond.season.cost_usd_per_mwh).all()
    np.testing.assert_allclose(prepared.near.headroom_mw, 4.0)


@pytest.mark.slow
def test_the_stated_price_is_used_before_the_first_price_and_after_a_week_without_prices():
    fleet = stating(70)
    calm_usd = costs(calm(fleet), LAST, fleet=fleet)[0][0, BETA]
    # The price in the telemetry is 50.
    for hours, usd in ((slice(None), 70), (slice(LAST - 167, None), 50), (slice(LAST - 168, None), 70)):
        for cost in costs(with_gap("price_usd_per_mwh", hours, fleet=fleet), LAST, fleet=fleet):
            assert cost[0, BETA] == pytest.approx(calm_usd * usd / 50)


@pytest.mark.slow
def test_a_live_origin_has_the_same_costs_as_the_origin_of_a_replay():
    telemetry = with_gap("carbon_g_per_kwh", slice(None, 110 * DAY))
    origins = np.arange(140 * DAY, 142 * DAY)
    whole = prepare(telemetry, FLEET, origins, NAIVE)
    for step in (22, 23, 47):
        origin = int(origins[step])
        live = prepare(telemetry.hours(0, origin + 1), FLEET, origins[step : step + 1], NAIVE)
        np.testing.assert_array_equal(live.ahead(0, 48).table, whole.ahead(step, 48).table)
    assert np.isnan(whole.near.cost_usd_per_mwh[:, BETA, 0]).tolist() == [True] * 23 + [False] * 25


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["point_forecast", "greedy", "priced"])
def test_a_job_goes_where_the_cost_is_known_and_is_denied_if_that_region_is_not_allowed(policy):
    gapped = changed(
        with_gap("carbon_g_per_kwh", slice(None)), "price_usd_per_mwh", (BETA, slice(LAST - 249, None)), np.nan
    )
    only_beta = at_last("only_beta", regions=("beta",), starts=2)
    decisions = decisions_by_job(gapped, at_last("anywhere"), only_beta, policy=policy)
    assert decisions["anywhere"].region == "alpha"
    denied = decisions["only_beta"]
    assert denied.verdict is Verdict.DENY
    assert denied.reason == (
        "Denied: its window closes and no allowed region with headroom has a known cost; in beta "
        f"carbon_g_per_kwh has had no value for {CALM_DAYS * DAY} h (at most 168) and price_usd_per_mwh has had no "
        "value for 250 h (at most 168); add telemetry or state a price_usd_per_mwh in the fleet file."
    )
    # 6 MW of load and 1 MW of the job are below 10 MW: the limit is not the cause.
    assert (denied.binding.limit, denied.binding.region) == (UNKNOWN, "beta")
    assert (denied.binding.bound, denied.binding.limit_value) == pytest.approx((7.0, 10.0))
    assert [alternative.region for alternative in denied.alternatives] == ["beta"]


@pytest.mark.slow
def test_a_job_waits_for_a_known_cost_while_its_window_is_open():
    short_history = with_gap("carbon_g_per_kwh", slice(None, LAST - 48))
    decision = decisions_by_job(short_history, at_last("only_beta", regions=("beta",)))["only_beta"]
    assert decision.reason == (
        "Waits: no allowed region with headroom has a known cost yet; in beta carbon_g_per_kwh has less than "
        "30 days of history; add telemetry."
    )


@pytest.mark.slow
def test_without_headroom_the_limit_is_the_reason_whatever_the_cost():
    gapped = with_gap("carbon_g_per_kwh", slice(None))
    refused = decisions_by_job(gapped, at_last("large", regions=("beta",), power_mw=5.0, starts=2))["large"]
    assert refused.binding.limit == IT_POWER
    assert "no allowed region is safe" in refused.reason


@pytest.mark.slow
def test_the_unknown_cost_of_a_region_is_the_reason_although_another_region_is_full():
    gapped = changed(with_gap("carbon_g_per_kwh", slice(None)), "it_load_mw", (ALPHA, slice(None)), 9.5)
    refused = decisions_by_job(gapped, at_last("anywhere", starts=2))["anywhere"]
    assert (refused.verdict, refused.binding.region) == (Verdict.DENY, "beta")
    assert "in beta carbon_g_per_kwh has had no value" in refused.reason


@pytest.mark.slow
def test_home_region_needs_no_cost():
    decisions = decisions_by_job(with_gap("carbon_g_per_kwh", slice(None)), at_last("job"), policy="home_region")
    assert decisions["job"].region == "beta"
    assert np.isnan(decisions["job"].expected.cost_usd)


def test_a_gap_in_foreseen_costs_has_a_general_reason():
    prepared = prepared_of(np.full((1, 1, 6), 4.0), cost_usd_per_mwh=np.full((1, 1, 6), np.nan))
    reason = decided(prepared, [job()])[0][0].reason
    assert "in alpha carbon or price has no forecast in some hour of the window" in reason


@pytest.mark.slow
def test_with_foresight_a_job_goes_where_the_cost_is_known():
    origin = LAST - DAY
    # Beta is cheaper, but its price is missing after the origin.
    whole = calm(FLEET, levels={"price_usd_per_mwh": {"beta": 1.0}})
    gapped = changed(whole, "price_usd_per_mwh", (BETA, slice(origin + 1, None)), np.nan)
    prepared = with_foresight(prepare(gapped, FLEET, np.array([origin]), NAIVE))
    first = gapped.time_utc[origin] + ONE_HOUR
    window = {"earliest_utc": first, "deadline_utc": first + 6 * ONE_HOUR, "home_region": "beta"}
    decisions, _ = decided(prepared, [job("anywhere", **window), job("only_beta", **window, regions=("beta",))])
    assert {decision.job_id: decision.region for decision in decisions} == {"anywhere": "alpha", "only_beta": None}
