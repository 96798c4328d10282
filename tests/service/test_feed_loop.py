"""A service that asks the sources of its fleet file itself."""

import logging
import time

import numpy as np
import pytest
import structlog
from support.fake_services import Services
from support.faulty_server import serving, status
from support.feeds import CARBON, MAPS, NOW, fleet_of, stored

from fleet.errors import ConfigError
from fleet.service.feed_loop import FeedLoop
from fleet.storage.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("FLEET_ELECTRICITY_MAPS_KEY", "made-up")
    return Workspace(tmp_path / "home")


def loop_of(workspace, url, *, every_s=3_600.0):
    return FeedLoop(workspace, fleet_of(url, MAPS), lambda: NOW, every_s=every_s)


def test_the_sources_are_asked_at_the_start_and_again(workspace):
    with serving(Services()) as server:
        loop = loop_of(workspace, server.url, every_s=0.05)
        loop.start()
        until = time.monotonic() + 30
        while len(server.paths) < 5 and time.monotonic() < until:
            time.sleep(0.05)
        loop.stop()
        # Three pages of thirty days, then the last two days again and again.
        assert len(server.paths) >= 5
    assert np.isfinite(stored(workspace, CARBON, "2024-03-01T11"))


def test_a_source_that_fails_is_logged_without_its_key_and_the_loop_goes_on(workspace):
    with serving(status(401, b'{"error": "invalid token made-up"}')) as server:
        loop = loop_of(workspace, server.url)
        with structlog.testing.capture_logs() as lines:
            loop.ask()
    (failed,) = [line for line in lines if line["event"] == "a source failed"]
    assert "check the key in the variable FLEET_ELECTRICITY_MAPS_KEY" in failed["reason"]
    assert "made-up" not in str(lines)
    assert logging.getLogger("httpx").level >= logging.WARNING


def test_a_fleet_without_sources_is_refused(workspace):
    fleet = fleet_of("http://localhost", MAPS).model_copy(update={"sources": {}})
    with pytest.raises(ConfigError, match="has no sources"):
        FeedLoop(workspace, fleet, lambda: NOW, every_s=60.0)
