import gzip
import io
from contextlib import suppress

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.builders import seasonal, table, telemetry_of

from fleet.errors import DataError, FleetError, SourceError
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
