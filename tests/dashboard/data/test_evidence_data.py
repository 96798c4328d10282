import json

import pytest
from support.frames import evidence, write_evidence, write_workspace

from fleet.dashboard.data import open_views
from fleet.errors import DataError


def test_what_is_read_is_what_was_written(tmp_path):
    found, written = open_views(write_evidence(tmp_path)).evidence, evidence()
    # NaN is not itself; as text it is.
    assert repr(found.bounds["dew_point_c"]["ireland"].others) == repr(written.bounds["dew_point_c"]["ireland"].others)
    assert json.dumps(found.as_dict()) == json.dumps(written.as_dict())


def test_a_workspace_of_before_has_none(tmp_path):
    assert open_views(write_workspace(tmp_path)).evidence is None


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"confidence": 0.95, "reference": null}'])
def test_what_is_no_evidence_is_refused_in_one_line(tmp_path, content):
    workspace = write_evidence(tmp_path)
    workspace.evidence.write_text(content)
    with pytest.raises(DataError, match=r"evidence\.json is not what this version writes; run `fleet demo` again"):
        open_views(workspace)


def test_a_replay_without_a_full_year_has_no_reference(tmp_path):
    workspace = write_evidence(tmp_path)
    content = json.loads(workspace.evidence.read_text())
    workspace.evidence.write_text(json.dumps({**content, "reference": None}))
    assert open_views(workspace).evidence.reference is None
