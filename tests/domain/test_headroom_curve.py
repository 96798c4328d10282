import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.curves import curve

from fleet.domain.headroom_curve import rounded_down_mw
from fleet.storage.files import write_json
from fleet.units import ROUNDING_MW


@pytest.mark.parametrize(
    ("mw", "rounded"),
    [(12.39, 12.3), (12.3, 12.3), (12.299999, 12.2), (4.0 - 0.7, 3.3), (0.09, 0.0), (-3.0, 0.0), (-np.inf, 0.0)],
)
def test_headroom_is_rounded_down_to_tenths_of_a_megawatt(mw, rounded):
    assert rounded_down_mw(np.array([mw]))[0] == rounded


@given(st.floats(-1e4, 1e4))
def test_rounding_never_adds_headroom_and_takes_less_than_a_tenth(mw):
    (rounded,) = rounded_down_mw(np.array([mw]))
    assert max(mw, 0) - 0.1 < rounded <= max(mw, 0) + 2 * ROUNDING_MW
    assert rounded_down_mw(np.array([rounded]))[0] == rounded


def test_starts_are_the_hours_after_the_origin():
    three_starts = curve()
    assert (three_starts.start_utc - three_starts.origin_utc).astype(int).tolist() == [1, 2, 3]


def test_unknown_and_infinite_numbers_are_written_as_null(tmp_path):
    write_json(tmp_path / "out.json", curve().as_dict(["beta"]))
    content = json.loads((tmp_path / "out.json").read_text())
    assert content["origin_utc"] == "2024-05-20T00:00Z"
    assert (content["confidence"], content["duration_h"]) == (0.95, 1)
    assert list(content["regions"]) == ["beta"]
    first, _, without_bound = content["regions"]["beta"]["hours"]
    assert first == {
        "start_utc": "2024-05-20T01:00Z",
        "headroom_mw": 5.0,
        "forecast_headroom_mw": 6.0,
        "reserved_mw": 2.0,
        "binding": "cooling",
        "binding_hour_utc": "2024-05-20T01:00Z",
        "bound": 3.0,
        "limit": 8.0,
        "unit": "MW",
        "level": 1.5,
        "weather_level": 0.5,
        "load_level": 1.5,
        "limits_mw": {"outdoor": None, "inlet": 12.0, "it": 10.0, "cooling": 8.0, "grid": 11.0},
    }
    assert (without_bound["level"], without_bound["bound"], without_bound["limit"]) == (None, None, None)
    assert set(without_bound["limits_mw"].values()) == {None}


def test_the_fixed_grid_is_written_by_level_window_and_start():
    grid = curve().as_dict(["alpha"])["regions"]["alpha"]["by_level"]
    assert (grid["levels"], grid["windows_h"]) == ([0.0, 1.0], [1, 2])
    assert grid["headroom_mw"] == [[[8.0, 7.0, 6.0], [7.0, 6.0, 5.0]], [[6.0, 5.0, 4.0], [5.0, 4.0, 3.0]]]
