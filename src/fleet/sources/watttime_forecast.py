"""Forecasts of WattTime v3 as outlooks: marginal carbon intensity, with the time at which each was made."""

from typing import ClassVar

from fleet.sources.answer import get, json_of, moment, number, records
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client
from fleet.sources.samples import Sample, Samples
from fleet.sources.watttime import COLUMN, STEP_S, WattTime, ask, meta_of


class WattTimeForecast(Source):
    """The newest forecast for 24 hours. An answer may also hold several earlier ones."""

    gives: ClassVar[str] = "outlooks"
    is_paged: ClassVar[bool] = False
    address: ClassVar[str] = WattTime.address
    key_env: ClassVar[str] = WattTime.key_env
    per_minute: ClassVar[int] = WattTime.per_minute

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the newest forecast."""
        return ask(type(self), query, client, "forecast", {"horizon_hours": "24"})

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return the hours ahead of each `generated_at`."""
        content = json_of(payload, query)
        units, notes = meta_of(content, query)
        data = list(records(content, "data", query))
        if data and "forecast" not in data[0]:
            # The newest forecast states its time in `meta`, and its values in `data` itself.
            data = [{"generated_at": get(content["meta"], "generated_at", str, query), "forecast": data}]
        rows = [
            Sample(
                COLUMN,
                moment(row, "point_time", query, where="forecast"),
                number(row, "value", query, where="forecast"),
                issued=moment(issue, "generated_at", query),
            )
            for issue in data
            for row in records(issue, "forecast", query)
        ]
        return Samples(rows=rows, units=units, notes=notes, step_s=STEP_S).issued(query)
