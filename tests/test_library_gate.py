"""The verbs of the library pass the quality rules, and take what went through them as it is."""

from dataclasses import replace

import numpy as np
import pytest

import fleet
from fleet.domain.job import Job
from fleet.fleets import load_fleet
from fleet.twin import make_twin

START = np.datetime64("2024-01-01T00", "h")
DAYS = 150


@pytest.fixture(scope="module")
def site() -> tuple[fleet.Fleet, fleet.Telemetry]:
    """Return one region and its telemetry; the load meter is dead in the last six hours."""
    regions = load_fleet()
    own = regions.model_copy(update={"regions": regions.regions[:1]})
    telemetry = make_twin(own, start=START, hours=24 * DAYS, seed=3).telemetry
    load = telemetry.values["it_load_mw"].copy()
    load[0, -6:] = 0.0
    return own, replace(telemetry, values=dict(telemetry.values) | {"it_load_mw": load})


def released(own: fleet.Fleet, telemetry: fleet.Telemetry) -> fleet.Checked:
    ruling = fleet.Ruling(
        kind="release",
        region=own.region_ids[0],
        column="it_load_mw",
        first_utc=telemetry.time_utc[-6],
        last_utc=telemetry.time_utc[-1],
    )
    return fleet.hold(telemetry, fleet=own, rulings=[ruling])


@pytest.mark.slow
def test_headroom_does_not_open_on_a_dead_meter(site):
    own, telemetry = site
    held = fleet.headroom(telemetry, own)
    believed = fleet.headroom(released(own, telemetry), own)
    by_hand = fleet.headroom(fleet.hold(telemetry, fleet=own), own)
    assert np.array_equal(held.headroom_mw, by_hand.headroom_mw)
    assert held.headroom_mw.max() < 0.85 * believed.headroom_mw.max()


def test_a_forecast_and_a_decision_use_checked_values(site):
    own, telemetry = site
    held, believed = (fleet.forecast(seen, "it_load_mw") for seen in (telemetry, released(own, telemetry)))
    assert held.forecast[0, 0] > 1.5 * believed.forecast[0, 0]
    first = telemetry.time_utc[-1] + 1
    job = Job(
        id="job",
        power_mw=1.0,
        duration_h=2,
        earliest_utc=first,
        deadline_utc=first + 20,
        home_region=own.region_ids[0],
    )
    (decision,) = fleet.decide(telemetry, own, [job])
    assert decision.verdict


def test_a_held_value_is_not_scored(site):
    _, telemetry = site
    protocol = fleet.Protocol(target="it_load_mw", forecaster="persistence", test_start=telemetry.time_utc[-72])
    held = fleet.evaluate(telemetry, protocol).regions[0].scores
    assert held.gaps > 0


def test_other_outlooks_beside_checked_telemetry_are_refused(site):
    own, telemetry = site
    outlooks = fleet.Outlooks(
        regions=own.region_ids, issued_utc=telemetry.time_utc[:1], values={"temperature_c": np.ones((1, 1, 2))}
    )
    with pytest.raises(fleet.FleetError, match=r"hold\(\)"):
        fleet.headroom(fleet.hold(telemetry, fleet=own), own, outlooks=outlooks)
