"""Runs the whole chain on one screen: python examples/one_day.py

Makes a twin of three regions with half a year of history, then decides the jobs of one hour in July.
"""

import numpy as np

from fleet.decisions.decide import decide
from fleet.decisions.state import State
from fleet.domain.clock import iso
from fleet.domain.job_table import jobs_from_frame
from fleet.domain.workload import Workload
from fleet.fleets import load_fleet
from fleet.placement import POLICIES
from fleet.preparation.prepare import prepare
from fleet.preparation.settings import Settings
from fleet.twin import make_twin

fleet = load_fleet()
twin = make_twin(fleet, start=np.datetime64("2024-01-01T00", "h"), hours=24 * 210, seed=7)

# The origin is noon in Arizona on a hot day. Nothing below uses a later hour.
origin = twin.telemetry.position(np.datetime64("2024-07-10T19", "h"))
first_hour = twin.telemetry.time_utc[origin] + np.timedelta64(1, "h")

# From telemetry to forecasts, bounds and headroom, at this one origin.
prepared = prepare(twin.telemetry.hours(0, origin + 1), fleet, np.array([origin]), Settings(confidence=0.95))
ahead = prepared.ahead(step=0, hours=24)
print(f"Headroom in MW after {iso(twin.telemetry.time_utc[origin])}, with 95 % confidence, every third hour:")
for index, region in enumerate(fleet.regions):
    print(f"  {region.id:<8}", " ".join(f"{mw:5.1f}" for mw in ahead.headroom_mw[index, ::3]))

# From headroom to decisions, for the jobs that arrive in the next hour.
jobs = jobs_from_frame(twin.jobs, table="the twin's jobs", regions=fleet.regions).jobs
arrived = [job for job in jobs if job.earliest_utc == first_hour]
state = State.empty(prepared, longest_job_h=max(job.duration_h for job in arrived))
work = Workload.of(arrived, fleet.region_ids)
result, state = decide(prepared, state, work, np.arange(len(work)), POLICIES["greedy"]())
for decision in result.decisions():
    start = "-" if decision.start_utc is None else iso(decision.start_utc)
    print(f"{decision.verdict.value:<6} {decision.job_id:<15} {decision.region or '-':<8} {start:<18}")
    print(f"       {decision.reason}")
