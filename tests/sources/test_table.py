import gzip
import io
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import seasonal, table, telemetry_of
from support.payloads import parsed, query_of

from fleet.errors import DataError, FleetError, SourceError
from fleet.sources import SOURCES
from fleet.sources import table as source


def csv_bytes(frame: pl.DataFrame) -> bytes:
    return frame.write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ").encode()


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def test_parquet_csv_and_their_gzips_give_the_same_telemetry():
    frame = table(48)
    payloads = [csv_bytes(frame), parquet_bytes(frame)]
    payloads += [gzip.compress(payload, mtime=0) for payload in payloads] + [b"\xef\xbb\xbf" + payloads[0]]
    for payload in payloads:
        telemetry = source.parse(payload, table="site.csv")
        np.testing.assert_array_equal(telemetry.values["temperature_c"], [frame["temperature_c"].to_numpy()])


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("ireland.parquet", "ireland"),
        ("ireland.csv", "ireland"),
        ("ireland.csv.gz", "ireland"),
        ("site.v2.parquet", "site.v2"),
        ("isd_us-az_2017-2018.PARQUET", "isd_us-az_2017-2018"),
        ("ireland", "ireland"),
    ],
)
def test_the_stem_of_the_file_names_the_region_of_a_table_without_regions(name, region):
    assert source.parse(csv_bytes(table(3)), table=name).regions == (region,)


def test_a_region_names_a_table_without_regions_and_selects_from_a_table_with_regions():
    assert source.parse(csv_bytes(table(3)), table="x.csv", region="arizona").regions == ("arizona",)
    many = csv_bytes(telemetry_of(seasonal(3, regions=2)).to_frame())
    assert source.parse(many, table="x.csv", region="r1").regions == ("r1",)
    with pytest.raises(DataError, match="no region arizona"):
        source.parse(many, table="x.csv", region="arizona")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\n",
        b"PAR1",
        b"PAR1 and not a table PAR1",
        parquet_bytes(table(100))[:-40],
        gzip.compress(csv_bytes(table(100)), mtime=0)[:100],
        gzip.compress(csv_bytes(table(100)), mtime=0)[:60] + b"\xff" * 60,
        bytes(range(256)) * 8,
        b"time_utc,temperature_c\n",
        b"<html><body>404</body></html>",
        csv_bytes(table(3)).replace(b",", b";"),
        csv_bytes(table(3)).decode().encode("utf-16"),
        b"time_utc,temperature_c\n2024-01-01T00:00:00Z,1,2,3\n",
    ],
)
def test_an_invalid_payload_is_refused_with_the_name_of_the_file(payload):
    with pytest.raises(DataError, match=r"^site\.csv"):
        source.parse(payload, table="site.csv")


@given(st.binary(max_size=200), st.integers(0, 3_000), st.booleans())
def test_a_damaged_file_raises_only_errors_of_the_package(junk, position, as_parquet):
    payload = parquet_bytes(table(40)) if as_parquet else csv_bytes(table(40))
    with suppress(FleetError):
        source.parse(payload[:position] + junk + payload[position + len(junk) :], table="site.csv")


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(SourceError, match="cannot be read") as refusal:
            source.fetch(path)
        assert refusal.value.source == "table"


def test_files_of_one_region_join_in_time(tmp_path):
    frame = table(48)
    for name, part in (("a.csv", frame.head(30)), ("b.csv", frame.tail(18))):
        part.write_csv(tmp_path / name, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    joined = source.read([tmp_path / "b.csv", tmp_path / "a.csv"], region="here")
    np.testing.assert_array_equal(joined.values["temperature_c"][0], frame["temperature_c"].to_numpy())
    by_file = source.read([tmp_path / "b.csv", tmp_path / "a.csv"])
    assert by_file.regions == ("b", "a")


def test_ids_and_regions_are_texts_whatever_they_look_like():
    ids = ["001", "1", "1e5", "1.0", "4713.10", "12e4567"]
    rows = "".join(f"{name},{name},{name},{name},{name},1.5\n" for name in ids)
    frame = source.frame(f"id,name,home_region,region,regions,power_mw\n{rows}".encode(), table="jobs.csv")
    for column in ("id", "name", "home_region", "region", "regions"):
        assert frame[column].to_list() == ids
    assert frame["power_mw"].sum() == 9.0


def test_a_column_that_nobody_knows_is_refused_unless_any_column_may_be_forecast():
    rows = b"region,time_utc,humidity\na,2025-01-01T00:00Z,1.0\n"
    assert "humidity" in source.parse(rows, table="t.csv").values
    with pytest.raises(DataError, match="column humidity is unknown; expected only region, time_utc"):
        source.parse(rows, table="t.csv", any_column=False)
    with pytest.raises(DataError, match=r"column temprature_c is unknown; did you mean temperature_c\?"):
        source.parse(rows.replace(b"humidity", b"temprature_c"), table="t.csv")


def test_a_text_cell_in_a_column_of_numbers_is_refused_with_its_row(tmp_path):
    telemetry = b"region,time_utc,temperature_c\na,2025-01-01T00:00Z,1.0\na,2025-01-01T01:00Z,warm\n"
    with pytest.raises(DataError, match="temperature_c holds String, expected numbers; row 1 is 'warm'"):
        source.parse(telemetry, table="t.csv")
    path = tmp_path / "outlooks.csv"
    path.write_text(
        "region,issued_utc,time_utc,temperature_c,wind_speed_m_s\n"
        "a,2025-01-01T00:00Z,2025-01-01T01:00Z,1.0,3\na,2025-01-01T00:00Z,2025-01-01T02:00Z,1.0,calm\n"
    )
    with pytest.raises(DataError, match="wind_speed_m_s holds String, expected numbers; row 1 is 'calm'"):
        source.read_outlooks(path)


def test_a_pipe_a_device_and_a_folder_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero"), tmp_path):
        with pytest.raises(SourceError, match="not a regular file"):
            source.fetch(path)


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(source, "MOST_BYTES", 100_000)
    with pytest.raises(DataError, match="unpacks to more than"):
        source.frame(gzip.compress(b"a,b\n" + b"1,2\n" * 50_000), table="t.csv.gz")
    buffer = io.BytesIO()
    pl.DataFrame({"a": pl.zeros(50_000, eager=True)}).write_parquet(buffer)
    with pytest.raises(DataError, match="unpacks to more than"):
        source.frame(buffer.getvalue(), table="t.parquet")
    (tmp_path / "large.csv").write_bytes(bytes(100_001))
    with pytest.raises(SourceError, match="expected at most"):
        source.fetch(tmp_path / "large.csv")


def test_packed_zeros_are_refused_before_they_fill_the_memory():
    packed = gzip.compress(b"a,b\n" + bytes(64 * 1024**2), mtime=0)
    with pytest.raises(DataError, match="unpacks to more than 200 times its size"):
        source.frame(packed, table="t.csv.gz")


def test_a_table_of_the_fleet_file_gives_the_asked_hours_times_its_factor(tmp_path):
    path = tmp_path / "site.csv"
    path.write_text("region,time_utc,it_load_mw\n" + "".join(f"here,2024-01-01T{h:02d}:00Z,{h}\n" for h in range(24)))
    asked = query_of("table", ["it_load_mw"], first="2024-01-01T05", end="2024-01-01T08", path=str(path), factor=2.0)
    payload = SOURCES["table"]().fetch(asked, None)
    assert parsed(payload, asked).values.values["it_load_mw"].tolist() == [[10.0, 12.0, 14.0]]
    later = query_of("table", ["it_load_mw"], first="2025-01-01", end="2025-01-02", path=str(path))
    assert "holds 2024-01-01T00:00Z to 2024-01-01T23:00Z" in parsed(payload, later).notes[0]
    other = query_of("table", ["temperature_c"], first="2024-01-01", end="2024-01-02", path=str(path))
    with pytest.raises(SourceError, match=r"site.csv has no column temperature_c \(found it_load_mw\)"):
        parsed(payload, other)


def test_the_row_that_a_writer_has_not_finished_is_left_out():
    rows = table(50).select("time_utc", "temperature_c")
    payload = csv_bytes(rows)
    query = query_of("table", ["temperature_c"], first="2024-01-01", end="2024-01-05", path="site.csv")
    whole = parsed(payload, query)
    assert whole.notes == []
    lines = payload.splitlines(keepends=True)
    for cut in range(1, len(lines[-1])):
        reading = parsed(payload[:-cut], query)
        np.testing.assert_array_equal(
            reading.values.values["temperature_c"][0], whole.values.values["temperature_c"][0, :49]
        )
        assert reading.notes == (
            ["site.csv does not end with a line break: its last row may be cut off, and was left out"]
        )
    assert parsed(parquet_bytes(rows), query).notes == []
