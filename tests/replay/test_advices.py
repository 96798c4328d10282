"""A replay counts how often the owners of running jobs were advised to migrate them."""

from support.sites import calm, changed, fleet_of, hour, job, region

from fleet.preparation.settings import Settings
from fleet.replay.closed_loop import ReplayOptions, replay_policies

FLEET = fleet_of(region("alpha"), region("beta"))
CALM = calm(FLEET)
FROM = hour("2024-05-20T00")
# Its forecast follows a jump at once, while jobs of a day still run.
PERSISTENT = Settings(forecaster="persistence")
JUMPED = changed(CALM, "it_load_mw", (0, slice(CALM.position(FROM) + 6, None)), 9.0)


def advices(telemetry, *policies) -> dict[str, int]:
    jobs = [
        job(name, power_mw=1.0, duration_h=24, earliest_utc=FROM + 1, deadline_utc=FROM + 26, regions=("alpha",))
        for name in ("a", "b")
    ]
    found = replay_policies(
        telemetry, jobs, FLEET, ReplayOptions(policies=policies, settings=PERSISTENT, test_start=FROM)
    )
    return {name: found.outcomes[name].counts.migrate_advices for name in policies}


def test_a_load_that_jumps_raises_advice_once_a_job_and_a_calm_one_none():
    # Less than 1 MW is left at the bound, so that neither can stay, in every hour until they end.
    assert advices(JUMPED, "greedy", "home_region") == {"greedy": 2, "home_region": 0}
    assert advices(CALM, "greedy") == {"greedy": 0}
