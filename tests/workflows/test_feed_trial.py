"""Sources that are not wired, and trials that store nothing."""

from datetime import UTC, datetime

import numpy as np
import pytest
from support.fake_services import Services
from support.faulty_server import serving
from support.feeds import ARCHIVE, CARBON, LOAD, MAPS, NOW, TEMPERATURE, fleet_of, ingest
from support.sites import region

from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.sources.client import Client
from fleet.workflows.feed_ingest import FeedRequest, ingest_feeds
from fleet.workflows.feed_trial import try_feeds


def test_nothing_is_asked_if_no_source_is_configured(workspace):
    with Client() as client, pytest.raises(ConfigError, match="has no sources, expected the section"):
        ingest_feeds(
            FeedRequest(workspace=workspace, fleet=Fleet(name="f", regions=(region("here"),)), now_utc=NOW), client
        )
    assert client.requests == 0


def test_a_source_that_is_not_wired_is_named(workspace):
    with (
        serving(Services()) as server,
        pytest.raises(ConfigError, match=r"does not use the source eia, expected one of"),
    ):
        ingest(workspace, server.url, MAPS, source="eia")


def test_a_trial_tells_what_came_and_stores_nothing(workspace):
    services = Services(estimated_from=datetime(2024, 3, 1, 9, tzinfo=UTC))
    with serving(services) as server, Client() as client:
        fleet = fleet_of(server.url, MAPS + ARCHIVE + LOAD)
        trials = {trial.column: trial for trial in try_feeds(fleet, client, now_utc=NOW)}
    assert trials[CARBON].newest_utc == np.datetime64("2024-03-01T11", "h")
    assert (trials[CARBON].age_h, trials[CARBON].estimated) == (0, 3)
    assert trials[CARBON].carbon == "average, life cycle, with imports"
    assert trials["it_load_mw"].conversion == "W x 5e-07"
    assert trials[TEMPERATURE].error == ""
    assert not workspace.home.exists()


def test_a_trial_of_a_silent_source_says_so():
    services = Services(power_w=lambda _: None)
    with serving(services) as server, Client() as client:
        (trial,) = try_feeds(fleet_of(server.url, LOAD), client, now_utc=NOW)
    assert trial.error == "no value of these hours"
    assert trial.newest_utc is None
