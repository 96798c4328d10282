"""Two live regions, and two jobs of which the second is queued behind the first."""

from support.sites import calm, changed, fleet_of, hour, job, region

FLEET = fleet_of(region("alpha"), region("beta"))
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
# Beta is more expensive.
STORED = calm(FLEET, levels={"price_usd_per_mwh": {"beta": 90.0}})
# Corrected telemetry: the base load of alpha in the last days leaves only 0.2 MW.
CORRECTED = changed(STORED, "it_load_mw", (0, slice(STORED.position(AT) - 48, None)), 9.8)
# The first job takes the 4 MW of alpha until 05, and the second job is queued behind it.
FIRST = job("first", power_mw=4.0, duration_h=4, deadline_utc=AT + 5, regions=("alpha",))
SECOND = job("second", power_mw=2.0, duration_h=2, deadline_utc=AT + 12)
