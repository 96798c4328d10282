"""Answers that were changed at random are read or refused in one line; nothing else is raised."""

import copy
import json
import random

import pytest
from support.corrupted import RECORDINGS
from support.payloads import PRICE, needs_payloads, parsed, query_of, recorded

from fleet.errors import DataError, SourceError

pytestmark = needs_payloads

VALUES = [
    None,
    True,
    -1,
    1e308,
    "",
    "x",
    "NaN",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    "2024-01-01",
    "9999-12-31T23:59:59+14:00",
]
SEEDS = range(60)


def mutated(content, rng):
    """Return a copy in which one to three places have another value, are gone, or are there twice."""
    content = copy.deepcopy(content)
    for _ in range(rng.randint(1, 3)):
        parent = content
        while True:
            keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
            if not keys:
                break
            key = rng.choice(keys)
            child = parent[key]
            if isinstance(child, dict | list) and child and rng.random() < 0.8:
                parent = child
                continue
            how = rng.random()
            if how < 0.7:
                parent[key] = rng.choice(VALUES)
            elif how < 0.85:
                del parent[key]
            elif isinstance(parent, list):
                parent.append(copy.deepcopy(child))
            break
    return json.dumps(content).encode()


@pytest.mark.parametrize("source", RECORDINGS)
def test_a_mutated_answer_is_read_or_refused(source):
    recording = RECORDINGS[source]
    content, query = json.loads(recorded(recording.path)), recording.query(source)
    for seed in SEEDS:
        try:
            parsed(mutated(content, random.Random(seed)), query)  # noqa: S311
        except (SourceError, DataError) as refusal:
            assert "\n" not in str(refusal)  # noqa: PT017
            assert len(str(refusal)) < 600  # noqa: PT017


def test_a_mutated_matrix_is_read_or_refused():
    content = json.loads(recorded("prometheus/query_range_gap.json"))
    query = query_of(
        "prometheus", ["it_load_mw"], first="2022-01-11", end="2022-01-12", url="http://x", query="w", unit="W"
    )
    for seed in SEEDS:
        try:
            parsed(mutated(content, random.Random(seed)), query)  # noqa: S311
        except (SourceError, DataError) as refusal:
            assert "\n" not in str(refusal)  # noqa: PT017


def test_a_document_with_changed_bytes_is_read_or_refused():
    payload = recorded("entsoe/A44_day-ahead-prices_FR_2023_A01.xml")
    query = query_of("entsoe", [PRICE], first="2023-05-06T22", end="2023-05-08T22", zone="10YFR-RTE------C", factor=2.0)
    for seed in range(300):
        rng = random.Random(seed)  # noqa: S311
        changed = bytearray(payload)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(changed))
            changed[at : at + rng.randint(0, 6)] = rng.choice([b"", b"9", b"<", b"&", b"\xff", b"-", b"</Point>"])
        try:
            parsed(bytes(changed), query)
        except (SourceError, DataError) as refusal:
            assert "\n" not in str(refusal)  # noqa: PT017
