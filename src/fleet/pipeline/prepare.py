"""Telemetry to conditions: forecasts, bounds, physics and headroom for any number of origins at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fleet.conformal import BANDS, DEFAULT_BANDS, miscoverage_of
from fleet.conformal.bands import Residuals
from fleet.conformal.climatology import LEVEL_H, MONTHS, seasonal_mean, seasonal_upper, trailing_mean
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.ladder import Ladder
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS, Series, walk_forward
from fleet.forecasting.base import Positions, Progress
from fleet.forecasting.series import actual as actual_of
from fleet.pipeline.conditions import Expected, conditions_of, sure_limits_mw
from fleet.pipeline.ladder import DECISION, GATES, PATH, POINTWISE, ladder_of, margins_of
from fleet.units import HOURS_PER_DAY, FloatArray

BOUNDED = ("temperature_c", "dew_point_c", "it_load_mw")
EXPECTED = ("carbon_g_per_kwh", "price_usd_per_mwh")
WARM_UP_H = 30 * HOURS_PER_DAY
# Past the horizon each hour is bounded by itself; a quarter of the miscoverage leaves room for windows of many hours.
_FAR_SHARE = Fraction(1, 4)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the pipeline forecasts, bounds and gates. Checked when made.

    gate: which error a job's approval is calibrated on: that of its decision, of the whole path, or of each hour.
    controlled: breaches of approved jobs raise the conservatism of their region.
    """

    forecaster: str = DEFAULT_FORECASTER
    bands: str = DEFAULT_BANDS
    confidence: float = 0.95
    horizon: int = 24
    gate: str = DECISION
    controlled: bool = True

    def __post_init__(self) -> None:
        if self.forecaster not in FORECASTERS:
            raise ConfigError(f"forecaster is {self.forecaster!r}, expected one of {', '.join(FORECASTERS)}")
        if self.bands not in BANDS:
            raise ConfigError(f"bands is {self.bands!r}, expected one of {', '.join(BANDS)}")
        if self.gate not in GATES:
            raise ConfigError(f"gate is {self.gate!r}, expected one of {', '.join(GATES)}")
        if self.horizon < 1:
            raise ConfigError(f"horizon is {self.horizon}, expected at least 1 h")
        miscoverage_of(self.confidence)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Everything that decisions at some origins may use.

    origin_utc: (origin,) the last known hour of each.
    near: (origin, region, lead) conditions within the horizon; their bounds hold for each hour by itself.
    ladder: what a job within the horizon may count on.
    far: (day of origins, region, month and hour of day) conditions of the season, for hours past the horizon.
    far_row: (origin,) which of the far conditions was known at each origin.
    residuals: forecasts and actuals by variable; `since` marks the first of these origins among the calibrating ones.
    """

    fleet: Fleet
    settings: Settings
    origin_utc: HourArray
    near: Conditions
    ladder: Ladder
    far: Conditions
    far_row: NDArray[np.int64]
    residuals: Mapping[str, Residuals]

    def ahead(self, step: int, hours: int) -> Conditions:
        """(region, hour) conditions of the next `hours` hours after origin number `step`."""
        horizon = self.settings.horizon
        near = self.near.map(lambda table: table[:, step, :, :hours])
        if hours <= horizon:
            return near
        later = self.origin_utc[step] + np.arange(horizon + 1, hours + 1)
        cell = _season_cell(later)
        row = int(self.far_row[step])
        return near.then(self.far.map(lambda table: table[:, row][:, :, cell]))

    def seen_at(
        self, origin_utc: HourArray, region: NDArray[np.int64], hour_utc: HourArray
    ) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
        """What was known at some origins of some region-hours: near_limit, near_limit_mw and headroom_mw of Conditions.

        Args:
            origin_utc, region, hour_utc: (entry,); each hour is after its origin.
        """
        step = np.searchsorted(self.origin_utc, origin_utc)
        lead = ((hour_utc - origin_utc) / np.timedelta64(1, "h")).astype(np.int64) - 1
        is_near = lead < self.settings.horizon
        near = (step, region, np.minimum(lead, self.settings.horizon - 1))
        far = (self.far_row[step], region, _season_cell(hour_utc))
        return (
            np.where(is_near, self.near.near_limit[near], self.far.near_limit[far]),
            np.where(is_near, self.near.near_limit_mw[near], self.far.near_limit_mw[far]),
            np.where(is_near, self.near.headroom_mw[near], self.far.headroom_mw[far]),
        )


def prepare(
    telemetry: Telemetry,
    fleet: Fleet,
    origins: Positions,
    settings: Settings,
    *,
    outlooks: Outlooks | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Forecast, bound and turn into conditions at each origin, from what was known there.

    Args:
        telemetry: with every region of the fleet; `it_load_mw` is the load without the jobs being placed.
        origins: consecutive positions in the telemetry. Earlier hours, from WARM_UP_H on, are forecast too: their
            errors calibrate the bounds.
        outlooks: forecasts by others, of which an origin sees those issued by then.
    Raises: DataError if a column, a region or the history is missing.
    """
    telemetry = telemetry.select(fleet.region_ids)
    columns = _columns(telemetry, fleet)
    every = _with_calibration(telemetry, columns, origins)
    residuals = {}
    for index, (name, observed) in enumerate(columns.items()):
        share = None if progress is None else _share(progress, index, len(columns))
        series = Series.of(replace(telemetry, values={**telemetry.values, name: observed}), name, outlooks)
        residuals[name] = _residuals(series, every, int(origins[0]), settings, share)
    method, miscoverage = BANDS[settings.bands](), miscoverage_of(settings.confidence)
    forecast = {name: known.forecast[known.since :] for name, known in residuals.items()}
    bounded = {name: residuals[name] for name in BOUNDED}
    since = residuals[BOUNDED[0]].since
    every_limit = _near_limits_mw(fleet, telemetry.time_utc[every], settings.horizon)
    margin = margins_of(method, bounded, miscoverage, gate=POINTWISE)
    bound = {name: forecast[name] + margin[name][since:] for name in BOUNDED}
    gated = margin if settings.gate != PATH else margins_of(method, bounded, miscoverage, gate=PATH)
    far, far_row = _far(columns, telemetry.time_utc, origins, fleet, miscoverage * _FAR_SHARE)
    return Prepared(
        fleet=fleet,
        settings=settings,
        origin_utc=telemetry.time_utc[origins],
        near=conditions_of(
            fleet,
            expected=_expected(forecast),
            bound=_expected(bound | _costs(forecast)),
            grid_limit_mw=every_limit[since:],
        ),
        ladder=ladder_of(fleet, bounded, gated, every_limit, miscoverage, gate=settings.gate, since=since),
        far=far,
        far_row=far_row,
        residuals=residuals,
    )


def with_foresight(prepared: Prepared) -> Prepared:
    """The same origins, knowing the true weather, load, carbon and price of the horizon, and no call of the grid."""
    truth = _expected({name: known.actual[known.since :] for name, known in prepared.residuals.items()})
    limits = _near_limits_mw(prepared.fleet, prepared.origin_utc, prepared.settings.horizon)
    near = conditions_of(prepared.fleet, expected=truth, bound=truth, grid_limit_mw=limits)
    return Prepared(
        fleet=prepared.fleet,
        settings=prepared.settings,
        origin_utc=prepared.origin_utc,
        near=near,
        ladder=Ladder.single(near),
        far=prepared.far,
        far_row=prepared.far_row,
        residuals=prepared.residuals,
    )


def _season_cell(hour_utc: HourArray) -> NDArray[np.int64]:
    """Where the far conditions hold an hour: by calendar month and hour of day."""
    return clock.month_index(hour_utc) % MONTHS * HOURS_PER_DAY + clock.hour_of_day(hour_utc)


def _near_limits_mw(fleet: Fleet, origin_utc: HourArray, horizon: int) -> FloatArray:
    """(origin, region, lead) sure grid power ahead of consecutive origins; a view, as each hour is of many origins."""
    ahead = origin_utc[0] + np.arange(1, len(origin_utc) + horizon)
    windows = sliding_window_view(sure_limits_mw(fleet, ahead), horizon, axis=1)
    return np.swapaxes(windows, 0, 1)


def _season_limits_mw(fleet: Fleet) -> FloatArray:
    """(region, month and hour of day) sure grid power; a contract is the same every year."""
    cells = [f"2001-{month + 1:02}-01T{hour:02}" for month in range(MONTHS) for hour in range(HOURS_PER_DAY)]
    return sure_limits_mw(fleet, np.array(cells, dtype="datetime64[h]"))


def flat_prices(telemetry: Telemetry, fleet: Fleet) -> FloatArray:
    """(region, hour) price; until a region's first one is known, the fleet's flat price stands for it."""
    flat = np.array([[region.price_usd_per_mwh] for region in fleet.regions])
    known = telemetry.values.get("price_usd_per_mwh")
    if known is None:
        return np.broadcast_to(flat, (len(fleet.regions), len(telemetry.time_utc)))
    return np.where(np.logical_or.accumulate(np.isfinite(known), axis=1), known, flat)


def _columns(telemetry: Telemetry, fleet: Fleet) -> dict[str, FloatArray]:
    columns = {name: telemetry.column(name) for name in (*BOUNDED, "carbon_g_per_kwh")}
    return columns | {"price_usd_per_mwh": flat_prices(telemetry, fleet)}


def _with_calibration(telemetry: Telemetry, columns: Mapping[str, FloatArray], origins: Positions) -> Positions:
    known = max(
        int(Series(observed=observed, time_utc=telemetry.time_utc).first_known.max()) for observed in columns.values()
    )
    first = known + WARM_UP_H
    if first > origins[0]:
        since = "too late" if known >= len(telemetry.time_utc) else f"from {clock.iso(telemetry.time_utc[known])} on"
        raise DataError(
            f"deciding from {clock.iso(telemetry.time_utc[origins[0]])} on needs {WARM_UP_H // HOURS_PER_DAY} days of "
            f"history in every column and region, and all are known only {since}; add earlier hours or decide later"
        )
    return np.arange(first, origins[-1] + 1)


def _residuals(
    series: Series, every: Positions, first: int, settings: Settings, progress: Progress | None
) -> Residuals:
    forecaster = FORECASTERS[settings.forecaster](horizon=settings.horizon)
    return Residuals(
        forecast=walk_forward(forecaster, series, every, progress=progress),
        actual=actual_of(series, every, settings.horizon),
        origin_utc=series.time_utc[every],
        age_h=series.age_h[:, every].T,
        since=first - int(every[0]),
    )


def _expected(values: Mapping[str, FloatArray]) -> Expected:
    return Expected(**{name: values[name] for name in (*BOUNDED, *EXPECTED)})


def _costs(values: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    return {name: values[name] for name in EXPECTED}


def _far(
    columns: Mapping[str, FloatArray],
    time_utc: HourArray,
    origins: Positions,
    fleet: Fleet,
    miscoverage: Fraction,
) -> tuple[Conditions, NDArray[np.int64]]:
    """Conditions of the season: what it brings is made anew each calendar month, the level of the load each day.

    By the calendar and not by the first origin, so that a live tick knows what a replay does.
    """
    days, row = np.unique(time_utc[origins].astype("datetime64[D]"), return_inverse=True)
    months, month_of_day = np.unique(days.astype("datetime64[M]"), return_inverse=True)
    # A load that grows is far above its own past; its departure from the recent level is what repeats.
    level = trailing_mean(columns["it_load_mw"], LEVEL_H)
    departing = dict(columns) | {"it_load_mw": columns["it_load_mw"] - level}
    mean: dict[str, list[FloatArray]] = {name: [] for name in columns}
    upper: dict[str, list[FloatArray]] = {name: [] for name in BOUNDED}
    for start in _positions(months, time_utc):
        known = slice(0, int(start) + 1)
        for name, values in departing.items():
            mean[name].append(_by_cell(seasonal_mean(values[:, known], time_utc[known])))
        for name in BOUNDED:
            upper[name].append(_by_cell(seasonal_upper(departing[name][:, known], time_utc[known], miscoverage)))
    expected = {name: np.stack(parts)[month_of_day] for name, parts in mean.items()}
    bound = {name: np.stack(parts)[month_of_day] for name, parts in upper.items()}
    at = _positions(days, time_utc)
    # A new tenant shows in a day's mean long before it shows in a month's.
    highest = np.fmax(level, trailing_mean(columns["it_load_mw"], HOURS_PER_DAY))
    expected["it_load_mw"] += level[:, at].T[:, :, None]
    bound["it_load_mw"] += highest[:, at].T[:, :, None]
    far = conditions_of(
        fleet,
        expected=_expected(expected),
        bound=_expected(bound | _costs(expected)),
        grid_limit_mw=_season_limits_mw(fleet),
    )
    return far, row


def _positions(dates: HourArray, time_utc: HourArray) -> NDArray[np.int64]:
    """Where each date's first hour stands in the telemetry; the first hour of all for a date that began before it."""
    offset = (dates.astype(time_utc.dtype) - time_utc[0]) / np.timedelta64(1, "h")
    return np.asarray(np.maximum(offset.astype(np.int64), 0))


def _by_cell(season: FloatArray) -> FloatArray:
    """(region, month and hour of day) from (region, month, hour of day)."""
    return season.reshape(season.shape[0], -1)


def _share(progress: Progress, index: int, count: int) -> Progress:
    return lambda share: progress((index + share) / count)
