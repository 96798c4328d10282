import json
import math

import pytest
from support.frames import evidence, write_evidence, write_workspace

from fleet.dashboard.data import open_replay
from fleet.errors import DataError


def test_the_evidence_read_is_the_evidence_written(tmp_path):
    read, written = open_replay(write_evidence(tmp_path)).evidence, evidence()
    # NaN differs from itself, but its text does not.
    assert repr(read.bounds["dew_point_c"]["ireland"].others) == repr(written.bounds["dew_point_c"]["ireland"].others)
    assert json.dumps(read.as_dict()) == json.dumps(written.as_dict())


def test_nulls_come_back_as_nan_and_infinity(tmp_path):
    read = open_replay(write_evidence(tmp_path)).evidence
    no_case = read.bounds["temperature_c"]["arizona"].selected
    assert no_case.count == 0
    assert all(math.isnan(value) for value in (no_case.share, *no_case.interval_95))
    assert math.isnan(read.reference["ireland"].reference.mean_width)
    assert read.breaches.bound == [math.inf, 0.12]


def test_a_policy_without_a_controller_has_no_bound(tmp_path):
    workspace = write_evidence(tmp_path)
    content = json.loads(workspace.evidence.read_text())
    content["breaches"]["bound"] = None
    workspace.evidence.write_text(json.dumps(content))
    assert open_replay(workspace).evidence.breaches.bound is None


def test_windows_are_numbers_again(tmp_path):
    path = open_replay(write_evidence(tmp_path)).evidence.bounds["temperature_c"]["arizona"].path
    assert list(path.by_window) == [24]


def test_a_workspace_of_an_earlier_version_has_no_evidence(tmp_path):
    assert open_replay(write_workspace(tmp_path)).evidence is None


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "is not JSON"),
        ("[]", "does not have the format of this version: .* at the top"),
        ("{}", "does not have the format of this version: Field required at confidence"),
        (
            '{"confidence": 0.95, "reference": null}',
            "does not have the format of this version: Field required at policy",
        ),
    ],
)
def test_a_file_of_another_format_is_refused_in_one_line(tmp_path, content, fault):
    workspace = write_evidence(tmp_path)
    workspace.evidence.write_text(content)
    with pytest.raises(
        DataError, match=rf"evidence\.json ({fault}); run `fleet demo` or `fleet replay --home` again"
    ) as refusal:
        open_replay(workspace)
    assert "\n" not in str(refusal.value)


def test_a_replay_without_a_full_year_has_no_reference(tmp_path):
    workspace = write_evidence(tmp_path)
    content = json.loads(workspace.evidence.read_text())
    workspace.evidence.write_text(json.dumps({**content, "reference": None}))
    assert open_replay(workspace).evidence.reference is None
