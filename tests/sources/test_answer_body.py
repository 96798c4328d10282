"""The body of an answer is read within its limits of time and size, and unpacked."""

import gzip
import time
from dataclasses import replace

import pytest
from support.client_requests import OK, QUICK, get
from support.faulty_server import half, in_turn, never, serving, slow_head, slowly, status

from fleet.errors import SourceError
from fleet.sources.client import Client


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", [slowly, never, slow_head])
def test_a_slow_answer_ends_within_the_time_limit(behaviour):
    begin = time.monotonic()
    with serving(behaviour) as server, pytest.raises(SourceError, match=r"took longer than|no answer"):
        get(server.url, client=Client(limits=replace(QUICK, total_s=1.0), sleep=lambda _: None))
    assert time.monotonic() - begin < 5


def test_half_a_body_is_no_answer():
    with serving(half) as server, pytest.raises(SourceError, match=r"no answer .*expected one"):
        get(server.url)


def test_half_a_body_is_tried_again():
    with serving(in_turn(half, OK)) as server:
        assert get(server.url)[0] == b'{"zone": "DE"}'


def test_a_large_answer_is_cut_off():
    with serving(status(200, b" " * 200_000)) as server, pytest.raises(SourceError, match=r"is larger than 0.09"):
        get(server.url)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_small_answer_that_unpacks_to_a_large_one_is_cut_off(layers):
    body = b"0" * 50_000_000
    for _ in range(layers):
        body = gzip.compress(body, 1)
    found = r"is larger than 0.09|content encoding is 'gzip, gzip', expected gzip"
    reply = status(200, body, Content_Encoding=", ".join(["gzip"] * layers))
    with serving(reply) as server, pytest.raises(SourceError, match=found):
        get(server.url)


def test_a_packed_answer_is_unpacked_and_half_of_one_is_no_answer():
    packed = gzip.compress(b'{"zone": "DE"}')
    with serving(
        in_turn(status(200, packed[:-9], Content_Encoding="gzip"), status(200, packed, Content_Encoding="gzip"))
    ) as server:
        assert get(server.url)[0] == b'{"zone": "DE"}'
        assert len(server.paths) == 2
    reply = status(200, b"\x1f\x8b no gzip", Content_Encoding="gzip")
    with serving(reply) as server, pytest.raises(SourceError, match="the answer cannot be unpacked"):
        get(server.url)
