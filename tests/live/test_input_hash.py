"""The input hash covers everything that was known at an origin, and nothing else."""

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted
from support.sites import NAIVE, calm, changed, fleet_of, region

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.live.input_hash import input_hashes
from fleet.preparation.settings import Settings

FLEET = fleet_of(region("alpha"), region("beta"))
WHOLE = calm(FLEET, 3)
ORIGIN = 40


def hash_of(telemetry=WHOLE, fleet=FLEET, settings=NAIVE, origin=ORIGIN, outlooks=None) -> str:
    """Return the hash of one origin."""
    (input_hash,) = input_hashes(telemetry, outlooks, fleet, settings, np.array([origin]))
    return input_hash


def test_a_live_origin_has_the_hash_of_the_same_origin_in_a_replay():
    batch = input_hashes(WHOLE, None, FLEET, NAIVE, np.arange(30, 60))
    assert batch[ORIGIN - 30] == hash_of() == hash_of(WHOLE.hours(0, ORIGIN + 1))
    assert len(set(batch)) == 30


@pytest.mark.parametrize("how", CORRUPTIONS)
def test_values_after_the_origin_do_not_change_the_hash(how):
    values = {name: corrupted(grid, ORIGIN, how) for name, grid in WHOLE.values.items()}
    assert hash_of(Telemetry(regions=WHOLE.regions, time_utc=WHOLE.time_utc, values=values)) == hash_of()


@pytest.mark.parametrize("column", list(WHOLE.values))
@pytest.mark.parametrize("value", [7.5, np.nan])
def test_every_known_value_changes_the_hash(column, value):
    assert hash_of(changed(WHOLE, column, (1, ORIGIN), value)) != hash_of()


def test_fleet_settings_and_time_change_the_hash():
    assert hash_of(fleet=fleet_of(region("alpha"), region("beta", grid_limit_mw=19))) != hash_of()
    assert hash_of(settings=Settings(forecaster="seasonal_naive", confidence=0.9)) != hash_of()
    assert hash_of(calm(FLEET, 3, start="2024-01-02T00")) != hash_of()


def test_a_time_zone_does_not_change_the_hash():
    assert hash_of(fleet=fleet_of(region("alpha"), region("beta", time_zone="Europe/Dublin"))) == hash_of()


def outlooks_with(issue, value, *, steps=24, first=ORIGIN + 1):
    """Return two issues, one known at the decision of ORIGIN and one issued after it; issue number `issue` is changed.

    Args:
        first: hour of the first issue.
    """
    grid = np.full((2, 2, steps), np.nan)
    grid[:, 0, :24], grid[:, 1] = 20.0, 20.0
    grid[:, issue, :24] = value
    hours = WHOLE.time_utc[0] + np.array([first, ORIGIN + 2])
    return Outlooks(regions=WHOLE.regions, issued_utc=hours, values={"temperature_c": grid})


def test_outlooks_known_at_the_decision_change_the_hash_and_later_ones_do_not():
    unchanged = hash_of(outlooks=outlooks_with(0, 20.0))
    assert hash_of(outlooks=outlooks_with(0, 25.0)) != unchanged
    assert hash_of(outlooks=outlooks_with(1, 25.0)) == unchanged
    # The time of the issue matters. Empty steps, which a longer later issue adds to the array, do not.
    assert hash_of(outlooks=outlooks_with(0, 20.0, first=ORIGIN)) != unchanged
    assert hash_of(outlooks=outlooks_with(0, 20.0, steps=48)) == unchanged
    batch = input_hashes(WHOLE, outlooks_with(0, 20.0), FLEET, NAIVE, np.arange(30, 60))
    assert batch[ORIGIN - 30] == unchanged
