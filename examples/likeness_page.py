"""Markdown tables that compare twin years with real ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pages import table
from twin_study.likeness import MONTH_NAMES

from fleet.units import FloatArray

MONTHLY = ("mean", "daily high", "daily low", "dew point")
SPREAD = (0.025, 0.975)
BY_CHANCE = 1 - (SPREAD[1] - SPREAD[0])
NEAR_ENOUGH = 0.15
# First words of a figure's name -> label for the reader, unit, and number of digits.
LABELS: Mapping[str, tuple[str, str, int]] = {
    "hourly change": ("hourly change", "K", 2),
    "anomaly": ("anomaly from month and hour", "K", 2),
    "autocorrelation": ("autocorrelation of the anomaly,", "", 3),
    "quantile": ("quantile", "°C", 1),
    "hours above": ("longest run of hours above the year's", "h", 0),
    "days above": ("longest run of days with a high above the year's", "d", 0),
    "day to day": ("autocorrelation from day to day", "", 3),
    "wet bulb": ("quantile of the wet bulb", "°C", 1),
    "hottest hours'": ("in the 100 hottest hours, the", "°C", 1),
    "July's correlation": ("correlation of dew point and temperature, July", "", 2),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure of real and twin years.

    real: value by year.
    real_sd, twin_sd: standard deviations between years.
    twin_low, twin_high: range that holds 95 % of the twin years.
    outside: real years outside this range.
    """

    figure: str
    real: Mapping[str, float]
    real_mean: float
    real_sd: float
    twin_mean: float
    twin_sd: float
    twin_low: float
    twin_high: float
    outside: tuple[str, ...]

    @classmethod
    def of(cls, figure: str, real: Mapping[str, float], twin: FloatArray) -> "Row":
        """Make a row from real values by year and twin values, (year,). A real year without the figure is left out."""
        known_years = {year: value for year, value in real.items() if np.isfinite(value)}
        low, high = np.quantile(twin, SPREAD).tolist()
        values = np.array(list(known_years.values()))
        return cls(
            figure=figure,
            real=known_years,
            real_mean=float(values.mean()) if len(values) else float("nan"),
            real_sd=float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
            twin_mean=float(twin.mean()),
            twin_sd=float(twin.std(ddof=1)),
            twin_low=low,
            twin_high=high,
            outside=tuple(year for year, value in known_years.items() if not low <= value <= high),
        )


@dataclass(frozen=True, kw_only=True)
class Difficulty:
    """Mean absolute errors [K] of day-ahead forecasts by two methods.

    origins, first_origin: number of scored origins, and the first one.
    ridge, naive: errors on the real series.
    twin_ridge, twin_naive: errors on twin series, one per seed.
    """

    origins: int
    first_origin: str
    ridge: float
    naive: float
    twin_ridge: tuple[float, ...]
    twin_naive: tuple[float, ...]


def page(
    rows: Mapping[str, Sequence[Row]], forecasts: Mapping[str, Difficulty], years: int, seeds: Sequence[int]
) -> str:
    """Return the page: the short tables, then the tables of each place."""
    of_years = f"{years} years of each of the seeds {', '.join(map(str, seeds))}"
    parts = [
        f"Twin: {of_years}. The value after ± is the standard deviation between years. A range holds 95 % of the "
        "twin's years. The figures of one year are not independent.\n",
        counts_table(rows),
        "Mean absolute error of the default test of `fleet evaluate`, 24 h ahead, K; twin: mean and range of one "
        f"series a seed ({len(seeds)}), on the same hours and with the same gaps as the real one.\n",
        forecast_table(forecasts),
    ]
    for place, figures in rows.items():
        real = sorted({year for row in figures for year in row.real})
        parts += [
            f"#### {place.capitalize()}\n",
            f"{len(real)} real years ({', '.join(real)}) beside {years * len(seeds)} twin years.\n",
            year_table(figures),
            "Means of all hours, of daily highs, of daily lows and of the dew point, °C:\n",
            monthly_table(figures),
        ]
    return "\n".join(parts)


def counts_table(rows: Mapping[str, Sequence[Row]]) -> str:
    """Return the share of real figures outside the twin's range, and the largest differences of monthly means."""
    header = ["", "real years", "figures of real years", "outside", "share", "by chance"]
    header += [f"largest difference, {name}" for name in MONTHLY]
    lines = []
    total = np.zeros(3, dtype=np.int64)
    for place, figures in rows.items():
        judged, outside = (sum(len(getattr(row, name)) for row in figures) for name in ("real", "outside"))
        years = {year for row in figures for year in row.real}
        counts = np.array([len(years), judged, outside])
        total += counts
        cells = _counts(*counts.tolist())
        for name in MONTHLY:
            worst = max((row for row in figures if row.figure in _months(name)), key=lambda r: abs(_difference(r)))
            cells.append(f"{_difference(worst):+.1f} K in {worst.figure[-3:]}")
        lines.append([place.capitalize(), *cells])
    return table(header, [*lines, ["all", *_counts(*total.tolist()), *[""] * len(MONTHLY)]])


def _counts(years: int, judged: int, outside: int) -> list[str]:
    return [str(years), str(judged), str(outside), f"{100 * outside / judged:.0f} %", f"{100 * BY_CHANCE:.0f} %"]


def year_table(rows: Sequence[Row]) -> str:
    """Return the table of the figures of the whole year."""
    header = ("figure", "real", "twin", "95 % of twin years", "real years outside")
    months = {name for quantity in MONTHLY for name in _months(quantity)}
    return table(header, [_year_cells(row) for row in rows if row.figure not in months])


def _year_cells(row: Row) -> list[str]:
    first_words = next(words for words in LABELS if row.figure.startswith(words))
    label, unit, digits = LABELS[first_words]
    outside = ", ".join(f"{year} ({row.real[year]:.{digits}f})" for year in row.outside)
    return [
        f"{label}{row.figure.removeprefix(first_words)}{', ' if unit else ''}{unit}",
        # Means over years get at least one digit, also for counts of hours or days.
        _spread(row.real_mean, row.real_sd, max(digits, 1)),
        _spread(row.twin_mean, row.twin_sd, max(digits, 1)),
        f"{row.twin_low:.{digits}f} to {row.twin_high:.{digits}f}",
        outside or "none",
    ]


def monthly_table(rows: Sequence[Row]) -> str:
    """Return the table of monthly means of all hours, of daily highs, of daily lows and of the dew point."""
    by_name = {row.figure: row for row in rows}
    header = ["month"]
    for name in MONTHLY:
        header += [f"{name}, real", "twin"]
    lines = []
    for month in MONTH_NAMES:
        cells, outside = [month], []
        for name in MONTHLY:
            row = by_name[f"{name} {month}"]
            cells += [
                _spread(row.real_mean, row.real_sd, 1),
                f"{_spread(row.twin_mean, row.twin_sd, 1)} ({row.twin_low:z.1f} to {row.twin_high:z.1f})",
            ]
            outside += [f"{year} {name} {row.real[year]:.1f}" for year in row.outside]
        lines.append([*cells, "; ".join(outside) or "none"])
    return table([*header, "real years outside"], lines)


def forecast_table(forecasts: Mapping[str, Difficulty]) -> str:
    """Return the table of forecast errors on real and twin series."""
    header = (
        "",
        "first origin",
        "origins",
        "naive, real",
        "naive, twin",
        "ratio",
        "ridge, real",
        "ridge, twin",
        "ratio",
    )
    lines = []
    for place, errors in forecasts.items():
        cells = [place.capitalize(), f"{errors.first_origin}:00Z", f"{errors.origins:,}"]
        for real, twin in ((errors.naive, errors.twin_naive), (errors.ridge, errors.twin_ridge)):
            ratio = float(np.mean(twin)) / real
            beyond = "" if abs(ratio - 1) <= NEAR_ENOUGH else f", beyond {100 * NEAR_ENOUGH:.0f} %"
            cells += [f"{real:.2f}", f"{np.mean(twin):.2f} ({min(twin):.2f} to {max(twin):.2f})"]
            cells.append(f"{ratio:.2f}{beyond}")
        lines.append(cells)
    return table(header, lines)


OUTLOOK_LABELS: Mapping[str, str] = {
    **{f"rmse at {lead} h": f"root mean square, {lead} h ahead, K" for lead in (12, 24, 36, 48)},
    "mean error": "mean, K",
    "mean in tenth 10": "mean on the tenth of days that are warmest for their season, K",
    "mean in tenth 1": "mean on the coldest tenth, K",
    "summer over spring": "June to August over March to May",
    "kurtosis": "kurtosis (3 is Gaussian)",
    "99th over median size": "99 % quantile over median, of sizes",
    "correlation of 12 and 24 h": "correlation, 12 and 24 h ahead",
    "correlation with the day before": "correlation with the day before",
}


def outlooks_page(outlooks: Mapping[str, Mapping[str, Any]], years: int, seeds: Sequence[int]) -> str:
    """Return a table that compares the weather service's errors of daily highs with the twin's."""
    header, lines = [""], [[label] for label in OUTLOOK_LABELS.values()]
    counts = []
    for city, errors in outlooks.items():
        place = city.capitalize()
        counts.append(f"{place}: {errors['forecasts']:,} forecasts of {errors['days']} days")
        header += [f"{place}, real", "twin"]
        for name, line in zip(OUTLOOK_LABELS, lines, strict=True):
            figure = errors["figures"][name]
            twin = np.array(figure["twin"])
            line += [f"{figure['real']:z.2f}", f"{twin.mean():z.2f} ({twin.min():z.2f} to {twin.max():z.2f})"]
    intro = (
        f"Errors of forecasts of the day's high, forecast minus outcome. Real: {'; '.join(counts)}, 2021. Twin: mean "
        f"and range of {len(seeds)} series of {years} years, in the months of the records.\n\n"
    )
    return intro + table(header, lines)


def _months(quantity: str) -> tuple[str, ...]:
    return tuple(f"{quantity} {month}" for month in MONTH_NAMES)


def _difference(row: Row) -> float:
    return row.twin_mean - row.real_mean


def _spread(mean: float, sd: float, digits: int) -> str:
    return f"{mean:z.{digits}f}" + ("" if np.isnan(sd) else f" ± {sd:.{digits}f}")
