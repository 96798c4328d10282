"""The client against a real server with faults: it ends within its limits, and says in one line what happened."""

import logging
import os
import subprocess
import time
from email.utils import formatdate

import pytest
from support.client_requests import OK, QUICK, SECRET, get, query
from support.faulty_server import in_turn, serving, status
from support.payloads import CARBON, query_of

from fleet.errors import SourceError
from fleet.sources.answer_cache import AnswerCache
from fleet.sources.client import Client, Limits, Request
from fleet.sources.electricity_maps import ElectricityMaps


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again_with_longer_waits(code):
    with serving(in_turn(status(code), status(code), OK)) as server:
        body, waits = get(server.url)
    assert body == b'{"zone": "DE"}'
    assert 0.5 <= waits[0] <= 1.5
    assert 1.0 <= waits[1] <= 3.0


def test_a_lasting_fault_ends_after_three_attempts_with_the_text_of_the_service():
    with serving(status(500, b"<html><b>out of order</b></html>")) as server:
        with pytest.raises(SourceError, match=r"answers 500 after 3 attempts \(out of order\)"):
            get(server.url)
        assert len(server.paths) == 3


@pytest.mark.parametrize("code", [400, 404])
def test_a_request_that_is_wrong_is_not_tried_again(code):
    with serving(status(code, b'{"error": "bad zone"}')) as server:
        with pytest.raises(SourceError, match=f"answers {code} .*bad zone"):
            get(server.url)
        assert len(server.paths) == 1


def test_a_500_that_says_not_found_is_not_tried_again():
    with serving(status(500, b'{"error":"Not found.","code":404}')) as server:
        with pytest.raises(SourceError, match="Not found"):
            get(server.url)
        assert len(server.paths) == 1


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_key_names_its_variable_and_shows_the_text_but_never_the_key(code):
    with serving(status(code, f'{{"error": "invalid token {SECRET}"}}'.encode())) as server:
        with pytest.raises(SourceError) as refusal:
            get(server.url)
        assert len(server.paths) == 1
    line = str(refusal.value)
    assert "check the key in the variable FLEET_ELECTRICITY_MAPS_KEY" in line
    assert "invalid token" in line
    assert SECRET not in line


def test_retry_after_in_seconds_is_obeyed():
    with serving(in_turn(status(429, Retry_After="0"), OK)) as server:
        assert get(server.url)[1] == [0.0]


def test_retry_after_as_a_date_is_obeyed():
    soon = formatdate(time.time() + 0.9, usegmt=True)
    with serving(in_turn(status(503, Retry_After=soon), OK)) as server:
        assert 0 <= get(server.url)[1][0] <= 1


def test_a_wait_beyond_the_time_limit_is_told_and_not_slept():
    with serving(status(429, b'{"reason": "daily limit"}', Retry_After="3600")) as server:
        with pytest.raises(SourceError, match=r"answers 429 \(.*daily limit.*it asks to wait 3,600 s"):
            get(server.url)
        assert len(server.paths) == 1


@pytest.mark.parametrize("location", ["javascript:alert(1)", "http://[::1", "file:///etc/passwd", ""])
def test_a_redirect_to_what_is_no_address_is_refused_in_one_line(location):
    with serving(status(302, Location=location)) as server, pytest.raises(SourceError, match="no answer"):
        get(server.url)


def test_a_redirect_on_the_host_is_followed():
    with serving(in_turn(status(302, Location="/v4/elsewhere"), OK)) as server:
        get(server.url)
        assert server.paths[1] == "/v4/elsewhere"


def test_a_redirect_loop_ends():
    with serving(status(302, Location="/v4/data")) as server:
        with pytest.raises(SourceError, match="redirects more than 3 times"):
            get(server.url)
        assert len(server.paths) == 4


def test_a_redirect_to_another_host_is_refused_so_that_the_key_stays():
    with serving(OK) as other, serving(status(302, Location=f"{other.url}/steal")) as server:
        with pytest.raises(SourceError, match="redirects to another address"):
            get(server.url)
        assert other.paths == []


def test_an_invalid_certificate_is_refused(tmp_path):
    pem = tmp_path / "server.pem"
    made = subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=elsewhere",
            "-keyout", str(pem), "-out", str(tmp_path / "crt.pem"),
        ],
        capture_output=True,
        check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl is not here")
    pem.write_text(pem.read_text() + (tmp_path / "crt.pem").read_text())
    with serving(OK, certificate=pem) as server:
        with pytest.raises(SourceError, match="certificate"):
            get(server.url)
        assert server.paths == []


def test_a_server_that_is_not_there_is_told():
    with serving(OK) as server:
        url = server.url
    with pytest.raises(SourceError, match=r"no answer after 3 attempts .*check the address and the network"):
        get(url)


def test_the_key_that_a_service_repeats_is_removed_from_the_answer_and_the_cache(tmp_path):
    body = f'{{"request": {{"api_key": "{SECRET}"}}}}'.encode()
    with serving(status(200, body, ETag='"1"')) as server:
        found, _ = get(server.url, client=Client(AnswerCache(tmp_path / "cache"), limits=QUICK))
    assert SECRET.encode() not in found
    assert b"<removed>" in found
    assert all(SECRET.encode() not in path.read_bytes() for path in (tmp_path / "cache").iterdir())


def test_an_unchanged_answer_comes_from_the_cache(tmp_path):
    cache = AnswerCache(tmp_path / "cache")

    def reply(handler):
        is_known = handler.headers.get("If-None-Match") == '"1"'
        handler.reply(304 if is_known else 200, b"" if is_known else b'{"zone": "DE"}', ETag='"1"')

    with serving(reply) as server:
        bodies = [get(server.url, client=Client(cache, limits=QUICK))[0] for _ in range(2)]
        assert bodies == [b'{"zone": "DE"}'] * 2
        assert "If-None-Match" in server.headers[1]


def test_an_answer_about_the_distant_past_is_not_asked_for_again(tmp_path):
    cache = AnswerCache(tmp_path / "cache")
    with serving(OK) as server:
        for _ in range(2):
            get(server.url, client=Client(cache, limits=QUICK), is_closed=True)
        assert len(server.paths) == 1


def test_a_damaged_answer_in_the_cache_is_asked_for_again(tmp_path):
    cache = AnswerCache(tmp_path / "cache")
    with serving(OK) as server:
        get(server.url, client=Client(cache, limits=QUICK), is_closed=True)
        (path,) = (tmp_path / "cache").iterdir()
        path.write_bytes(path.read_bytes()[:-3])
        assert get(server.url, client=Client(cache, limits=QUICK), is_closed=True)[0] == b'{"zone": "DE"}'
        assert len(server.paths) == 2


def test_requests_of_a_minute_are_counted(monkeypatch):
    monkeypatch.setattr(ElectricityMaps, "per_minute", 2)
    waits = []
    with serving(OK) as server, Client(limits=Limits(total_s=100), sleep=waits.append) as client:
        for _ in range(3):
            client.get(Request(url=f"{server.url}/a"), source=ElectricityMaps, query=query())
    assert len(waits) == 1
    assert 50 < waits[0] <= 60


def test_a_page_of_html_with_status_200_is_no_answer(monkeypatch):
    monkeypatch.setenv("FLEET_ELECTRICITY_MAPS_KEY", SECRET)
    with serving(status(200, b"<html>please log in</html>", Content_Type="text/html")) as server:
        asked = query_of(
            "electricity_maps", [CARBON], first="2024-01-01", end="2024-01-02", zone="DE", url=f"{server.url}"
        )
        with Client(limits=QUICK) as client:
            payload = ElectricityMaps().fetch(asked, client)
        with pytest.raises(SourceError, match=r"the answer is '<html>please log in</html>' .*expected complete JSON"):
            ElectricityMaps().parse(payload, query=asked)


def test_a_token_is_used_again_while_it_is_valid_and_never_written_to_the_disk(tmp_path):
    cache = AnswerCache(tmp_path / "cache")
    with serving(status(200, b'{"token": "abc"}', ETag='"1"')) as server, Client(cache, limits=QUICK) as client:
        for valid_s, requests in ((60.0, 1), (60.0, 1), (0.0, 2)):
            assert requests == 2 or not (tmp_path / "cache").exists()
            request = Request(url=f"{server.url}/login", auth=("me", SECRET), secret=SECRET, token_s=valid_s)
            client.get(request, source=ElectricityMaps, query=query())
            assert len(server.paths) == requests


def test_a_forgotten_answer_is_asked_for_again(tmp_path):
    with serving(OK) as server, Client(AnswerCache(tmp_path / "cache"), limits=QUICK) as client:
        request = Request(url=f"{server.url}/a", is_closed=True)
        for requests in (1, 1):
            client.get(request, source=ElectricityMaps, query=query())
            assert len(server.paths) == requests
        client.forget_last()
        client.get(request, source=ElectricityMaps, query=query())
        assert len(server.paths) == 2


def test_a_key_with_special_letters_is_removed_in_every_form():
    secret = 'a+b/c="&'  # noqa: S105 - made up
    page = b'key=a%2Bb%2Fc%3D%22%26 key=a%2Bb/c%3D%22%26 "a+b\\/c=\\"&" a+b/c=&quot;&amp; a+b/c="&'
    with serving(status(403, page)) as server, Client(limits=QUICK) as client:
        request = Request(url=f"{server.url}/a", params={"api_key": secret}, secret=secret)
        with pytest.raises(SourceError) as refusal:
            client.get(request, source=ElectricityMaps, query=query())
    # What is removed looks like a tag of HTML, and messages show no tags.
    assert '(key= key= " ")' in str(refusal.value)


def test_status_400_is_an_answer_only_with_the_text_that_the_source_names():
    with serving(status(400, b"No matching data found")) as server:
        assert get(server.url, no_data=b"No matching data found")[0] == b"No matching data found"
        with pytest.raises(SourceError, match="answers 400"):
            get(server.url, no_data=b"another text")


def test_an_answer_that_cannot_be_asked_for_again_is_not_kept(tmp_path):
    with serving(OK) as server:
        get(server.url, client=Client(AnswerCache(tmp_path / "cache"), limits=QUICK))
    assert not (tmp_path / "cache").exists()


def test_old_answers_are_removed(tmp_path):
    cache = AnswerCache(tmp_path / "cache")
    with serving(OK) as server:
        get(server.url, client=Client(cache, limits=QUICK), is_closed=True)
        (path,) = (tmp_path / "cache").iterdir()
        long_ago = time.time() - 8 * 86_400
        os.utime(path, (long_ago, long_ago))
        get(f"{server.url}/other", client=Client(cache, limits=QUICK), is_closed=True)
    assert path not in (tmp_path / "cache").iterdir()


def test_no_library_logs_the_key(caplog):
    caplog.set_level(logging.DEBUG)
    with serving(OK) as server:
        get(server.url, params={"api_key": SECRET})
    assert SECRET not in caplog.text
