"""A planner moves data before a job starts away from home."""

import numpy as np
import pytest
from support.planning import NOW, a_job, a_planner, at, verdicts

from fleet import Transfers


def test_data_move_before_the_job_starts_away_from_home():
    """One gigabyte takes half an hour from east to west: a job of 1 GB starts there two steps later."""
    transfers = Transfers(usd_per_gb=[[0, 0.5], [0.5, 0]], h_per_gb=[[0, 0.5], [0.5, 0]])
    planner = a_planner(costs=((500.0,), (40.0,)), transfers=transfers)
    result = planner.step(NOW, [a_job(home_region="east", data_gb=1.0)])
    verdict = verdicts(result)["job"]
    assert (verdict.verdict, verdict.region, verdict.start_utc) == ("approve", "west", at(2))
    assert verdict.transfer_utc == NOW
    assert result.objective_usd == pytest.approx(0.4 * 0.5 * 40 + 0.5)
    # The place is fixed: a cheaper region no longer attracts the job.
    result = planner.step(at(1), costs=np.array([[1.0], [900.0]]).repeat(15, 1))
    assert len(result) == 0


def test_a_transfer_that_costs_more_than_it_saves_keeps_the_job_at_home():
    transfers = Transfers(usd_per_gb=[[0, 9.0], [9.0, 0]])
    job = a_job(home_region="east", data_gb=1.0)
    assert verdicts(a_planner(transfers=transfers).step(NOW, [job]))["job"].region == "east"


def test_a_job_in_transfer_loses_a_place_that_no_longer_fits():
    transfers = Transfers(h_per_gb=[[0, 0.5], [0.5, 0]])
    planner = a_planner(costs=((500.0,), (40.0,)), transfers=transfers)
    planner.step(NOW, [a_job(home_region="east", data_gb=1.0)])
    less = np.array([[1.0] * 15, [0.0] * 15])
    verdict = verdicts(planner.step(at(1), capacity=less))["job"]
    assert (verdict.region, verdict.start_utc, verdict.lost_place) == ("east", at(1), False)


def test_a_pair_of_regions_without_a_transfer_is_not_used():
    transfers = Transfers(h_per_gb=[[0, np.inf], [np.inf, 0]])
    planner = a_planner(costs=((500.0,), (40.0,)), transfers=transfers)
    jobs = [a_job("data", home_region="east", data_gb=1.0), a_job("none", home_region="east")]
    result = verdicts(planner.step(NOW, jobs))
    assert (result["data"].region, result["none"].region) == ("east", "west")
