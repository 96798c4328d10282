import json

import pytest

from fleet.errors import DataError
from fleet.storage.ruling_log import RulingEntry, append_ruling, read_rulings

KIND_UNKNOWN = (
    '{"region": "alpha", "column": "it_load_mw", "first_utc": "2024-05-01T00Z", "last_utc": "2024-05-01T05Z", '
    '"by": "Ann", "reason": "r", "made_utc": "2024-05-02T00:00:00Z", "kind": "repair"}'
)


def entry(reason: str) -> RulingEntry:
    return RulingEntry(
        region="alpha",
        column="it_load_mw",
        first_utc="2024-05-01T00Z",
        last_utc="2024-05-01T05Z",
        by="Ann",
        reason=reason,
        made_utc="2024-05-02T00:00:00Z",
    )


def test_rulings_are_appended_and_read_in_order(tmp_path):
    path = tmp_path / "home" / "releases.jsonl"
    assert read_rulings(path) == []
    append_ruling(path, entry("site was off"))
    append_ruling(path, entry("checked by hand\nat the meter"))
    assert [ruling.reason for ruling in read_rulings(path)] == ["site was off", "checked by hand\nat the meter"]


@pytest.mark.parametrize("line", ["{", "{}", "[]", KIND_UNKNOWN])
def test_a_damaged_line_is_refused_with_its_number(tmp_path, line):
    path = tmp_path / "releases.jsonl"
    append_ruling(path, entry("site was off"))
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match="line 2 is damaged"):
        read_rulings(path)


def test_a_line_without_a_kind_is_a_release_of_telemetry(tmp_path):
    path = tmp_path / "releases.jsonl"
    append_ruling(path, entry("site was off"))
    fields = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in fields.items() if key not in {"kind", "table"}}) + "\n")
    (ruling,) = read_rulings(path)
    assert (ruling.kind, ruling.table) == ("release", "telemetry")
