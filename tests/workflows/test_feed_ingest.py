"""Sources are asked page by page; what they give is stored once, with its origin, and nothing of a wrong clock."""

import json
import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from support.fake_services import Services, dirty, warm
from support.faulty_server import serving
from support.sites import region

from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets import dump_fleet, parse_fleet
from fleet.sources.answer_cache import AnswerCache
from fleet.sources.client import Client
from fleet.storage.telemetry_store import read_corrections, read_origins, read_outlooks, read_telemetry
from fleet.storage.version_log import log_folder
from fleet.storage.workspace import Workspace
from fleet.workflows.feed_ingest import FeedRequest, ingest_feeds
from fleet.workflows.feed_trial import try_feeds

NOW = "2024-03-01T12:05:00Z"
CARBON, TEMPERATURE = "carbon_g_per_kwh", "temperature_c"


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "home")


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("FLEET_ELECTRICITY_MAPS_KEY", "k")


def fleet_of(url, wiring):
    text = dump_fleet(Fleet(name="f", regions=(region("here"),)))
    return parse_fleet(f"{text}sources:\n  here:\n{wiring.replace('URL', url)}", name="f.yaml")


ARCHIVE = "    temperature_c:\n      - {source: open_meteo_archive, url: 'URL/archive'}\n"
DEW = ARCHIVE.replace("temperature_c", "dew_point_c")
MAPS = "    carbon_g_per_kwh:\n      - {source: electricity_maps, zone: IE, url: 'URL'}\n"
SPARE = "      - {source: electricity_maps, zone: GB, url: 'URL'}\n"
FORECAST = "    temperature_c:\n      - {source: open_meteo_forecast, url: 'URL/forecast'}\n"
LOAD = "    it_load_mw:\n      - {source: prometheus, url: 'URL', query: sum(w), unit: W, factor: 0.5, step_s: 900}\n"


def ingest(workspace, url, wiring, *, now=NOW, since=None, **more):
    """Return the results of an ingest, and the number of its requests."""
    with Client(sleep=lambda _: None) as client:
        request = FeedRequest(
            workspace=workspace,
            fleet=fleet_of(url, wiring),
            now_utc=now,
            since=None if since is None else np.datetime64(since, "h"),
            **more,
        )
        return ingest_feeds(request, client), client.requests


def stored(workspace, column, hour):
    telemetry = read_telemetry(workspace.telemetry)
    return telemetry.values[column][0, telemetry.position(np.datetime64(hour, "h"))]


def test_the_last_thirty_days_are_asked_for_in_pages(workspace):
    with serving(Services()) as server:
        (result,), requests = ingest(workspace, server.url, MAPS)
    # 720 hours in pages of 240.
    assert requests == 3
    assert (result.new, result.error) == (720, "")
    telemetry = read_telemetry(workspace.telemetry)
    assert telemetry.time_utc[[0, -1]].tolist() == [datetime(2024, 1, 31, 12), datetime(2024, 3, 1, 11)]
    assert stored(workspace, CARBON, "2024-02-10T07") == pytest.approx(dirty(datetime(2024, 2, 10, 7, tzinfo=UTC)))


def test_columns_of_one_document_are_asked_for_together(workspace):
    with serving(Services()) as server:
        results, requests = ingest(workspace, server.url, ARCHIVE + DEW)
        assert requests == len(results) == 1
    assert set(read_telemetry(workspace.telemetry).values) == {TEMPERATURE, "dew_point_c"}


def test_the_next_ingest_continues_and_asks_for_the_last_two_days_again(workspace):
    services = Services()
    with serving(services) as server:
        ingest(workspace, server.url, MAPS)
        services.now += timedelta(hours=1)
        (result,), requests = ingest(workspace, server.url, MAPS, now="2024-03-01T13:05:00Z")
    assert requests == 1
    # 48 h and the 2 h by which this source is late.
    assert (result.new, result.same, result.revised) == (1, 50, 0)


def test_a_back_fill_that_was_cut_off_continues_where_it_stopped(workspace):
    services = Services(fails_after=2)
    with serving(services) as server:
        (result,), _ = ingest(workspace, server.url, MAPS, since="2023-12-01")
        assert "the service is closed" in result.error
        assert read_telemetry(workspace.telemetry).time_utc[0] == np.datetime64("2023-12-01T00", "h")
        assert len(read_telemetry(workspace.telemetry).time_utc) == 480
        services.fails_after = 1_000
        (result,), requests = ingest(workspace, server.url, MAPS, since="2023-12-01")
    assert result.error == ""
    # 91.5 days less the 20 that are stored, and two days again, in pages of ten.
    assert requests == 8
    telemetry = read_telemetry(workspace.telemetry)
    assert len(telemetry.time_utc) == 91 * 24 + 12
    assert np.isfinite(telemetry.values[CARBON]).all()


def test_a_revision_of_the_source_is_a_new_version_and_an_earlier_time_sees_the_earlier_value(workspace):
    services = Services(estimated_from=datetime(2024, 3, 1, 9, tzinfo=UTC))
    with serving(services) as server:
        (first,), _ = ingest(workspace, server.url, MAPS)
        assert first.estimated == 3
        services.carbon = lambda time: dirty(time) + (7 if time >= datetime(2024, 3, 1, 9, tzinfo=UTC) else 0)
        services.estimated_from = datetime(2100, 1, 1, tzinfo=UTC)
        services.now += timedelta(hours=1)
        (second,), _ = ingest(workspace, server.url, MAPS, now="2024-03-01T13:05:00Z")
    assert second.revised == 3
    assert read_corrections(workspace.telemetry)["reason"].unique().to_list() == ["correction by the source"]
    then = read_telemetry(workspace.telemetry, as_of_utc="2024-03-01T12:30:00Z")
    assert then.values[CARBON][0, -1] == pytest.approx(stored(workspace, CARBON, "2024-03-01T11") - 7)
    origins = read_origins(workspace.telemetry, read_telemetry(workspace.telemetry)).sort("time_utc")
    assert origins["source"].unique().to_list() == ["electricity_maps IE"]
    assert origins["estimated"].sum() == 0
    # Electricity Maps said when it last changed the value.
    assert origins["published_utc"][-1] == datetime(2024, 3, 1, 13, tzinfo=UTC)


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


def test_a_forecast_is_stored_once_an_hour_as_outlooks(workspace):
    with serving(Services()) as server:
        (first,), requests = ingest(workspace, server.url, FORECAST)
        assert requests == 1
        assert ingest(workspace, server.url, FORECAST)[1] == 0
    outlooks = read_outlooks(workspace.outlooks)
    assert list(outlooks.issued_utc) == [np.datetime64("2024-03-01T12", "h")]
    # From 12:00 to the end of the third day.
    assert first.new == 60
    assert pl.read_parquet(workspace.outlooks)["source"].unique().to_list() == ["open_meteo_forecast"]
    assert not workspace.telemetry.exists()


def test_a_power_in_watts_becomes_megawatts_with_its_factor(workspace):
    with serving(Services()) as server:
        ingest(workspace, server.url, LOAD)
    assert stored(workspace, "it_load_mw", "2024-03-01T11") == pytest.approx(3.0)


def test_the_end_of_an_hour_taken_for_its_start_is_refused_and_nothing_is_stored(workspace):
    services = Services()
    with serving(services) as server:
        ingest(workspace, server.url, MAPS)
        before = workspace.telemetry.read_bytes()
        services.carbon = lambda time: dirty(time - timedelta(hours=1))
        services.now += timedelta(hours=2)
        (result,), _ = ingest(workspace, server.url, MAPS, now="2024-03-01T14:05:00Z")
    assert "fits the stored values only if it is moved by -1 h" in result.error
    assert workspace.telemetry.read_bytes() == before


def test_local_time_called_utc_is_found_by_the_sun(workspace):
    with serving(Services(temperature=lambda time: warm(time + timedelta(hours=6)))) as server:
        (result,), _ = ingest(workspace, server.url, ARCHIVE)
    assert "the daily course of temperature_c is 6 h too early for longitude 0" in result.error
    assert not workspace.telemetry.exists()


def test_an_old_value_changes_only_with_a_reason(workspace):
    services = Services()
    with serving(services) as server:
        ingest(workspace, server.url, MAPS)
        services.carbon = lambda time: dirty(time) + 1
        workspace.feed_progress.unlink()
        (result,), _ = ingest(workspace, server.url, MAPS, since="2024-02-01")
        assert "change only with --reason TEXT" in result.error
        (result,), _ = ingest(workspace, server.url, MAPS, since="2024-02-01", reason="the year was computed again")
    assert result.error == ""
    assert stored(workspace, CARBON, "2024-02-10T07") == pytest.approx(dirty(datetime(2024, 2, 10, 7, tzinfo=UTC)) + 1)


def test_two_ingests_at_once_wait_for_each_other(workspace):
    with serving(Services()) as server:
        threads = [threading.Thread(target=ingest, args=(workspace, server.url, MAPS)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert np.isfinite(read_telemetry(workspace.telemetry).values[CARBON]).sum() == 720


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


def two_regions(url):
    text = dump_fleet(Fleet(name="f", regions=(region("here"), region("there"))))
    maps = MAPS.replace("URL", url)
    return parse_fleet(f"{text}sources:\n  here:\n{maps}  there:\n{maps.replace('IE', 'GB')}", name="f.yaml")


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


def test_many_regions_make_one_version(workspace):
    with serving(Services()) as server, Client() as client:
        ingest_feeds(FeedRequest(workspace=workspace, fleet=two_regions(server.url), now_utc=NOW), client)
    assert len(list(log_folder(workspace.telemetry).rglob("*.parquet"))) == 1


def test_an_issue_that_is_stored_stays_when_the_service_changes_it_within_its_hour(workspace):
    issued = "2024-03-01T12:10:00+00:00"

    def periods(handler):
        period = {"startTime": "2024-03-01T14:00:00+00:00", "temperature": level, "temperatureUnit": "C"}
        handler.reply(200, json.dumps({"properties": {"updateTime": issued, "periods": [period]}}).encode())

    wiring = "    temperature_c:\n      - {source: nws_forecast, zone: 'PSR/159,58', url: 'URL'}\n"
    with serving(periods) as server:
        level = 20.0
        (first,), _ = ingest(workspace, server.url, wiring, now="2024-03-01T12:30:00Z")
        level = 25.0
        (second,), _ = ingest(workspace, server.url, wiring, now="2024-03-01T13:05:00Z")
    assert (first.new, second.new, second.error) == (1, 0, "")
    assert np.nanmax(read_outlooks(workspace.outlooks).values[TEMPERATURE]) == 20.0


def test_two_documents_of_one_source_fill_one_issue(workspace):
    class Both(Services):
        def __call__(self, handler):
            rows = [{"datetime": "2024-03-01T14:00:00Z", "carbonIntensity": 99, "value": 50.0, "unit": "EUR/MWh"}]
            name = "data" if "price" in handler.path else "forecast"
            content = {"zone": "IE", name: rows, "updatedAt": "2024-03-01T12:01:00Z"}
            handler.reply(200, json.dumps(content).encode())

    forecast = "{source: electricity_maps_forecast, zone: IE, url: 'URL', factor: 1.5}"
    wiring = f"    carbon_g_per_kwh:\n      - {forecast}\n    price_usd_per_mwh:\n      - {forecast}\n"
    with serving(Both()) as server:
        results, _ = ingest(workspace, server.url, wiring)
    assert [result.error for result in results] == ["", ""]
    outlooks = read_outlooks(workspace.outlooks)
    assert np.nanmax(outlooks.values[CARBON]) == 148.5
    assert np.nanmax(outlooks.values["price_usd_per_mwh"]) == 75.0


def test_a_plan_with_one_day_asks_for_that_day_alone(workspace):
    services = Services()
    wiring = MAPS.replace("zone: IE", "zone: IE, last_day_only: true")
    with serving(services) as server:
        (result,), requests = ingest(workspace, server.url, wiring)
        assert (result.new, result.error, requests) == (24, "", 1)
        services.now += timedelta(hours=5)
        (result,), _ = ingest(workspace, server.url, wiring, now="2024-03-01T17:05:00Z")
        assert (result.new, result.same, result.error) == (5, 19, "")
        assert all("/history?" in path for path in server.paths)
        fleet = fleet_of(server.url, wiring)
        with Client() as client:
            (trial,) = try_feeds(fleet, client, now_utc="2024-03-01T17:05:00Z")
        assert (trial.error, trial.values) == ("", 24)
        assert all("/history?" in path for path in server.paths)


@pytest.mark.parametrize("first", [b"<html>out of order</html>", b'{"zone": "IE", "data": []}'])
def test_a_refused_or_empty_answer_about_the_distant_past_is_asked_for_again(workspace, first):
    services, bodies = Services(), [first]

    def reply(handler):
        handler.reply(200, bodies.pop()) if bodies else services(handler)

    since = "2024-01-01"
    with serving(reply) as server, Client(AnswerCache(workspace.answers)) as client:
        request = FeedRequest(
            workspace=workspace, fleet=fleet_of(server.url, MAPS), now_utc=NOW, since=np.datetime64(since, "h")
        )
        ingest_feeds(request, client)
        workspace.feed_progress.unlink(missing_ok=True)
        ingest_feeds(request, client)
    assert np.isfinite(stored(workspace, CARBON, since))
