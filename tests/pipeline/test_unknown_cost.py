"""What is expected of carbon and price where telemetry has no value of them."""

import numpy as np
import pytest
from sites import CALM_DAYS, DAY, NAIVE, ONE_HOUR, calm, changed, decided, fleet_of, job, region

from fleet.errors import DataError
from fleet.pipeline import prepare, with_foresight

FLEET = fleet_of(region("alpha"), region("beta"))
LAST = CALM_DAYS * DAY - 1
BETA = 1


@pytest.mark.parametrize("name", ["carbon_g_per_kwh", "price_usd_per_mwh"])
def test_what_has_not_been_seen_for_long_is_expected_to_go_on(name):
    silent = changed(calm(FLEET), name, (BETA, slice(LAST - 100 * DAY, None)), np.nan)
    prepared = prepare(silent, FLEET, np.array([LAST]), NAIVE)
    np.testing.assert_allclose(prepared.near.cost_usd_per_mwh[:, BETA], prepared.near.cost_usd_per_mwh[:, 0])
    assert (prepared.near.headroom_mw[:, BETA] > 0).all()


def test_carbon_never_seen_in_one_region_refuses_all_of_them():
    with pytest.raises(DataError, match="carbon_g_per_kwh has no value in region beta"):
        prepare(changed(calm(FLEET), "carbon_g_per_kwh", (BETA, slice(None)), np.nan), FLEET, np.array([LAST]), NAIVE)


def test_foresight_without_a_price_goes_where_the_cost_is_known_if_the_job_may():
    origin = LAST - DAY
    # From the origin on; beta would be the cheaper one.
    whole = calm(FLEET, levels={"price_usd_per_mwh": {"beta": 1.0}})
    silent = changed(whole, "price_usd_per_mwh", (BETA, slice(origin + 1, None)), np.nan)
    prepared = with_foresight(prepare(silent, FLEET, np.array([origin]), NAIVE))
    first = silent.time_utc[origin] + ONE_HOUR
    window = {"earliest_utc": first, "deadline_utc": first + 6 * ONE_HOUR, "home_region": "beta"}
    jobs = [job("free", **window), job("bound", **window, regions=("beta",))]
    decisions, _ = decided(prepared, jobs)
    placed = {decision.job_id: decision for decision in decisions}
    assert placed["free"].region == "alpha"
    assert placed["bound"].region is None
    assert np.isnan(placed["bound"].expected.cost_usd)
