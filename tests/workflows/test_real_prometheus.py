"""A real Prometheus server: it scrapes an exporter, its series is queried and ingested, and an hour is decided."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support.faulty_server import serving
from support.prometheus_server import prometheus
from support.sites import NAIVE, calm, fleet_of, job, region

from fleet.domain.decision import Verdict
from fleet.domain.region import Fleet
from fleet.domain.supplied import Supplied
from fleet.fleets import dump_fleet, parse_fleet
from fleet.placement import DEFAULT_POLICY
from fleet.sources.client import Client
from fleet.storage.telemetry_store import add_telemetry, read_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, decide_hour
from fleet.workflows.feed_ingest import FeedRequest, ingest_feeds
from fleet.workflows.feed_trial import try_feeds
from fleet.workflows.open_workspace import ledger_of
from fleet.workflows.value_sources import sources_at

pytestmark = pytest.mark.service

DAYS, SCRAPED_DAYS = 130, 4
STEP_S = 900
# Each of two halls draws 3 MW in the history; the exporter shows 4 MW now.
HALL_W, NOW_W = 3_000_000.0, 4_000_000.0
ONE_HOUR = np.timedelta64(1, "h")


def exporter(handler):
    text = "# TYPE pdu_power_watts gauge\n" + "".join(f'pdu_power_watts{{hall="{hall}"}} {NOW_W}\n' for hall in "ab")
    handler.reply(200, text.encode(), Content_Type="text/plain; version=0.0.4")


def wired(url: str, query: str = "sum(pdu_power_watts)") -> Fleet:
    text = dump_fleet(fleet_of(region("alpha")))
    feed = f"{{source: prometheus, url: '{url}', query: '{query}', unit: W, step_s: {STEP_S}}}"
    return parse_fleet(f"{text}sources:\n  alpha:\n    it_load_mw:\n      - {feed}\n", name="f.yaml")


def test_scrape_query_ingest_decide(tmp_path, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0)
    first = hour - timedelta(days=SCRAPED_DAYS)
    seconds = range(int(first.timestamp()), int(hour.timestamp()), STEP_S)
    history = {f'pdu_power_watts{{hall="{hall}"}}': [(second, HALL_W) for second in seconds] for hall in "ab"}
    (tmp_path / "prometheus").mkdir()
    workspace, now_utc = Workspace(tmp_path / "home"), f"{now:%Y-%m-%dT%H:%M:%SZ}"
    workspace.make()
    _store_calm_history(workspace, np.datetime64(hour.replace(tzinfo=None), "h"), now_utc)
    with serving(exporter) as exported, Client() as client:
        target = exported.url.removeprefix("http://")
        with prometheus(tmp_path / "prometheus", exporter=target, history=history) as url:
            fleet = wired(url)
            (trial,) = try_feeds(fleet, client, now_utc=now_utc)
            assert (trial.age_h, trial.conversion, trial.error) == (0, "W x 1e-06", "")
            # The ingest begins where the stored load ends.
            (result,) = ingest_feeds(FeedRequest(workspace=workspace, fleet=fleet, now_utc=now_utc), client)
            assert (result.error, result.new) == ("", SCRAPED_DAYS * 24)
            # A query that matches two series is refused, and a wrong name is told.
            (two,) = try_feeds(wired(url, "pdu_power_watts"), client, now_utc=now_utc)
            assert "the query gives 2 series (labels __name__, hall" in two.error
            (none,) = try_feeds(wired(url, "pdu_power_wats"), client, now_utc=now_utc)
            assert "the query matches no series" in none.notes[0]
            (bad,) = try_feeds(wired(url, "sum("), client, now_utc=now_utc)
            assert "parse error" in bad.error
        (gone,) = try_feeds(fleet, client, now_utc=now_utc)
        assert "no answer after 3 attempts" in gone.error
    assert np.unique(read_telemetry(workspace.telemetry).values["it_load_mw"]).tolist() == [6.0]
    _decide(workspace, fleet, now_utc)


def _store_calm_history(workspace, end, now_utc):
    """Store calm weather up to the present hour, and the load up to the first hour that Prometheus has."""
    whole = calm(fleet_of(region("alpha")), DAYS)
    load = whole.values["it_load_mw"].copy()
    load[:, -SCRAPED_DAYS * 24 :] = np.nan
    shifted = replace(
        whole, time_utc=end - np.arange(DAYS * 24, 0, -1) * ONE_HOUR, values={**whole.values, "it_load_mw": load}
    )
    add_telemetry(workspace.telemetry, Supplied.of(shifted), stored_utc=now_utc)


def _decide(workspace, fleet, now_utc):
    """Decide a job, and see where the load came from."""
    request = HourRequest(workspace=workspace, fleet=fleet, settings=NAIVE, now_utc=now_utc)
    last = read_telemetry(workspace.telemetry).time_utc[-1]
    start = last + ONE_HOUR
    wanted = job("first", power_mw=2.0, earliest_utc=start, deadline_utc=start + 6 * ONE_HOUR, regions=("alpha",))
    with ledger_of(workspace) as ledger:
        (entry,) = decide_hour(request, [wanted], ledger, policy=DEFAULT_POLICY, made_utc=now_utc).entries
    assert entry.decision.verdict is Verdict.APPROVE
    origins = {source.column: source.source for source in sources_at(workspace, "alpha", last, now_utc)}
    assert origins["it_load_mw"] == "prometheus sum(pdu_power_watts)"
    assert origins["temperature_c"] == "not recorded"
