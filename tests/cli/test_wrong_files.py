"""A file that cannot be used gives one line and exit code 1, whatever it is and whichever command uses it."""

import gzip
import os
import resource
from pathlib import Path

import polars as pl
import pytest
from support.commands import assert_refused, runner
from support.frames import write_evidence

TABLES = {
    "ingest": ("ingest", "table", "--file"),
    "outlooks": ("ingest", "outlooks", "--file"),
    "evaluate": ("evaluate", "--target", "temperature_c", "--telemetry"),
    "decide": ("decide", "--jobs"),
    "replay": ("replay", "--jobs", "jobs.csv", "--telemetry"),
}
FLEETS = {
    "twin": ("twin", "--hours", "24", "--out", "made", "--fleet"),
    "trip": ("simulate-trip", "--region", "arizona", "--it-load-mw", "50", "--fleet"),
    "headroom": ("headroom", "--duration", "4", "--fleet"),
}
HUGE_ROWS = 10**12
MB = 1024**2


def claims_many_rows(path: Path) -> None:
    """Write a Parquet file of one row whose footer claims 10^12 rows."""
    pl.DataFrame({"region": ["a"], "time_utc": ["2024-01-01"]}).write_parquet(path, statistics=False)
    content = path.read_bytes()
    size = int.from_bytes(content[-8:-4], "little")
    body, footer = content[: -8 - size], content[-8 - size : -8]
    # Thrift: field 3 of the footer, a whole number (0x16), is 1 (zigzag: 2) before and 10^12 after.
    number, digits = 2 * HUGE_ROWS, bytearray()
    while number >= 128:
        digits.append(number & 127 | 128)
        number >>= 7
    changed = footer.replace(b"\x16\x02", b"\x16" + bytes([*digits, number]), 1)
    path.write_bytes(body + changed + len(changed).to_bytes(4, "little") + b"PAR1")


@pytest.fixture
def run(monkeypatch, capsys):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    return runner(monkeypatch, capsys)


@pytest.fixture
def wrong_file(tmp_path, monkeypatch):
    """Makes a file that no command can use, by its kind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path / "home"))

    def make(kind: str) -> Path:
        path = tmp_path / f"given.{kind}"
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        elif kind == "dangling link":
            path.symlink_to(tmp_path / "nowhere")
        elif kind == "endless link":
            path.symlink_to(path)
        elif kind == "device":
            return Path("/dev/zero")
        elif kind == "rows without end":
            claims_many_rows(path)
        elif kind == "packed zeros":
            path.write_bytes(gzip.compress(b"region,time_utc\n" + bytes(64 * MB), compresslevel=9, mtime=0))
        elif kind != "missing":
            path.write_bytes(CONTENTS[kind])
        return path

    return make


CONTENTS = {
    "empty": b"",
    "random bytes": bytes(range(256)) * 40,
    "latin-1": "region,time_utc,temperature_c\nM\xfcnchen,2024-01-01,3\n".encode("latin-1"),
    "cut Parquet": b"PAR1" + b"\xff" * 100 + b"PAR1",
    "list": b"- a\n- b\n",
    "regions as lists": b"name: x\nregions: [[1, 2], [3]]\n",
    "regions as keys": b"name: x\nregions: {a: [1]}\n",
    "key as list": b"? [a, b]\n: 1\n",
    "deep brackets": b"[" * 100_000,
    "deep keys": b"{a: " * 3_000,
    "long number": b"name: " + b"9" * 6_000 + b"\nregions: []\n",
    "control letters": b"name: \x00\x07\nregions: []\n",
    "python tag": b"name: !!python/object/apply:os.system [exit]\nregions: []\n",
    "half a letter": b'name: "\\ud800"\nregions: []\n',
}
COMMON = ["pipe", "folder", "dangling link", "endless link", "device", "missing", "empty", "random bytes", "latin-1"]
TABLE_KINDS = [*COMMON, "cut Parquet", "rows without end", "packed zeros"]
FLEET_KINDS = [*COMMON, *list(CONTENTS)[4:]]


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def assert_one_line(run, words) -> None:
    before = peak_mb()
    result = run(*words)
    assert_refused(result)
    assert len(result.err) < 500
    assert result.out == ""
    assert peak_mb() - before < 1_000


@pytest.mark.slow
@pytest.mark.parametrize("kind", TABLE_KINDS)
@pytest.mark.parametrize("command", TABLES)
def test_a_table_that_cannot_be_used_is_refused(run, wrong_file, tmp_path, command, kind):
    assert_one_line(run, (*TABLES[command], wrong_file(kind)))
    assert not (tmp_path / "home" / "telemetry.parquet").exists()


@pytest.mark.parametrize("kind", FLEET_KINDS)
@pytest.mark.parametrize("command", FLEETS)
def test_a_fleet_file_that_cannot_be_used_is_refused(run, wrong_file, tmp_path, command, kind):
    assert_one_line(run, (*FLEETS[command], wrong_file(kind)))
    assert not (tmp_path / "made").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_a_place_that_is_no_file_gets_no_result(run, wrong_file, kind):
    place = wrong_file(kind)
    assert_one_line(run, ("simulate-trip", "--region", "arizona", "--it-load-mw", "50", "--json", place))
    assert_one_line(run, ("simulate-trip", "--region", "arizona", "--it-load-mw", "50", "--json", "/dev/full"))
    assert place.exists()


@pytest.mark.parametrize("kind", ["pipe", "empty", "dangling link"])
def test_a_workspace_that_is_no_folder_is_refused(run, wrong_file, kind):
    place = wrong_file(kind)
    for words in (("decide", "--jobs", "jobs.csv"), ("headroom", "--duration", "4"), ("report",), ("quality",)):
        assert_one_line(run, (*words, "--home", place))


@pytest.mark.parametrize("kind", ["pipe", "folder", "random bytes", "empty", "deep brackets"])
@pytest.mark.parametrize(
    "name", ["telemetry.parquet", "fleet.yaml", "views/replay.json", "views/evidence.json", "views/risk.parquet"]
)
def test_a_damaged_file_of_the_workspace_is_refused(run, wrong_file, tmp_path, name, kind):
    damaged = wrong_file(kind)
    home = tmp_path / "home"
    write_evidence(home)
    (home / name).unlink(missing_ok=True)
    damaged.rename(home / name)
    assert_one_line(run, ("report",) if name.startswith("views") else ("headroom", "--duration", "4"))
