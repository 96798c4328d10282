"""The figures of a run, on a case small enough to compute by hand."""

from dataclasses import replace

import numpy as np
import pytest
from support.controllers import controller_of, some
from support.runs import FLEET, STATUS, WORK, judged_run, status_of
from support.sites import calm, changed

from fleet.domain.region import Costs
from fleet.domain.telemetry import Telemetry
from fleet.physics.limits import LIMITS
from fleet.replay.outcomes import Outcome, beyond_energy_usd, outcome

HORIZON = 24


def outcome_of(
    telemetry: Telemetry | None = None, *, oracle_safe=(True, True, True, False), oracle_contested=(True,) * 4
) -> Outcome:
    """Return the figures of the run.

    Args:
        oracle_safe, oracle_contested: which jobs the oracle runs without a breach, and which of its jobs are contested.
    """
    run, actuals = judged_run(telemetry)
    oracle = replace(
        run, judged=np.array(oracle_safe), breached=np.zeros(4, dtype=np.bool_), contested=np.array(oracle_contested)
    )
    return outcome(run, actuals, oracle, HORIZON, 0.0)


def test_denials_are_counted_by_the_limit_that_bound_them():
    assert outcome_of().counts.denied_by_limit == {limit.label: 0 for limit in LIMITS} | {"it": 1}


def test_every_job_that_runs_in_a_breached_hour_is_breached_and_no_other():
    # 6 MW of base load and 5 MW of jobs exceed 10 MW only at 03, when both jobs of alpha run.
    run, _ = judged_run()
    np.testing.assert_array_equal(run.breached, [True, True, False, False])
    figures = outcome_of().breaches
    assert figures.breached_jobs == 2
    assert figures.breached_region_hours == 1
    assert figures.breach_rate == pytest.approx(2 / 3)


def test_a_breach_in_an_hour_without_jobs_is_not_counted():
    telemetry = changed(calm(FLEET, 1), "it_load_mw", (0, slice(10, 12)), 11.0)
    # Only the hour 03 counts, as without this change.
    assert outcome_of(telemetry).breaches.breached_region_hours == 1


def test_an_hour_without_actual_values_is_no_breach_and_adds_no_carbon():
    whole = outcome_of()
    gapped = outcome_of(changed(calm(FLEET, 1), "it_load_mw", (0, 3), np.nan))
    assert gapped.breaches.breached_jobs == gapped.breaches.breached_region_hours == 0
    # Five of the thirteen MWh ran in that hour.
    assert gapped.resources.energy_mwh < whole.resources.energy_mwh
    assert gapped.resources.carbon_t == pytest.approx(gapped.resources.energy_mwh * 0.3)
    assert gapped.resources.served_mwh == whole.resources.served_mwh
    assert gapped.resources.known_mwh == pytest.approx(whole.resources.known_mwh - 5)
    assert gapped.resources.unknown_water_mwh == 5
    assert whole.resources.unknown_water_mwh == 0


@pytest.mark.parametrize(
    ("column", "known", "unknown"),
    [("price_usd_per_mwh", (13, 8), (5, 0)), ("carbon_g_per_kwh", (8, 8), (0, 5))],
)
def test_a_missing_price_or_carbon_leaves_the_other_totals_whole(column, known, unknown):
    # Five of the thirteen MWh ran at 03 in alpha.
    whole = outcome_of().resources
    gapped = outcome_of(changed(calm(FLEET, 1), column, (0, 3), np.nan)).resources
    assert (gapped.carbon_known_mwh, gapped.cost_known_mwh) == known
    assert (gapped.unknown_price_mwh, gapped.unknown_carbon_mwh, gapped.unknown_water_mwh) == (*unknown, 0)
    assert (gapped.known_mwh, gapped.water_known_mwh, gapped.energy_known_mwh) == (13, 13, 13)
    assert (gapped.water_m3, gapped.energy_mwh) == (whole.water_m3, whole.energy_mwh)
    if column == "price_usd_per_mwh":
        assert gapped.carbon_t == whole.carbon_t
    assert gapped.cost_usd < whole.cost_usd
    assert gapped.cost_per_served_mwh == pytest.approx(whole.cost_per_served_mwh, rel=0.05)


def test_a_job_with_an_hour_without_actual_values_is_in_no_rate():
    # Both jobs of alpha run at 03, and its actual load is missing: they cannot be judged.
    gapped = outcome_of(changed(calm(FLEET, 1), "it_load_mw", (0, 3), np.nan))
    assert gapped.breaches.unjudged_jobs == 2
    assert gapped.counts.approved == 3
    # One approved job is judged, and it did not breach.
    assert gapped.breaches.breach_rate == 0
    assert sum(count.approved for count in gapped.breaches.breakdown["season"].values()) == 1
    assert outcome_of().breaches.unjudged_jobs == 0


def test_contested_jobs_are_counted_with_and_without_the_unjudged_ones():
    gapped = outcome_of(changed(calm(FLEET, 1), "it_load_mw", (0, 3), np.nan)).breaches
    assert (gapped.contested_approved, gapped.contested_judged) == (2, 0)
    whole = outcome_of().breaches
    assert (whole.contested_approved, whole.contested_judged) == (2, 2)


def test_contested_jobs_are_also_counted_by_their_energy():
    # Both jobs of alpha are contested and breach: 2 x 3 and 3 x 2 MWh.
    figures = outcome_of().breaches
    assert (figures.contested_mwh, figures.contested_breached_mwh) == (12, 12)
    assert figures.contested_breach_rate_mwh == 1
    without_breach = outcome_of(changed(calm(FLEET, 1), "it_load_mw", (0, 3), 0.0)).breaches
    assert (without_breach.contested_mwh, without_breach.contested_breached_mwh) == (12, 0)
    assert without_breach.contested_breach_rate_mwh == 0


def test_safe_jobs_that_are_contested_in_the_oracles_run_are_counted_apart():
    # Of the three safe jobs the second is not contested in the oracle's run, and the third was denied.
    figures = outcome_of(oracle_contested=(True, False, True, True)).safe
    assert (figures.safe_jobs, figures.safe_approved) == (3, 2)
    assert (figures.safe_contested, figures.safe_contested_approved) == (2, 1)


def test_a_run_without_a_controller_publishes_no_bound():
    assert outcome_of().breaches.controller is None
    assert outcome_of().breaches.breach_bound is None


def test_the_last_controller_of_a_run_publishes_its_numbers_by_region():
    run, actuals = judged_run()
    first = controller_of(2)
    last = first.with_approvals(some([1, 0])).with_outcomes(some([1, 0]), some([1, 0]))
    figures = outcome(replace(run, controllers=(first, last)), actuals, run, HORIZON, 0.0).breaches
    assert figures.controller["alpha"]["breach_rate"] == 1
    assert figures.controller["beta"]["breach_rate"] is None
    assert figures.breach_bound == last.fleet_bound
    assert figures.energy_breach_bound == last.fleet_energy_bound


def test_the_breakdown_counts_each_approved_job_once():
    breakdown = outcome_of().breaches.breakdown
    for kind in ("season", "window"):
        counts = breakdown[kind].values()
        assert sum(count.approved for count in counts) == 3
        assert sum(count.breached for count in counts) == 2
    assert breakdown["season"]["Dec-Feb"].approved == 3


def test_counts_add_up():
    figures = outcome_of()
    counts, breaches, resources = figures.counts, figures.breaches, figures.resources
    assert (counts.jobs, counts.approved, counts.denied, counts.deferred) == (4, 3, 1, 1)
    assert counts.withdrawn == counts.deadline_misses == 0
    assert (figures.safe.safe_jobs, figures.safe.safe_approved) == (3, 2)
    assert breaches.contested_breached <= breaches.contested_approved <= breaches.contested_jobs <= counts.jobs
    # 2 x 3 + 3 x 2 + 1 x 1 MWh ran, 1 x 4 MWh did not.
    assert resources.served_mwh == pytest.approx(13)
    assert resources.unserved_mwh == pytest.approx(4)
    assert resources.cost_per_served_mwh == pytest.approx(resources.cost_usd / 13)


def test_the_keys_of_all_figures_are_side_by_side_in_the_json():
    figures = outcome_of()
    content = figures.as_dict()
    assert content["jobs"] == figures.counts.jobs
    assert content["breached_jobs"] == figures.breaches.breached_jobs
    assert content["safe_jobs"] == figures.safe.safe_jobs
    assert content["cost_usd"] == figures.resources.cost_usd


def test_a_policy_that_places_nothing_has_no_rate_and_uses_nothing():
    run, actuals = judged_run(status=status_of(None, None, None, None))
    figures = outcome(run, actuals, run, HORIZON, 0.0)
    rates = [figures.breaches.breach_rate, *figures.breaches.breach_interval_95, figures.resources.cost_per_served_mwh]
    assert np.isnan(rates).all()
    assert figures.counts.approved == 0
    resources = figures.resources
    assert (resources.energy_mwh, resources.carbon_t, resources.cost_usd) == (0, 0, 0)


def test_a_job_that_lost_its_place_counts_as_approved_and_as_withdrawn():
    status = status_of(("alpha", "2024-01-01T01"), None, None, None)
    status.committed[1], status.moves[1] = True, 1
    run, actuals = judged_run(status=status)
    figures = outcome(run, actuals, judged_run()[0], HORIZON, 0.0)
    counts = figures.counts
    assert (counts.approved, counts.withdrawn, counts.denied, counts.moves) == (2, 1, 2, 1)
    # The withdrawn job never ran: it has no energy, and no rate counts it.
    assert figures.resources.served_mwh == pytest.approx(6)
    assert figures.breaches.breach_rate == 0


def test_waiting_is_counted_from_the_earliest_start():
    # The three jobs start 0, 2 and 0 hours after 01.
    counts = outcome_of().counts
    assert counts.waited_h_mean == pytest.approx(2 / 3)
    assert counts.waited_h_p95 == pytest.approx(1.8)


def test_moving_data_and_waiting_are_part_of_the_cost():
    work = replace(WORK, data_gb=np.array([1.0, 2.0, 4.0, 8.0]))
    priced = Costs(transfer_usd_per_gb=3.0, waiting_usd_per_mwh_per_h=5.0)
    # Only the fourth job runs away from home; only the second, of 6 MWh, waits, for 2 h.
    assert beyond_energy_usd(STATUS, work, priced).tolist() == [0, 6 * 2 * 5, 0, 8 * 3]
    assert (beyond_energy_usd(STATUS, work, Costs()) == 0).all()


def test_energy_that_is_not_served_costs_the_penalty_in_the_objective():
    run, actuals = judged_run()
    resources = outcome(run, actuals, run, HORIZON, 10.0).resources
    # The denied job needs 4 MWh.
    assert resources.objective_usd == pytest.approx(resources.cost_usd + 4 * 10)


def test_unserved_jobs_are_counted_by_size():
    by_size = outcome_of().resources.unserved_by_size
    # The jobs need 6, 6, 4 and 1 MWh, and the job of 4 MWh was denied.
    medium = by_size["1 to 10 MWh"]
    assert (medium.jobs, medium.unserved_jobs) == (4, 1)
    assert (medium.mwh, medium.unserved_mwh) == (17, 4)
    assert sum(size.jobs for size in by_size.values()) == 4
