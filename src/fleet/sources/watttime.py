"""WattTime v3: marginal carbon intensity, five-minute values. It is kept apart from average carbon intensity.

Data: proprietary. The free plan covers one region.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from fleet.domain.feed import WattTimeFeed
from fleet.sources.answer import expect, get, json_of, moment, number, records
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client, Request
from fleet.sources.keys import key_name, key_of
from fleet.sources.samples import Sample, Samples
from fleet.units import HOURS_PER_DAY

COLUMN, STEP_S = "marginal_carbon_g_per_kwh", 300.0
_SIGNAL = "co2_moer"
# A token is valid for 30 minutes, and at most 100 logins are allowed in 5 minutes.
_TOKEN_S = 25 * 60.0


class WattTime(Source):
    """Past values. The key is `user:password`. History is recomputed with newer models."""

    gives: ClassVar[str] = "telemetry"
    address: ClassVar[str] = "https://api.watttime.org"
    key_env: ClassVar[str] = "FLEET_WATTTIME_LOGIN"
    page_h: ClassVar[int] = 31 * HOURS_PER_DAY
    per_minute: ClassVar[int] = 100

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the values of the asked hours."""
        span = {"start": f"{query.first:%Y-%m-%dT%H:%MZ}", "end": f"{query.end:%Y-%m-%dT%H:%MZ}"}
        return ask(type(self), query, client, "historical", span)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the observed hours; imputed values count as estimated."""
        content = json_of(payload, query)
        units, notes = meta_of(content, query)
        rows = [
            Sample(
                COLUMN,
                moment(row, "point_time", query, where="data"),
                number(row, "value", query, where="data"),
                is_estimated=bool(row.get("imputed_data_used")),
                published=moment(row, "last_updated", query, where="data") if "last_updated" in row else None,
            )
            for row in records(content, "data", query)
        ]
        return Samples(rows=rows, units=units, notes=notes, step_s=STEP_S).observed(query)


def ask(source: type[Source], query: Query, client: Client, endpoint: str, span: Mapping[str, str]) -> bytes:
    """Return the answer of an endpoint. Logs in first, unless the client has a token that is still valid."""
    feed = query.feed_as(WattTimeFeed)
    key = key_of(source, query)
    user, colon, password = key.partition(":")
    if not colon:
        raise query.error(f"{key_name(source, query)} has no colon, expected user:password")
    address = feed.url or source.address
    request = Request(url=f"{address}/login", auth=(user, password), secret=password, token_s=_TOKEN_S)
    login = client.get(request, source=source, query=query)
    token = get(json_of(login, query, is_shown=False), "token", str, query)
    params = {"region": feed.zone, "signal_type": _SIGNAL, **span}
    return client.get(
        Request(
            url=f"{address}/v3/{endpoint}", params=params, headers={"Authorization": f"Bearer {token}"}, secret=token
        ),
        source=source,
        query=query,
    )


def meta_of(content: Mapping[str, Any], query: Query) -> tuple[dict[str, str], list[str]]:
    """Return unit and warnings of an answer. Raises: SourceError for another region, signal or unit than asked."""
    meta = get(content, "meta", dict, query)
    expect(get(meta, "region", str, query, where="meta"), query.feed_as(WattTimeFeed).zone, "meta.region", query)
    expect(get(meta, "signal_type", str, query, where="meta"), _SIGNAL, "meta.signal_type", query)
    unit = get(meta, "units", str, query, where="meta")
    # The index of this service is a percentile, without any mass.
    expect(unit, "lbs_co2_per_mwh", "meta.units", query)
    notes = (
        [
            f"the service warns: {str(warning.get('message', warning))[:160]}"
            for warning in records(meta, "warnings", query, where="meta")
        ]
        if meta.get("warnings")
        else []
    )
    return {COLUMN: unit}, notes
