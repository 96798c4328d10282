"""The contract of every source, tested on a recorded payload."""

import inspect
import io
from typing import get_type_hints

import numpy as np
import pytest
from support.builders import table

from fleet.domain.quantities import check_magnitude
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError, SourceError
from fleet.sources import SOURCES


def table_payload() -> tuple[bytes, dict]:
    buffer = io.BytesIO()
    table(50).write_parquet(buffer)
    return buffer.getvalue(), {"table": "site.parquet"}


RECORDED = {"table": table_payload}

pytestmark = pytest.mark.parametrize("name", SOURCES)


def test_there_is_a_recorded_payload(name):
    assert name in RECORDED


def test_fetch_and_parse_have_the_signature_of_the_contract(name):
    source = SOURCES[name]
    assert get_type_hints(source.fetch)["return"] is bytes
    hints = get_type_hints(source.parse)
    assert hints["return"] is Telemetry
    payload, *arguments = inspect.signature(source.parse).parameters.values()
    assert hints[payload.name] is bytes
    assert all(argument.kind is inspect.Parameter.KEYWORD_ONLY for argument in arguments)


def test_parse_is_pure_and_returns_plausible_values_in_utc(name):
    payload, arguments = RECORDED[name]()
    copy = bytes(payload)
    first, second = (SOURCES[name].parse(payload, **arguments) for _ in range(2))
    assert payload == copy
    assert first.regions == second.regions
    assert first.values
    assert first.time_utc.dtype == np.dtype("datetime64[h]")
    for column, values in first.values.items():
        np.testing.assert_array_equal(values, second.values[column])
        check_magnitude(column, values.ravel(), where=name)


def test_an_empty_payload_is_refused(name):
    _, arguments = RECORDED[name]()
    with pytest.raises((DataError, SourceError)):
        SOURCES[name].parse(b"", **arguments)
