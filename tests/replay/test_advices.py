"""A replay counts how often the owners of running jobs were advised to migrate them."""

import pytest
from support.sites import calm, changed, fleet_of, hour, job, region

from fleet.preparation.settings import Settings
from fleet.replay.closed_loop import ReplayOptions, replay_policies

FLEET = fleet_of(region("alpha"), region("beta"))
CALM = calm(FLEET)
START = hour("2024-05-20T00")
# This forecast follows a jump at once, while the jobs still run.
PERSISTENCE = Settings(forecaster="persistence")
JUMPED = changed(CALM, "it_load_mw", (0, slice(CALM.position(START) + 6, None)), 9.0)


def advices_by_policy(telemetry, *policies) -> dict[str, int]:
    """Replay two jobs of a day in alpha; return the number of advices by policy."""
    jobs = [
        job(name, power_mw=1.0, duration_h=24, earliest_utc=START + 1, deadline_utc=START + 26, regions=("alpha",))
        for name in ("a", "b")
    ]
    options = ReplayOptions(policies=policies, settings=PERSISTENCE, test_start=START)
    replay = replay_policies(telemetry, jobs, FLEET, options)
    return {name: replay.outcomes[name].counts.migrate_advices for name in policies}


@pytest.mark.slow
def test_each_running_job_gets_one_advice_after_a_jump_of_the_load_and_none_without():
    # After the jump less than 1 MW is left at the bound, so neither job can stay.
    assert advices_by_policy(JUMPED, "greedy", "home_region") == {"greedy": 2, "home_region": 0}
    assert advices_by_policy(CALM, "greedy") == {"greedy": 0}
