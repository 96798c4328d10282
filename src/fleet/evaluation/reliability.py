"""The coverage of bounds by lead, hour of day, season, level of the forecast and week."""

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
    """The coverage at the origins of one week.

    start_utc: start of the week, which lasts WEEK_H hours.
    count: number of cases with a known outcome.
    share: share of these cases inside the bounds.
    """

    start_utc: str
    count: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """The coverage of hourly bounds. Days and weeks are those of the origins; hours and seasons are of the targets.

    by_lead: one rate per lead, from lead 1 on.
    by_hour: one rate per hour of the UTC day, 0 to 23.
    by_season: season of SEASONS -> rate; seasons without a case are left out.
    by_decile: one rate per tenth of the forecasts, lowest tenth first, all leads together. Equal forecasts are in the
        same tenth, so a tenth may contain more cases.
    weeks: consecutive whole weeks from the first origin on. An incomplete last week is left out.
    worst_week: the week with the smallest share; None if no week was scored.
    """

    overall: Rate
    by_lead: Sequence[Rate]
    by_hour: Sequence[Rate]
    by_season: Mapping[str, Rate]
    by_decile: Sequence[Rate]
    weeks: Sequence[Week]
    worst_week: Week | None

    @classmethod
    def of(cls, is_covered: FloatArray, forecast: FloatArray, origin_utc: HourArray) -> "Reliability":
        """Compute all rates.

        Args:
            is_covered: (origin, lead) 1 or 0, NaN where the actual value is missing.
            forecast: (origin, lead).
            origin_utc: (origin,) in time order.
        """
        leads = is_covered.shape[1]
        target = origin_utc[:, None] + np.arange(1, leads + 1) * _ONE_HOUR
        day = np.repeat(_day(origin_utc), leads)

        def rates_by(group: NDArray[np.int64], groups: int) -> tuple[Rate, ...]:
            return rates(is_covered.ravel(), day, group.ravel(), groups)

        lead = np.broadcast_to(np.arange(leads), is_covered.shape)
        seasons = zip(clock.SEASONS, rates_by(clock.season(target), len(clock.SEASONS)), strict=True)
        whole_weeks = weeks(is_covered, origin_utc)
        return cls(
            overall=rate(is_covered.ravel(), day),
            by_lead=rates_by(lead, leads),
            by_hour=rates_by(clock.hour_of_day(target), HOURS_PER_DAY),
            by_season={name: coverage for name, coverage in seasons if coverage.count},
            by_decile=rates_by(_decile(forecast, np.isfinite(is_covered)), DECILES),
            weeks=whole_weeks,
            worst_week=_worst(whole_weeks),
        )

    @property
    def hottest(self) -> Rate:
        """The coverage of the highest tenth of the forecasts."""
        return self.by_decile[-1]

    @property
    def weakest(self) -> tuple[str, Rate] | None:
        """Name and rate of the lead, hour, season or tenth with the smallest share; None if nothing was scored."""
        scored = [(name, coverage) for name, coverage in self._cells() if coverage.count]
        return min(scored, key=lambda cell: cell[1].share, default=None)

    def _cells(self) -> Iterator[tuple[str, Rate]]:
        yield from ((f"{lead} h ahead", coverage) for lead, coverage in enumerate(self.by_lead, start=1))
        yield from ((f"{hour:02d}:00 UTC", coverage) for hour, coverage in enumerate(self.by_hour))
        yield from self.by_season.items()
        yield from ((_decile_name(index), coverage) for index, coverage in enumerate(self.by_decile))


@dataclass(frozen=True, kw_only=True)
class PathReliability:
    """The coverage of path bounds: an origin is covered if the actual values of all its leads are inside.

    Origins with a missing actual value are left out.

    overall: coverage over the whole horizon.
    hottest: coverage at the tenth of the origins with the highest maximum of the forecast.
    by_window: number of first leads -> coverage of the path bound that holds for these leads alone.
    weeks, worst_week: as for Reliability.
    width_ratio: mean width of the path band over mean width of the hourly band, where both are finite. One-sided bounds
        have margins in place of widths.
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
        is_covered: FloatArray,
        by_window: Mapping[int, FloatArray],
        forecast: FloatArray,
        origin_utc: HourArray,
        width_ratio: float,
    ) -> "PathReliability":
        """Compute all rates.

        Args:
            is_covered: (origin,) 1 or 0 for the whole horizon, NaN where an actual value is missing.
            by_window: number of first leads -> (origin,) the same for the path bound of these leads.
            forecast: (origin, lead).
            origin_utc: (origin,) in time order.
            width_ratio: copied into the result.
        """
        day = _day(origin_utc)
        whole_weeks = weeks(is_covered[:, None], origin_utc)
        is_hottest = _decile(forecast.max(axis=1), np.isfinite(is_covered)) == DECILES - 1
        return cls(
            overall=rate(is_covered, day),
            hottest=rate(is_covered[is_hottest], day[is_hottest]),
            by_window={window: rate(is_window_covered, day) for window, is_window_covered in by_window.items()},
            weeks=whole_weeks,
            worst_week=_worst(whole_weeks),
            width_ratio=width_ratio,
        )


def weeks(is_covered: FloatArray, origin_utc: HourArray) -> tuple[Week, ...]:
    """Return the coverage of each whole week from the first origin on.

    Weeks without a known outcome are left out. If the origins span less than one week, they are treated as one week.

    Args:
        is_covered: (origin, any) 1 or 0, NaN where the outcome is not known.
        origin_utc: (origin,) in time order.
    """
    week = ((origin_utc - origin_utc[0]) / _ONE_HOUR).astype(np.int64) // WEEK_H
    # The last origin also covers the hours up to the origin that would follow.
    step = np.diff(origin_utc[:2])
    span_h = int((origin_utc[-1] - origin_utc[0] + step.sum()) / _ONE_HOUR)
    scored = []
    for index in range(max(span_h // WEEK_H, 1)):
        outcomes = is_covered[week == index]
        count = int(np.isfinite(outcomes).sum())
        if not count:
            continue
        start = clock.iso(origin_utc[0] + index * WEEK_H * _ONE_HOUR)
        scored.append(Week(start_utc=start, count=count, share=float(np.nansum(outcomes)) / count))
    return tuple(scored)


def _worst(scored: Sequence[Week]) -> Week | None:
    return min(scored, key=lambda week: week.share, default=None)


def _decile_name(index: int) -> str:
    if index in {0, DECILES - 1}:
        return f"the {'highest' if index else 'lowest'} tenth of forecasts"
    return f"tenth {index + 1} of 10 by forecast"


def _day(origin_utc: HourArray) -> NDArray[np.int64]:
    return origin_utc.astype("datetime64[D]").astype(np.int64)


def _decile(values: FloatArray, is_known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the tenth, 0 to 9, in which each value lies among the known values. Equal values share a tenth."""
    if not is_known.any():
        return np.zeros(values.shape, dtype=np.int64)
    edges = np.quantile(values[is_known], np.arange(1, DECILES) / DECILES)
    return np.asarray(np.searchsorted(edges, values, side="right"))
