"""A CSV row has the fields of its header, or the file is refused with the row."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import DataError
from fleet.sources import csv_rows, table

HEADER = b"region,time_utc,it_load_mw,note\n"
WHOLE = b"oslo,2026-05-30T20:00:00Z,131,fine\n"


@pytest.fixture(params=[7, 4 * 1024**2])
def part_bytes(request, monkeypatch):
    """Rows are read in parts of this size. A small part ends within rows and quotes."""
    monkeypatch.setattr(csv_rows, "_CHUNK_BYTES", request.param)


def refusal(payload: bytes) -> str:
    with pytest.raises(DataError) as refused:
        table.frame(payload, table="x.csv")
    return str(refused.value)


@pytest.mark.parametrize(
    "cut", [b"o", b"oslo,2026-05-30T21:00", b"oslo,2026-05-30T21:00:00Z,13", b'"os,lo",2026,"1,3"']
)
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"])
@pytest.mark.usefixtures("part_bytes")
def test_a_file_that_is_cut_in_its_last_row_is_refused(cut, end):
    fields = len(next(csv.reader([cut.decode()])))
    assert refusal(HEADER + 3 * WHOLE + cut + end) == (
        f"x.csv: row 3 (line 5) has {fields} of 4 fields and is the last one: the file seems cut off; "
        "get the whole file"
    )


@pytest.mark.usefixtures("part_bytes")
def test_the_first_short_or_long_row_is_named_with_its_line():
    short = b'oslo,"2026\n05",131\n'
    assert refusal(HEADER + b'oslo,,,"two\nlines"\n' + short + short + WHOLE) == (
        "x.csv: row 1 (line 4) has 3 of 4 fields; the row is cut off, or the commas of its empty fields are missing"
    )
    assert refusal(b"\n\r\n" + HEADER + WHOLE + b"\n" + b"oslo,2026-05-30T20:00:00Z,13,1,fine\n") == (
        "x.csv: row 2 (line 6) has 5 fields, expected the 4 of the header; put a text with commas in quotes, and "
        "write decimals with a point"
    )


@pytest.mark.parametrize("cut", [b'oslo,2026-05-30T21:00:00Z,13,"fi', b'oslo,"2026', b'oslo,"2026\noslo,1,2,3\n'])
def test_a_quote_that_is_never_closed_is_refused(cut):
    assert refusal(HEADER + WHOLE + cut).startswith("x.csv: row 1 (line 3) opens a quote that is never closed")


@pytest.mark.usefixtures("part_bytes")
def test_empty_cells_quotes_and_a_last_row_without_a_line_break_are_read():
    rows = table.frame(HEADER + b'a,"1,\n2",,\nb,5" x,6" y,"say ""so"", or"\r\n\n,,,', table="x.csv").rows()
    assert rows == [
        ("a", "1,\n2", None, None),
        ("b", '5" x', '6" y', 'say "so", or'),
        (None, None, None, None),
        (None, None, None, None),
    ]


CELL = st.text(st.sampled_from('a1 ,"\n\r'), max_size=5)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6), st.data())
def test_a_written_table_is_read_and_each_missing_cell_is_found(rows, data):
    def written(rows) -> bytes:
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("a", "b", "c"), *rows])
        return text.getvalue().encode()

    assert table.frame(written(rows), table="x.csv").shape == (len(rows), 3)
    short = data.draw(st.integers(0, len(rows) - 1))
    cut = [row[:2] if number == short else row for number, row in enumerate(rows)]
    assert f"row {short} " in refusal(written(cut))


@pytest.mark.parametrize(("separator", "name"), [(b";", "semicolons"), (b"\t", "tabs"), (b"|", "vertical bars")])
@pytest.mark.parametrize("row", [b"oslo;2026-05-30T20:00:00Z;131,5;fine", b"oslo;2026-05-30T20:00:00Z;131;1,2,3"])
def test_a_table_with_another_separator_is_refused_with_its_name(separator, name, row):
    expected = f"x.csv is separated by {name}, expected commas (and decimals with a point); save it as CSV with commas"
    assert refusal((HEADER.replace(b",", b";") + row).replace(b";", separator)) == expected
    assert refusal(HEADER.replace(b",", separator)) == expected


def test_another_separator_in_a_name_is_no_separator():
    assert table.frame(b'"load; measured","b|c"\n1,2\n', table="x.csv").columns == ["load; measured", "b|c"]


@pytest.mark.parametrize(
    "payload", [b"a,b\n1,2,3\n", b'a,b\n1,"2\n', b'a,b\n1,5" x\n2,6" y\n', b"a,b\n1,\xff\n", b"\n\n"]
)
def test_a_refusal_gives_no_advice_of_a_library(payload):
    message = refusal(payload)
    assert "truncate" not in message
    assert "try" not in message
    assert "`" not in message
