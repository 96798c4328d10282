import pytest

from fleet.errors import DataError
from fleet.storage.release_log import ReleaseEntry, append_release, read_releases


def entry(reason: str) -> ReleaseEntry:
    return ReleaseEntry(
        region="alpha",
        column="it_load_mw",
        first_utc="2024-05-01T00Z",
        last_utc="2024-05-01T05Z",
        by="Ann",
        reason=reason,
        made_utc="2024-05-02T00:00:00Z",
    )


def test_releases_are_appended_and_read_in_order(tmp_path):
    path = tmp_path / "home" / "releases.jsonl"
    assert read_releases(path) == []
    append_release(path, entry("site was off"))
    append_release(path, entry("checked by hand\nat the meter"))
    assert [release.reason for release in read_releases(path)] == ["site was off", "checked by hand\nat the meter"]


@pytest.mark.parametrize("line", ["{", "{}", "[]"])
def test_a_damaged_line_is_refused_with_its_number(tmp_path, line):
    path = tmp_path / "releases.jsonl"
    append_release(path, entry("site was off"))
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match="line 2 is damaged"):
        read_releases(path)
