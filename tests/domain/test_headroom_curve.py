import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.curves import curve

from fleet.domain.headroom_curve import rounded_down_mw
from fleet.storage.files import write_json
from fleet.units import DUST_MW


@pytest.mark.parametrize(
    ("mw", "shown"),
    [(12.39, 12.3), (12.3, 12.3), (12.299999, 12.2), (4.0 - 0.7, 3.3), (0.09, 0.0), (-3.0, 0.0), (-np.inf, 0.0)],
)
def test_headroom_is_shown_in_tenths_that_are_there(mw, shown):
    assert rounded_down_mw(np.array([mw]))[0] == shown


@given(st.floats(-1e4, 1e4))
def test_rounding_gives_nothing_away_and_takes_less_than_a_tenth(mw):
    (shown,) = rounded_down_mw(np.array([mw]))
    assert max(mw, 0) - 0.1 < shown <= max(mw, 0) + 2 * DUST_MW
    assert rounded_down_mw(np.array([shown]))[0] == shown


def test_a_start_is_the_hour_in_which_a_job_would_begin():
    own = curve()
    assert (own.start_utc - own.origin_utc).astype(int).tolist() == [1, 2, 3]


def test_what_is_written_has_no_number_that_is_none(tmp_path):
    write_json(tmp_path / "out.json", curve().as_dict(["beta"]))
    content = json.loads((tmp_path / "out.json").read_text())
    assert content["origin_utc"] == "2024-05-20T00:00Z"
    assert (content["confidence"], content["duration_h"]) == (0.95, 1)
    assert list(content["regions"]) == ["beta"]
    first, _, closed = content["regions"]["beta"]["hours"]
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
        "limits_mw": {"outdoor": None, "inlet": 12.0, "it": 10.0, "cooling": 8.0, "grid": 11.0},
    }
    assert (closed["level"], closed["bound"], closed["limit"]) == (None, None, None)
    assert set(closed["limits_mw"].values()) == {None}


def test_the_fixed_grid_is_written_by_level_window_and_start():
    grid = curve().as_dict(["alpha"])["regions"]["alpha"]["by_level"]
    assert (grid["levels"], grid["windows_h"]) == ([0.0, 1.0], [1, 2])
    assert grid["headroom_mw"] == [[[8.0, 7.0, 6.0], [7.0, 6.0, 5.0]], [[6.0, 5.0, 4.0], [5.0, 4.0, 3.0]]]
