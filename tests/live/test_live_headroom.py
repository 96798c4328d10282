"""The live curve of two calm regions: 10 MW of IT power less 6 MW of load leave 4 MW, until jobs are placed."""

import json

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted
from support.sites import NAIVE, calm, fleet_of, hour, job, region

from fleet.domain.decision import Verdict
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.live.hour import LiveInputs, decide_live_hour
from fleet.live.live_headroom import live_curve
from fleet.physics.limits import CONTROLLER

FLEET = fleet_of(region("alpha"), region("beta"))
STORED = calm(FLEET)
AT = hour("2024-05-20T00")
NOW = "2024-05-20T01:00:05Z"
FIVE_HOURS = job(power_mw=1.3, duration_h=5, earliest_utc=AT + 1, deadline_utc=AT + 6, regions=("alpha",))


def curve_at(ledger, *, telemetry=STORED, duration_h=1, at=AT) -> HeadroomCurve:
    inputs = LiveInputs(telemetry=telemetry, fleet=FLEET, settings=NAIVE, at=at)
    return live_curve(inputs, ledger, duration_h=duration_h)


def decide(ledger, jobs):
    inputs = LiveInputs(telemetry=STORED, fleet=FLEET, settings=NAIVE, at=AT)
    return decide_live_hour(inputs, jobs, ledger, policy="greedy", made_utc=NOW)


def approve_five_hours(ledger) -> str:
    """Approve FIVE_HOURS; return the id of the decision."""
    (entry,) = decide(ledger, [FIVE_HOURS]).entries
    assert entry.decision.verdict is Verdict.APPROVE
    return entry.id


def test_the_power_of_an_approved_job_is_subtracted_once_in_its_hours_only(ledger):
    before = curve_at(ledger)
    approve_five_hours(ledger)
    after = curve_at(ledger)
    subtracted_mw = before.headroom_mw - after.headroom_mw
    np.testing.assert_allclose(subtracted_mw[0, :5], 1.3, atol=1e-6)
    assert (subtracted_mw[0, 5:] == 0).all()
    assert (subtracted_mw[1] == 0).all()
    np.testing.assert_array_equal(after.reserved_mw[0], [1.3] * 5 + [0.0] * 19)
    np.testing.assert_array_equal(before.headroom_mw, 4.0)


@pytest.mark.slow
def test_two_hours_later_only_the_remaining_hours_are_reserved(ledger):
    approve_five_hours(ledger)
    np.testing.assert_array_equal(curve_at(ledger, at=AT + 2).reserved_mw[0], [1.3] * 3 + [0.0] * 21)


def test_a_job_that_a_person_withdrew_reserves_nothing(ledger):
    ledger.override(approve_five_hours(ledger), Verdict.DENY, by="Ann", reason="fire drill", made_utc=NOW)
    np.testing.assert_array_equal(curve_at(ledger).headroom_mw, 4.0)


def test_without_a_ledger_nothing_is_reserved(ledger):
    assert curve_at(None).as_dict(FLEET.region_ids) == curve_at(ledger).as_dict(FLEET.region_ids)


def test_a_region_with_too_many_unresolved_jobs_has_no_headroom(ledger):
    # A region takes at most 500 approvals whose outcome is not known. Equal jobs would be an array, which counts once.
    powers_mw = 0.001 + 1e-6 * np.arange(500)
    decide(ledger, [job(f"j{mw}", power_mw=float(mw), regions=("alpha",)) for mw in powers_mw])
    curve = curve_at(ledger)
    assert all(binding.limit == CONTROLLER for binding in curve.binding[0])
    assert (curve.headroom_mw[0] == 0).all()
    assert (curve.headroom_mw[1] == 4.0).all()


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_values_after_the_origin_do_not_change_the_curve(how):
    origin = STORED.position(AT)
    values = {name: corrupted(grid, origin, how) for name, grid in STORED.values.items()}
    corrupt = Telemetry(regions=STORED.regions, time_utc=STORED.time_utc, values=values)
    original, other = (
        json.dumps(curve_at(None, telemetry=telemetry).as_dict(FLEET.region_ids)) for telemetry in (STORED, corrupt)
    )
    assert original == other


@pytest.mark.parametrize("duration_h", [0, -1, 337])
def test_a_duration_that_no_job_may_have_is_refused(duration_h):
    with pytest.raises(ConfigError, match=f"duration is {duration_h} h, expected 1 to 336 h"):
        curve_at(None, duration_h=duration_h)


def test_an_hour_without_telemetry_is_refused():
    with pytest.raises(DataError, match="outside the telemetry"):
        curve_at(None, at=hour("2030-01-01T00"))
