"""Earlier weather forecasts of Open-Meteo, as they were issued. With them, a back-test does not use later knowledge."""

from datetime import timedelta
from typing import ClassVar

from fleet.sources.answer import get
from fleet.sources.base import Query, Reading, Source
from fleet.sources.client import Client
from fleet.sources.open_meteo_hours import NAMES, ask, hours, values
from fleet.sources.samples import Sample, Samples
from fleet.units import HOURS_PER_DAY

# The column `_previous_day1` holds, for each hour, the forecast of a run that began at least 24 h earlier.
_DAYS_BACK = (1, 2)
# Assumed: a run is published within this time after it began.
PUBLISHED_AFTER_H = 6


class OpenMeteoPreviousRuns(Source):
    """Forecasts that began one and two days before their hour."""

    gives: ClassVar[str] = "outlooks"
    address: ClassVar[str] = "https://previous-runs-api.open-meteo.com/v1/forecast"
    key_env: ClassVar[str] = "FLEET_OPEN_METEO_KEY"
    needs_key: ClassVar[bool] = False
    page_h: ClassVar[int] = 31 * HOURS_PER_DAY

    def fetch(self, query: Query, client: Client) -> bytes:
        """Return the forecasts for the days that the query touches."""
        last = query.end - timedelta(hours=1)
        span = {"start_date": f"{query.first:%Y-%m-%d}", "end_date": f"{last:%Y-%m-%d}"}
        names = [f"{NAMES[column]}_previous_day{days}" for column in query.feeds for days in _DAYS_BACK]
        return ask(type(self), query, client, names, span)

    def parse(self, payload: bytes, *, query: Query) -> Reading:
        """Return each forecast with the time at which it was published at the latest."""
        times, columns, units = hours(payload, query)
        rows: list[Sample] = []
        named: dict[str, str] = {}
        for column in query.feeds:
            for days in _DAYS_BACK:
                name = f"{NAMES[column]}_previous_day{days}"
                unit = get(units, name, str, query, where="hourly_units")
                if named.setdefault(column, unit) != unit:
                    raise query.error(f"field hourly_units.{name} is {unit!r}, expected {named[column]!r}")
                early = timedelta(hours=days * HOURS_PER_DAY - PUBLISHED_AFTER_H)
                rows += [
                    Sample(column, time, value, issued=time - early)
                    for time, value in values(columns, name, times, query)
                ]
        return Samples(rows=rows, units=named).issued(query)
