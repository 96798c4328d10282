"""Columns that are forecast in processes of their own, and the same columns one after the other."""

import sys

import numpy as np
import pytest
from support.same_conditions import assert_same_conditions
from support.sites import DAY, calm, changed, fleet_of, summer_twin

from fleet import side_by_side
from fleet.errors import DataError
from fleet.fleets import load_fleet
from fleet.preparation.prepare import prepare
from fleet.preparation.settings import Settings
from fleet.side_by_side import run_in_turn, run_side_by_side

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux copies a process cheaply")


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch):
    monkeypatch.setattr(side_by_side, "_cores", lambda: 2)


def test_the_results_are_the_same_to_the_last_bit():
    fleet, days = load_fleet(), 60
    gapped = changed(summer_twin().telemetry.hours(0, days * DAY), "it_load_mw", (0, slice(900, 930)), np.nan)
    origins, shares = np.arange((days - 8) * DAY, days * DAY), []
    in_turn = prepare(gapped, fleet, origins, Settings(), run=run_in_turn)
    together = prepare(gapped, fleet, origins, Settings(), run=run_side_by_side, progress=shares.append)
    assert_same_conditions(together.near, in_turn.near)
    assert_same_conditions(together.far.forecast.conditions, in_turn.far.forecast.conditions)
    for name, known in in_turn.residuals.items():
        np.testing.assert_array_equal(together.residuals[name].forecast, known.forecast, err_msg=name)
    for name in ("safe_load_mw", "load_mw", "weather_required", "load_required"):
        np.testing.assert_array_equal(getattr(together.levels, name), getattr(in_turn.levels, name), err_msg=name)
        far, expected = (getattr(prepared.far.forecast.levels, name) for prepared in (together, in_turn))
        np.testing.assert_array_equal(far, expected, err_msg=name)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_an_error_of_a_column_is_the_error_of_the_whole():
    fleet = fleet_of()
    with pytest.raises(DataError, match="days of history"):
        prepare(calm(fleet), fleet, np.array([DAY]), Settings(), run=run_side_by_side)
