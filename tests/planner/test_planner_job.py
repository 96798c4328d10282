from datetime import datetime, timedelta

import numpy as np
import pytest
from support.planning import a_job, at

from fleet.errors import PlacementError
from fleet.planner.planner_job import PlannerJob

VALID = {
    "id": "job",
    "uses": {"mw": 0.4},
    "duration": timedelta(hours=1),
    "earliest_utc": at(0),
    "deadline_utc": at(8),
}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("id", "", "expected a text"),
        ("id", 7, "expected a text"),
        ("uses", {}, "expected a use for each resource"),
        ("uses", {"mw": -1.0}, "expected 0 to"),
        ("uses", {"mw": float("nan")}, "expected 0 to"),
        ("uses", {"mw": "much"}, "expected 0 to"),
        ("uses", {"mw": True}, "expected 0 to"),
        ("uses", {"mw": 10**400}, "expected 0 to"),
        ("duration", timedelta(0), "expected a timedelta above zero"),
        ("duration", 4, "expected a timedelta above zero"),
        ("duration", timedelta(hours=3), "expected at most the 2:00:00"),
        ("earliest_utc", datetime(2026, 1, 5), "without a time zone"),
        ("deadline_utc", np.datetime64("2026-01-05"), "has the type datetime64, expected a datetime"),
        ("regions", "east", "expected a tuple of names"),
        ("regions", None, "expected a tuple of names"),
        ("regions", [7], "expected a tuple of names"),
        ("home_region", 7, "expected a name"),
        ("uses", {7: 1.0}, "names the resource 7"),
        ("energy_factor", {7: 1.0}, "names the region 7"),
        ("priority", 1.5, "expected a whole number"),
        ("data_gb", -1, "data_gb is -1"),
        ("data_gb", 1.0, "expected the region that holds the data"),
        ("energy_factor", {"east": 0.0}, "energy_factor of 'east' is 0.0"),
        ("energy_factor", 2.0, "expected a factor for each region"),
    ],
)
def test_a_value_that_no_job_may_have_is_refused_with_the_id_of_the_job(field, value, words):
    with pytest.raises(PlacementError, match=words) as caught:
        PlannerJob(**VALID | {field: value})
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)
    if field != "id":
        assert caught.value.job_id == "job"


def test_numbers_of_numpy_are_numbers():
    assert PlannerJob(**VALID | {"uses": {"mw": np.float32(0.5), "gpu": np.int64(8)}}).uses["gpu"] == 8


def test_a_dictionary_that_changes_later_does_not_change_the_job():
    uses = {"mw": 0.4}
    job = PlannerJob(**VALID | {"uses": uses})
    uses["mw"] = 9.0
    assert job.uses == {"mw": 0.4}
    assert a_job().uses == {"mw": 0.4}
