"""Several sources of one column, and sources that fail: what each of them fills."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from support.fake_services import Services, dirty
from support.faulty_server import serving
from support.feeds import (
    ARCHIVE,
    CARBON,
    MAPS,
    NOW,
    SPARE,
    ingest,
    stored,
    two_regions,
)

from fleet.sources.client import Client
from fleet.storage.telemetry_store import read_corrections, read_origins, read_telemetry
from fleet.workflows.feed_ingest import FeedRequest, ingest_feeds


class TwoZones(Services):
    """Zone IE has no value from a gap on; zone GB is 10 g/kWh higher in all hours."""

    gap = datetime(2024, 3, 1, 10, tzinfo=UTC)

    def __call__(self, handler):
        """Answer a request by its zone."""
        is_first = "zone=IE" in handler.path
        self.carbon = lambda time: (None if time >= self.gap else dirty(time)) if is_first else dirty(time) + 10
        super().__call__(handler)


def test_a_later_source_fills_only_what_the_first_one_lacks(workspace):
    with serving(TwoZones()) as server:
        results, _ = ingest(workspace, server.url, MAPS + SPARE)
    assert [result.error for result in results] == ["", ""]
    assert stored(workspace, CARBON, "2024-03-01T09") == pytest.approx(dirty(datetime(2024, 3, 1, 9, tzinfo=UTC)))
    assert stored(workspace, CARBON, "2024-03-01T10") == pytest.approx(dirty(TwoZones.gap) + 10)
    origins = read_origins(workspace.telemetry, read_telemetry(workspace.telemetry)).sort("time_utc")
    assert origins["source"].to_list()[-3:] == ["electricity_maps IE", "electricity_maps GB", "electricity_maps GB"]


def test_a_later_source_is_not_asked_while_nothing_is_missing(workspace):
    with serving(Services()) as server:
        (first, second), _ = ingest(workspace, server.url, MAPS + SPARE)
        assert (first.state, second.state) == ("stored", "not needed")
        assert all("zone=IE" in path for path in server.paths)


def test_the_first_source_replaces_what_a_later_one_had_filled(workspace):
    services = TwoZones()
    with serving(services) as server:
        ingest(workspace, server.url, MAPS + SPARE)
        services.gap = datetime(2100, 1, 1, tzinfo=UTC)
        ingest(workspace, server.url, MAPS + SPARE, now="2024-03-01T12:55:00Z")
    assert stored(workspace, CARBON, "2024-03-01T10") == pytest.approx(dirty(TwoZones.gap))
    assert read_corrections(workspace.telemetry).height == 2


def test_a_source_that_fails_does_not_stop_the_others(workspace):
    class NoMaps(Services):
        def __call__(self, handler):
            if "carbon" in handler.path:
                handler.reply(401, b'{"error": "Invalid auth-token"}')
            else:
                super().__call__(handler)

    with serving(NoMaps()) as server:
        by_name = {result.group.name: result for result in ingest(workspace, server.url, MAPS + ARCHIVE)[0]}
    assert "check the key in the variable FLEET_ELECTRICITY_MAPS_KEY" in by_name["electricity_maps"].error
    assert by_name["open_meteo_archive"].new == 720


def test_a_region_that_is_refused_does_not_keep_others_from_being_stored(workspace):
    services = Services()
    with serving(services) as server, Client() as client:
        wired = two_regions(server.url)
        only_here = wired.model_copy(update={"sources": {"here": wired.sources["here"]}})
        ingest_feeds(FeedRequest(workspace=workspace, fleet=only_here, now_utc=NOW), client)
        workspace.feed_progress.unlink()
        # Old values of `here` would change without a reason; `there` is new.
        services.carbon = lambda time: dirty(time) + 1
        since = np.datetime64("2024-02-01T00", "h")
        results = ingest_feeds(FeedRequest(workspace=workspace, fleet=wired, now_utc=NOW, since=since), client)
    by_region = {result.group.region.id: result for result in results}
    assert "change only with --reason TEXT" in by_region["here"].error
    assert by_region["there"].error == ""
    telemetry = read_telemetry(workspace.telemetry)
    assert telemetry.regions == ("here", "there")
    assert np.isfinite(telemetry.values[CARBON][1]).sum() == 29 * 24 + 12
    # The refused region is asked again from the beginning.
    assert [key.split()[0] for key in json.loads(workspace.feed_progress.read_text())] == ["there"]
