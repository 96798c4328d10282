"""Answers in the recorded shapes of three services, for any hours, from a real server on loopback."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import numpy as np
from support.faulty_server import Handler

Hours = Callable[[datetime], float | None]


def warm(time: datetime) -> float:
    """Return a daily course at longitude 0: warmest at 15 h, with some days warmer than others."""
    day = (time - datetime(2024, 1, 1, tzinfo=UTC)).days
    return 15 + 8 * float(np.cos(2 * np.pi * (time.hour - 15) / 24)) + 3 * float(np.sin(day))


def dirty(time: datetime) -> float:
    """Return a carbon intensity that differs from hour to hour."""
    return 200 + 50 * float(np.cos(2 * np.pi * (time.hour - 19) / 24)) + time.day


@dataclass
class Services:
    """A behaviour for `faulty_server.serving`.

    temperature, carbon, power_w: the values of a service by hour; None where it has no value.
    estimated_from: from this hour on, Electricity Maps calls its values estimated.
    now: the time of the forecasts.
    fails_after: number of requests after which the services answer 400.
    """

    temperature: Hours = warm
    carbon: Hours = dirty
    power_w: Hours = field(default=lambda _: 6e6)
    estimated_from: datetime = datetime(2100, 1, 1, tzinfo=UTC)
    now: datetime = datetime(2024, 3, 1, 12, tzinfo=UTC)
    fails_after: int = 1_000_000
    answered: int = 0

    def __call__(self, handler: Handler) -> None:
        """Answer a request by its path."""
        self.answered += 1
        if self.answered > self.fails_after:
            handler.reply(400, b'{"error": "the service is closed"}')
            return
        url = urlsplit(handler.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        parts = {"archive": self._archive, "forecast": self._forecast, "carbon-intensity": self._carbon}
        name = next((part for part in parts if f"/{part}" in url.path), "")
        content = parts[name](asked) if name else self._matrix(asked)
        handler.reply(200, json.dumps(content).encode())

    def _archive(self, asked: dict[str, str]) -> dict[str, object]:
        first = datetime.fromisoformat(asked["start_date"]).replace(tzinfo=UTC)
        end = datetime.fromisoformat(asked["end_date"]).replace(tzinfo=UTC) + timedelta(days=1)
        return self._weather(asked, hours_between(first, end))

    def _forecast(self, asked: dict[str, str]) -> dict[str, object]:
        midnight = self.now.replace(hour=0)
        return self._weather(asked, hours_between(midnight, midnight + timedelta(days=3)))

    def _weather(self, asked: dict[str, str], hours: list[datetime]) -> dict[str, object]:
        names = asked["hourly"].split(",")
        units = {"temperature_2m": "°C", "dew_point_2m": "°C", "wind_speed_10m": "km/h", "surface_pressure": "hPa"}
        return {
            "latitude": float(asked["latitude"]),
            "longitude": float(asked["longitude"]),
            "utc_offset_seconds": 0,
            "hourly_units": {"time": "iso8601", **{name: units[name] for name in names}},
            "hourly": {"time": [f"{time:%Y-%m-%dT%H:%M}" for time in hours]}
            | {name: [self._value(name, time) for time in hours] for name in names},
        }

    def _value(self, name: str, time: datetime) -> float | None:
        value = self.temperature(time)
        if value is None:
            return None
        return {"temperature_2m": value, "dew_point_2m": value - 6, "wind_speed_10m": 18.0, "surface_pressure": 1000.0}[
            name
        ]

    def _carbon(self, asked: dict[str, str]) -> dict[str, object]:
        if "start" in asked:
            first, end = (datetime.fromisoformat(asked[name]) for name in ("start", "end"))
        else:
            first, end = self.now - timedelta(hours=24), self.now
        rows = [
            {
                "zone": asked["zone"],
                "carbonIntensity": self.carbon(time),
                "datetime": f"{time:%Y-%m-%dT%H:%M:%S.000Z}",
                "updatedAt": f"{time + timedelta(hours=1):%Y-%m-%dT%H:%M:%S.000Z}",
                "emissionFactorType": "lifecycle",
                "isEstimated": time >= self.estimated_from,
                "estimationMethod": None,
            }
            for time in hours_between(first, end)
        ]
        return {"zone": asked["zone"], "data": rows, "temporalGranularity": "hourly"}

    def _matrix(self, asked: dict[str, str]) -> dict[str, object]:
        start, end, step = (int(asked[name]) for name in ("start", "end", "step"))
        values = []
        for second in range(start, end + 1, step):
            value = self.power_w(datetime.fromtimestamp(second, UTC))
            values += [] if value is None else [[second, str(value)]]
        return {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}}


def hours_between(first: datetime, end: datetime) -> list[datetime]:
    """Return the hours from `first` to before `end`."""
    return [first + timedelta(hours=hour) for hour in range(int((end - first).total_seconds() // 3600))]
