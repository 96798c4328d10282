"""The checks of a job."""

import numpy as np
import pytest
from support.sites import hour, job

from fleet.errors import PlacementError


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"power_mw": 0.0}, "power_mw is 0, expected more than zero"),
        ({"power_mw": -1.0}, "power_mw is -1"),
        ({"power_mw": np.nan}, "power_mw is nan"),
        ({"power_mw": np.inf}, "power_mw is inf"),
        ({"duration_h": 0}, "duration_h is 0, expected 1 to 336 whole hours"),
        ({"duration_h": 337, "deadline_utc": hour("2024-08-01")}, "duration_h is 337"),
        # 01:00 to 07:00 are six hours.
        ({"duration_h": 7}, "duration_h is 7, expected at most the 6 h of its window"),
        ({"deadline_utc": hour("2024-05-20T00")}, "expected a deadline after the earliest start"),
        ({"deadline_utc": hour("2024-05-20T01")}, "expected a deadline after the earliest start"),
        ({"regions": ("beta",)}, "home_region is alpha, expected one of its allowed regions beta"),
        ({"regions": ("alpha", "beta", "alpha")}, "regions are alpha, beta, alpha, expected each region once"),
        ({"data_gb": -1.0}, "data_gb is -1, expected zero or more"),
        ({"data_gb": np.inf}, "data_gb is inf"),
    ],
)
def test_a_job_that_cannot_be_placed_is_refused(changes, reason):
    with pytest.raises(PlacementError) as error:
        job("a", **changes)
    assert reason in error.value.reason
    assert str(error.value) == f"job a: {error.value.reason}"
    assert error.value.job_id == "a"


def test_a_window_as_long_as_the_job_is_enough():
    assert job(duration_h=6).latest_start_utc == hour("2024-05-20T01")
