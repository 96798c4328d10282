"""The decisions of an hour in full: equal jobs are explained once, and each still gets its own decision."""

import numpy as np
import pytest
from support.sites import job, prepared_of

from fleet.decisions.decide import decide
from fleet.decisions.hour_result import HourResult
from fleet.decisions.state import State
from fleet.domain.workload import Workload
from fleet.placement import POLICIES

REGIONS = ("alpha", "beta")
ARRAY = [job(f"a{index}", power_mw=1.5) for index in range(5)]
OTHERS = [job("big", power_mw=9.0), job("beta", power_mw=1.5, regions=("beta",), home_region="beta")]


def hour_result(jobs, policy) -> HourResult:
    """Return the result of an hour in which alpha has 4 MW and beta 3 MW."""
    headroom = np.broadcast_to(np.array([4.0, 3.0])[None, :, None], (1, 2, 6))
    prepared = prepared_of(headroom, regions=REGIONS)
    work = Workload.of(jobs, REGIONS)
    state = State.empty(prepared, longest_job_h=48, controlled=True)
    return decide(prepared, state, work, np.arange(len(jobs)), POLICIES[policy]())[0]


@pytest.mark.parametrize("policy", ["greedy", "priced", "home_region"])
def test_each_job_of_an_array_gets_the_decision_that_it_would_get_alone(policy, monkeypatch):
    result = hour_result([*ARRAY, *OTHERS], policy)
    alone = [result.decision(entry) for entry in range(len(result))]
    explained = []
    decision = HourResult.decision

    def counted(self, entry):
        explained.append(entry)
        return decision(self, entry)

    monkeypatch.setattr(HourResult, "decision", counted)
    assert result.decisions() == alone
    places = {(one.region, one.start_utc) for one in alone if one.job_id.startswith("a")}
    assert len(explained) == len(places) + len(OTHERS)
