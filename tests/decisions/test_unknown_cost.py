"""Where carbon or price is not known well enough, the cost of a region is unknown, and nothing else is."""

import numpy as np
import pytest
from support.sites import CALM_DAYS, DAY, NAIVE, ONE_HOUR, calm, changed, decided, fleet_of, job, prepared_of, region

from fleet.domain.conditions import Conditions
from fleet.domain.decision import Verdict
from fleet.domain.region import Costs, Fleet
from fleet.domain.telemetry import Telemetry
from fleet.preparation.prepare import prepare, with_foresight
from fleet.preparation.settings import Settings

FLEET = fleet_of(region("alpha"), region("beta"))
LAST = CALM_DAYS * DAY - 1
ALPHA, BETA = 0, 1
COSTS = ("carbon_g_per_kwh", "price_usd_per_mwh")
COST = Conditions.QUANTITIES.index("cost_usd_per_mwh")
CARBON = Conditions.QUANTITIES.index("carbon_kg_per_mwh")


def stating(usd_per_mwh: float) -> Fleet:
    """The fleet with a price for beta, where carbon and water are free."""
    regions = (region("alpha"), region("beta", price_usd_per_mwh=usd_per_mwh))
    return Fleet(name="test", costs=Costs(carbon_usd_per_t=0, water_usd_per_m3=0), regions=regions)


def silent(name: str, hours: slice, *, fleet: Fleet = FLEET) -> Telemetry:
    """Calm telemetry in which beta says nothing of one column in some hours."""
    return changed(calm(fleet), name, (BETA, hours), np.nan)


def without(*names: str) -> Telemetry:
    whole = calm(FLEET)
    values = {name: grid for name, grid in whole.values.items() if name not in names}
    return Telemetry(regions=whole.regions, time_utc=whole.time_utc, values=values)


def costs(telemetry: Telemetry, *origins: int, fleet: Fleet = FLEET) -> tuple[np.ndarray, np.ndarray]:
    """(origin, region) cost of the first hour ahead, and of an hour past the horizon; unknown is NaN for all hours."""
    prepared = prepare(telemetry, fleet, np.arange(origins[0], origins[-1] + 1), NAIVE)
    steps = np.array(origins) - origins[0]
    near = prepared.near.cost_usd_per_mwh[steps]
    far = prepared.far.cost_usd_per_mwh[prepared.far_row[steps]]
    for found in (near, far):
        assert (np.isnan(found).all(axis=2) == np.isnan(found).any(axis=2)).all()
    return near[:, :, 0], far[:, :, 0]


def placed_by_name(telemetry: Telemetry, *jobs, policy: str = "greedy") -> dict:
    return {
        made.job_id: made
        for made in decided(prepare(telemetry, FLEET, np.array([LAST]), NAIVE), jobs, policy=policy)[0]
    }


def at_last(name: str, *, starts: int = 6, **changes):
    """A job of two hours and of beta, that may begin in each of so many hours after the last one."""
    first = calm(FLEET).time_utc[LAST] + ONE_HOUR
    return job(name, earliest_utc=first, deadline_utc=first + (starts + 1) * ONE_HOUR, home_region="beta", **changes)


@pytest.mark.parametrize("name", COSTS)
def test_what_was_last_seen_a_week_ago_is_expected_to_go_on_and_no_longer(name):
    # The last value is in the hour of `seen`.
    seen = LAST - 200
    near, far = costs(silent(name, slice(seen + 1, None)), seen + 168, seen + 169)
    for found in (near, far):
        np.testing.assert_array_equal(np.isnan(found), [[False, False], [False, True]])
        assert found[0, BETA] == pytest.approx(found[0, ALPHA])


def test_a_column_that_speaks_again_is_trusted_from_that_hour_on():
    back = LAST - 30
    near, far = costs(silent("carbon_g_per_kwh", slice(back - 400, back)), back - 1, back)
    for found in (near, far):
        np.testing.assert_array_equal(np.isnan(found[:, BETA]), [True, False])


@pytest.mark.parametrize("name", COSTS)
def test_what_begins_late_is_unknown_until_there_are_thirty_days_of_it(name):
    begins = 100 * DAY
    # A full day must be seen first, which is at its 24th hour.
    enough = begins + 23 + 30 * DAY
    near, far = costs(silent(name, slice(None, begins)), enough - 1, enough)
    for found in (near, far):
        np.testing.assert_array_equal(np.isnan(found), [[False, True], [False, False]])
        assert found[1, BETA] == pytest.approx(found[1, ALPHA])


@pytest.mark.parametrize("forecaster", ["seasonal_naive", "ridge", "blend"])
@pytest.mark.parametrize("name", COSTS)
def test_a_column_never_seen_in_one_region_leaves_all_else_as_it_was(name, forecaster):
    settings, origin = Settings(forecaster=forecaster), np.array([LAST])
    whole = prepare(calm(FLEET), FLEET, origin, settings)
    found = prepare(silent(name, slice(None)), FLEET, origin, settings)
    for table, before in ((found.near.table, whole.near.table), (found.far.table, whole.far.table)):
        unknown = np.isnan(table).all(axis=(1, 3))
        assert {(row, place) for row, place in np.argwhere(unknown).tolist()} == (
            {(COST, BETA), (CARBON, BETA)} if name == "carbon_g_per_kwh" else {(COST, BETA)}
        )
        np.testing.assert_allclose(table[np.isfinite(table)], before[np.isfinite(table)])
    np.testing.assert_allclose(found.ladder.spare_mw, whole.ladder.spare_mw)


@pytest.mark.parametrize("names", [COSTS, ("carbon_g_per_kwh",), ("price_usd_per_mwh",)])
def test_a_missing_column_leaves_every_cost_unknown_and_the_headroom_as_it_was(names):
    prepared = prepare(without(*names), FLEET, np.array([LAST]), NAIVE)
    assert np.isnan(prepared.near.cost_usd_per_mwh).all()
    assert np.isnan(prepared.far.cost_usd_per_mwh).all()
    np.testing.assert_allclose(prepared.near.headroom_mw, 4.0)


def test_a_stated_price_stands_in_before_the_first_price_and_after_a_week_of_silence():
    fleet = stating(70)
    calm_usd = costs(calm(fleet), LAST, fleet=fleet)[0][0, BETA]
    # The telemetry's price is 50.
    for hours, usd in ((slice(None), 70), (slice(LAST - 167, None), 50), (slice(LAST - 168, None), 70)):
        for found in costs(silent("price_usd_per_mwh", hours, fleet=fleet), LAST, fleet=fleet):
            assert found[0, BETA] == pytest.approx(calm_usd * usd / 50)


def test_a_live_origin_knows_the_costs_that_a_replay_does():
    telemetry = silent("carbon_g_per_kwh", slice(None, 110 * DAY))
    origins = np.arange(140 * DAY, 142 * DAY)
    whole = prepare(telemetry, FLEET, origins, NAIVE)
    for step in (22, 23, 47):
        origin = int(origins[step])
        live = prepare(telemetry.hours(0, origin + 1), FLEET, origins[step : step + 1], NAIVE)
        np.testing.assert_array_equal(live.ahead(0, 48).table, whole.ahead(step, 48).table)
    assert np.isnan(whole.near.cost_usd_per_mwh[:, BETA, 0]).tolist() == [True] * 23 + [False] * 25


@pytest.mark.parametrize("policy", ["point_forecast", "greedy", "priced"])
def test_a_job_goes_where_the_cost_is_known_and_only_one_that_may_not_is_refused(policy):
    gone = changed(
        silent("carbon_g_per_kwh", slice(None)), "price_usd_per_mwh", (BETA, slice(LAST - 249, None)), np.nan
    )
    made = placed_by_name(gone, at_last("free"), at_last("bound", regions=("beta",), starts=2), policy=policy)
    assert made["free"].region == "alpha"
    assert made["bound"].verdict is Verdict.DENY
    assert made["bound"].reason == (
        "Denied: its window closes and no allowed region with room has a known cost; closest: beta, where "
        f"carbon_g_per_kwh has not been seen for {CALM_DAYS * DAY} h (at most 168) and price_usd_per_mwh has not been "
        "seen for 250 h (at most 168); add telemetry or state a price_usd_per_mwh in the fleet."
    )
    # 6 MW of load and 1 MW of the job against 10 MW installed: it is not for want of room.
    binding = made["bound"].binding
    assert (binding.limit, binding.region) == ("unknown", "beta")
    assert (binding.bound, binding.limit_value) == pytest.approx((7.0, 10.0))
    assert [other.region for other in made["bound"].alternatives] == ["beta"]


def test_a_job_whose_window_lasts_waits_for_a_cost():
    young = silent("carbon_g_per_kwh", slice(None, LAST - 48))
    reason = placed_by_name(young, at_last("bound", regions=("beta",)))["bound"].reason
    assert reason == (
        "Waits: no allowed region with room has a known cost yet; closest: beta, where carbon_g_per_kwh has less than "
        "30 days of history; add telemetry."
    )


def test_without_room_the_limit_is_the_reason_whatever_the_cost():
    gone = silent("carbon_g_per_kwh", slice(None))
    refused = placed_by_name(gone, at_last("large", regions=("beta",), power_mw=5.0, starts=2))["large"]
    assert refused.binding.limit == "it"
    assert "no allowed region is safe" in refused.reason


def test_a_full_region_of_known_cost_does_not_hide_the_unknown_cost_of_another():
    gone = changed(silent("carbon_g_per_kwh", slice(None)), "it_load_mw", (ALPHA, slice(None)), 9.5)
    refused = placed_by_name(gone, at_last("free", starts=2))["free"]
    assert (refused.verdict, refused.binding.region) == (Verdict.DENY, "beta")
    assert "closest: beta, where carbon_g_per_kwh" in refused.reason


def test_home_region_asks_for_no_cost():
    made = placed_by_name(silent("carbon_g_per_kwh", slice(None)), at_last("own"), policy="home_region")
    assert made["own"].region == "beta"
    assert np.isnan(made["own"].expected.cost_usd)


def test_a_gap_in_the_truth_is_told_without_a_cause():
    prepared = prepared_of(np.full((1, 1, 6), 4.0), cost_usd_per_mwh=np.full((1, 1, 6), np.nan))
    reason = decided(prepared, [job()])[0][0].reason
    assert "alpha, where carbon or price is missing within its window" in reason


def test_foresight_without_a_price_goes_where_the_cost_is_known():
    origin = LAST - DAY
    # From the origin on; beta would be the cheaper one.
    whole = calm(FLEET, levels={"price_usd_per_mwh": {"beta": 1.0}})
    gone = changed(whole, "price_usd_per_mwh", (BETA, slice(origin + 1, None)), np.nan)
    prepared = with_foresight(prepare(gone, FLEET, np.array([origin]), NAIVE))
    first = gone.time_utc[origin] + ONE_HOUR
    window = {"earliest_utc": first, "deadline_utc": first + 6 * ONE_HOUR, "home_region": "beta"}
    made, _ = decided(prepared, [job("free", **window), job("bound", **window, regions=("beta",))])
    assert {each.job_id: each.region for each in made} == {"free": "alpha", "bound": None}
