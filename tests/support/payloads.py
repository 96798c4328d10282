"""Recorded answers of services, read from the shared folder; and queries that fit them."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from fleet.domain.feed import AnyFeed
from fleet.sources import SOURCES, Query, Reading

# Beside the repository, unless FLEET_SHARED_PAYLOADS names another folder.
PAYLOADS = Path(os.environ.get("FLEET_SHARED_PAYLOADS", Path(__file__).parents[3] / "shared" / "payloads"))

needs_payloads = pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the recorded answers are not here")

FEED = TypeAdapter(AnyFeed)
CARBON, PRICE, MARGINAL = "carbon_g_per_kwh", "price_usd_per_mwh", "marginal_carbon_g_per_kwh"


def query_of(
    source: str, columns: list[str], *, first: str, end: str, received: str | None = None, **settings: Any
) -> Query:
    """Return a query of the region `here` at latitude and longitude 0, with the same settings for all columns."""
    feed = FEED.validate_python({"source": source, **settings})
    return Query(
        region="here",
        feeds=dict.fromkeys(columns, feed),
        first_utc=np.datetime64(first, "h"),
        end_utc=np.datetime64(end, "h"),
        received_utc=received or f"{end}:00:00Z",
        latitude_deg=0.0,
        longitude_deg=0.0,
    )


def recorded(path: str) -> bytes:
    """Return a recorded answer."""
    return (PAYLOADS / path).read_bytes()


def parsed(payload: bytes, query: Query) -> Reading:
    """Return what the query's source reads in an answer."""
    return SOURCES[query.feed.source]().parse(payload, query=query)


def value_at(reading: Reading, column: str, hour: str, *, issued: str | None = None) -> float:
    """Return the value of an hour, of the issue that is named."""
    values = reading.values
    assert values is not None
    if issued is None:
        return float(values.values[column][0, values.position(np.datetime64(hour, "h"))])
    issue = list(values.issued_utc).index(np.datetime64(issued, "h"))
    step = int((np.datetime64(hour, "h") - np.datetime64(issued, "h")) / np.timedelta64(1, "h"))
    return float(values.values[column][0, issue, step])


def edited(payload: bytes, *path: str | int, to: Any = None, rename: str | None = None) -> bytes:
    """Return a JSON answer in which one field has another value or another name."""
    content = json.loads(payload)
    parent = content
    for key in path[:-1]:
        parent = parent[key]
    if rename is None:
        parent[path[-1]] = to
    else:
        parent[rename] = parent.pop(path[-1])
    return json.dumps(content).encode()
