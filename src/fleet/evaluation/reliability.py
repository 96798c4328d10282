"""How often bounds held, and where they were weakest: by lead, hour, season and level of the forecast, week by week."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.evaluation.intervals import Rate, rate, rates
from fleet.units import HOURS_PER_DAY, FloatArray

WEEK_H = 7 * HOURS_PER_DAY
DECILES = 10
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class Week:
    """The origins of WEEK_H hours, from start_utc on, and how often what was promised there held."""

    start_utc: str
    count: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """How often a bound of each hour held. Days and weeks are those of the origins, hours and seasons of the targets.

    by_lead: from one hour ahead on. by_hour: of UTC, 0 to 23. by_season: of SEASONS that there are.
    by_decile: by the forecast, lowest first, leads pooled; the last is the hottest tenth, or more on ties.
    weeks: one after the other from the first origin on, without a last one that is cut short. worst_week: the one with
        the least share; None where nothing was scored.
    """

    overall: Rate
    by_lead: Sequence[Rate]
    by_hour: Sequence[Rate]
    by_season: Mapping[str, Rate]
    by_decile: Sequence[Rate]
    weeks: Sequence[Week]
    worst_week: Week | None

    @classmethod
    def of(cls, held: FloatArray, forecast: FloatArray, origin_utc: HourArray) -> "Reliability":
        """Args:
        held: (origin, lead) 1 or 0; NaN where the actual is not known.
        forecast: (origin, lead). origin_utc: (origin,), in time order.
        """
        leads = held.shape[1]
        target = origin_utc[:, None] + np.arange(1, leads + 1) * _ONE_HOUR
        day = np.repeat(_day(origin_utc), leads)

        def by(cell: NDArray[np.int64], cells: int) -> tuple[Rate, ...]:
            return rates(held.ravel(), day, cell.ravel(), cells)

        lead = np.broadcast_to(np.arange(leads), held.shape)
        seasons = by(clock.season(target), len(clock.SEASONS))
        of_week = weeks(held, origin_utc)
        return cls(
            overall=rate(held.ravel(), day),
            by_lead=by(lead, leads),
            by_hour=by(clock.hour_of_day(target), HOURS_PER_DAY),
            by_season={name: found for name, found in zip(clock.SEASONS, seasons, strict=True) if found.count},
            by_decile=by(_decile(forecast, np.isfinite(held)), DECILES),
            weeks=of_week,
            worst_week=worst(of_week),
        )

    @property
    def hottest(self) -> Rate:
        return self.by_decile[-1]

    @property
    def weakest(self) -> tuple[str, Rate] | None:
        """The cell with the least share, and its name; None where nothing was scored."""
        known = [(name, found) for name, found in self._cells() if found.count]
        return min(known, key=lambda each: each[1].share, default=None)

    def _cells(self) -> Iterator[tuple[str, Rate]]:
        yield from ((f"{lead} h ahead", found) for lead, found in enumerate(self.by_lead, start=1))
        yield from ((f"{hour:02d}:00 UTC", found) for hour, found in enumerate(self.by_hour))
        yield from self.by_season.items()
        yield from ((decile_name(at), found) for at, found in enumerate(self.by_decile))


def decile_name(at: int) -> str:
    """What the tenth number `at` of the forecasts, from 0, is called."""
    if at in {0, DECILES - 1}:
        return f"the {'highest' if at else 'lowest'} tenth of forecasts"
    return f"tenth {at + 1} of 10 by forecast"


@dataclass(frozen=True, kw_only=True)
class PathReliability:
    """How often a path bound held in every hour of its window; windows with a gap do not count.

    hottest: of the tenth of the origins with the highest forecasts.
    by_window: by the hours of the window, from the first lead on, each with a bound of its own.
    weeks, worst_week: as of Reliability.
    width_ratio: mean width of the path band over that of the band of each hour, where both are finite.
    """

    overall: Rate
    hottest: Rate
    by_window: Mapping[int, Rate]
    weeks: Sequence[Week]
    worst_week: Week | None
    width_ratio: float

    @classmethod
    def of(
        cls,
        held: FloatArray,
        by_window: Mapping[int, FloatArray],
        forecast: FloatArray,
        origin_utc: HourArray,
        width_ratio: float,
    ) -> "PathReliability":
        """Args:
        held: (origin,) 1 or 0 for the whole horizon, NaN where some hour is not known.
        by_window: window -> (origin,) the same for a bound of its own, over its hours.
        forecast: (origin, lead).
        """
        day, known = _day(origin_utc), np.isfinite(held)
        of_week = weeks(held[:, None], origin_utc)
        hottest = _decile(forecast.max(axis=1), known) == DECILES - 1
        return cls(
            overall=rate(held, day),
            hottest=rate(held[hottest], day[hottest]),
            by_window={window: rate(own, day) for window, own in by_window.items()},
            weeks=of_week,
            worst_week=worst(of_week),
            width_ratio=width_ratio,
        )


def weeks(held: FloatArray, origin_utc: HourArray) -> tuple[Week, ...]:
    """Whole weeks from the first origin on in which something is known; a single one, if there is less than one.

    Args:
        held: (origin, any) 1, 0 or NaN.
    """
    number = ((origin_utc - origin_utc[0]) / _ONE_HOUR).astype(np.int64) // WEEK_H
    # The last origin stands for the hours up to the next one.
    apart = np.diff(origin_utc[:2])
    ends = int((origin_utc[-1] - origin_utc[0] + apart.sum()) / _ONE_HOUR)
    found = []
    for at in range(max(ends // WEEK_H, 1)):
        own = held[number == at]
        count = int(np.isfinite(own).sum())
        if not count:
            continue
        start = clock.iso(origin_utc[0] + at * WEEK_H * _ONE_HOUR)
        found.append(Week(start_utc=start, count=count, share=float(np.nansum(own)) / count))
    return tuple(found)


def worst(of: Sequence[Week]) -> Week | None:
    """The week with the least share; None of none."""
    return min(of, key=lambda week: week.share, default=None)


def all_held(actual: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """(origin,) 1 where every lead's actual lies within, else 0; NaN where one is not known."""
    inside = np.all((actual >= lower) & (actual <= upper), axis=1)
    return np.where(np.isfinite(actual).all(axis=1), inside, np.nan)


def each_held(actual: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """(origin, lead) 1 where the actual lies within, else 0; NaN where it is not known."""
    return np.where(np.isfinite(actual), (actual >= lower) & (actual <= upper), np.nan)


def pit(actual: FloatArray, quantiles: FloatArray, origin_utc: HourArray) -> tuple[Rate, ...]:
    """Where the actuals fell among quantiles of the forecast: the share in each bin between them, lowest first.

    Shares that are all alike say that every quantile means what it says. Hours without all of the quantiles are left
    out.

    Args:
        actual: (origin, lead). quantiles: (level, origin, lead), levels evenly spaced in (0, 1).
    """
    above = np.count_nonzero(actual > quantiles, axis=0)
    known = np.isfinite(actual) & np.isfinite(quantiles).all(axis=0)
    day = np.repeat(_day(origin_utc), actual.shape[1])
    bins = len(quantiles) + 1
    return tuple(rate(np.where(known, above == each, np.nan).ravel(), day) for each in range(bins))


def _day(origin_utc: HourArray) -> NDArray[np.int64]:
    return origin_utc.astype("datetime64[D]").astype(np.int64)


def _decile(values: FloatArray, known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Which tenth of the known values each value lies in; equal values share one."""
    if not known.any():
        return np.zeros(values.shape, dtype=np.int64)
    edges = np.quantile(values[known], np.arange(1, DECILES) / DECILES)
    return np.asarray(np.searchsorted(edges, values, side="right"))
