"""Sources are asked page by page; what they give is stored once, with its origin, and nothing of a wrong clock."""

import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support.fake_services import Services, dirty, warm
from support.faulty_server import serving
from support.feeds import ARCHIVE, CARBON, DEW, LOAD, MAPS, NOW, TEMPERATURE, fleet_of, ingest, stored, two_regions

from fleet.sources.answer_cache import AnswerCache
from fleet.sources.client import Client
from fleet.storage.telemetry_store import read_corrections, read_origins, read_telemetry
from fleet.storage.version_log import log_folder
from fleet.workflows.feed_batch import FeedBatch
from fleet.workflows.feed_ingest import FeedRequest, ingest_feeds
from fleet.workflows.feed_trial import try_feeds


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


class Killed(BaseException):
    """Stands for a signal that ends the process."""


@pytest.mark.parametrize("is_caught", [True, False])
def test_an_ingest_that_is_killed_has_stored_the_pages_before(workspace, monkeypatch, is_caught):
    services = Services()
    if not is_caught:
        # A process that is killed stores nothing at its end.
        monkeypatch.setattr("fleet.workflows.feed_batch._STORED_EVERY_S", -1.0)
        monkeypatch.setattr("fleet.workflows.feed_batch._MOST_SHARE", np.inf)

    def reply(handler):
        services(handler)
        if services.answered == 30:
            monkeypatch.setattr(Client, "get", killed)

    def killed(*_, **__):
        if not is_caught:
            monkeypatch.setattr(FeedBatch, "store", lambda _: None)
        raise Killed

    with serving(reply) as server:
        with pytest.raises(Killed):
            ingest(workspace, server.url, LOAD, since="2023-03-01")
        monkeypatch.undo()
        assert len(read_telemetry(workspace.telemetry).time_utc) == 30 * 168
        (result,), requests = ingest(workspace, server.url, LOAD, since="2023-03-01")
    # 366.5 days less what is stored, and 49 hours again, in pages of 168 hours.
    assert requests == -(-(366 * 24 + 12 - 30 * 168 + 49) // 168)
    assert result.error == ""
    assert np.isfinite(read_telemetry(workspace.telemetry).values["it_load_mw"]).all()


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


def test_many_regions_make_one_version(workspace):
    with serving(Services()) as server, Client() as client:
        ingest_feeds(FeedRequest(workspace=workspace, fleet=two_regions(server.url), now_utc=NOW), client)
    assert len(list(log_folder(workspace.telemetry).rglob("*.parquet"))) == 1


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
