"""Any metric of a Prometheus server, into any column: power of halls, GPUs, IPMI and Redfish exporters."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from fleet.domain.feed import AnyFeed, PrometheusFeed
from fleet.sources.answer import expect, get, json_of, records, shown
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.keys import key_of
from fleet.sources.samples import Sample, Samples
from fleet.units import HOURS_PER_DAY

# The server refuses more points per series than this.
_MOST_POINTS = 11_000
_HOUR_S = 3_600


class Prometheus(Source):
    """The result of `query_range`. The query must give one series: sum() adds those of a region."""

    gives: ClassVar[str] = "telemetry"
    key_env: ClassVar[str] = "FLEET_PROMETHEUS_TOKEN"
    needs_key: ClassVar[bool] = False
    page_h: ClassVar[int] = 7 * HOURS_PER_DAY
    per_minute: ClassVar[int] = 600
    lag_h: ClassVar[int] = 1

    @staticmethod
    def document(column: str) -> str:
        """Each column has a query of its own."""
        return column

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the points of the asked hours. Both ends count, so the end is one step less."""
        feed, key = query.feed_as(PrometheusFeed), key_of(type(self), query)
        params = {
            "query": feed.query,
            "start": f"{query.first.timestamp():.0f}",
            "end": f"{(query.end - timedelta(seconds=feed.step_s)).timestamp():.0f}",
            "step": str(feed.step_s),
        }
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = f"{feed.url.rstrip('/')}/api/v1/query_range"
        return client.get(Request(url=url, params=params, headers=headers, secret=key), source=type(self), query=query)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the observed hours. NaN and infinity are missing values."""
        content = json_of(payload, query)
        expect(get(content, "status", str, query), "success", "status", query)
        data = get(content, "data", dict, query)
        expect(get(data, "resultType", str, query, where="data"), "matrix", "data.resultType", query)
        series = list(records(data, "result", query, where="data"))
        notes = [f"the server warns: {str(warning)[:160]}" for warning in content.get("warnings") or []]
        if len(series) > 1:
            labels = sorted({name for part in series for name in part.get("metric", {})})
            raise query.error(
                f"the query gives {len(series)} series (labels {', '.join(labels)[:80]}), expected one; join them, "
                "such as sum(...)"
            )
        if not series:
            notes.append("the query matches no series in these hours: a wrong name of a metric is no error there")
        column, feed = next(iter(query.feeds)), query.feed_as(PrometheusFeed)
        rows = [_sample(point, column, query) for part in series for point in get(part, "values", list, query)]
        return Samples(rows=rows, units={column: feed.unit}, notes=notes, step_s=float(feed.step_s)).observed(query)


def page_hours(feed: AnyFeed, usual_h: int) -> int:
    """Return the most hours that one request may ask for."""
    if isinstance(feed, PrometheusFeed):
        return max(min(usual_h, _MOST_POINTS * feed.step_s // _HOUR_S), 1)
    return usual_h


def _sample(point: Any, column: str, query: Query) -> Sample:
    """Return the sample of a point: a time in seconds and a value as text."""
    if not isinstance(point, list) or len(point) != 2 or not isinstance(point[1], str):
        raise query.error(f"field values is {shown(point)}, expected pairs of a time and a text")
    try:
        time, value = datetime.fromtimestamp(float(point[0]), UTC), float(point[1])
    except (ValueError, TypeError, OverflowError, OSError):
        raise query.error(f"field values is {str(point)[:80]}, expected a time in seconds and a number") from None
    return Sample(column, time, value if math.isfinite(value) else math.nan)
