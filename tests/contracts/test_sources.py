"""What every entry of SOURCES must do, on a payload recorded from it."""

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


def test_it_has_a_recorded_payload(name):
    assert name in RECORDED


def test_its_two_verbs_have_the_contract_signature(name):
    source = SOURCES[name]
    assert get_type_hints(source.fetch)["return"] is bytes
    hints = get_type_hints(source.parse)
    assert hints["return"] is Telemetry
    first, *others = inspect.signature(source.parse).parameters.values()
    assert hints[first.name] is bytes
    assert all(other.kind is inspect.Parameter.KEYWORD_ONLY for other in others)


def test_parsing_is_pure_and_gives_plausible_hours_of_utc(name):
    payload, words = RECORDED[name]()
    kept = bytes(payload)
    first, second = (SOURCES[name].parse(payload, **words) for _ in range(2))
    assert payload == kept
    assert first.regions == second.regions
    assert first.values
    assert first.time_utc.dtype == np.dtype("datetime64[h]")
    for column, values in first.values.items():
        np.testing.assert_array_equal(values, second.values[column])
        check_magnitude(column, values.ravel(), where=name)


def test_an_empty_payload_is_refused(name):
    _, words = RECORDED[name]()
    with pytest.raises((DataError, SourceError)):
        SOURCES[name].parse(b"", **words)
