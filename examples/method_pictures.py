"""Draw the pictures of docs/method.md: python examples/method_pictures.py DATA OUT

DATA holds the public series (`carbon/`, `weather/`) as Parquet. The PNG files go to OUT. Needs the developers'
environment (`make test` makes it) and Debian's Chromium.
"""

import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from twin_pictures import save_pngs

from fleet.conformal import BANDS
from fleet.conformal.build_bands import Residuals, margins_for
from fleet.conformal.margins import MarginTarget
from fleet.dashboard import theme
from fleet.evaluation.splits import walk_forward_plan
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS, Series, walk_forward
from fleet.forecasting.series import actual
from fleet.sources import table
from fleet.units import HOURS_PER_DAY

HORIZON = 24
MISCOVERAGE = Fraction(1, 20)
TARGET_PERCENT = 100 * float(1 - MISCOVERAGE)
WEEKS = 4
# Name -> file below DATA and column.
SERIES = {
    "German carbon": ("carbon/em_de-lu_2021-2023", "ci_direct_gco2eq_per_kwh"),
    "Phoenix temperature": ("weather/isd_us-az-phoenix_2017-2018", "temp_c"),
}
METHOD_COLOURS = {"split": "#d55e00", "rolling": "#8c6d31", "tracker": theme.FORECAST}


def main() -> None:
    """Forecast each series, compute its bands, and write the pictures."""
    data, out = map(Path, sys.argv[1:])
    residuals = {name: residuals_of(data / f"{file}.parquet", column) for name, (file, column) in SERIES.items()}
    pictures = {
        "method_months": months_figure(residuals["German carbon"]),
        "method_windows": windows_figure(residuals),
    }
    save_pngs(pictures, out)


def residuals_of(file: Path, column: str) -> Residuals:
    """Return the default forecasts of a series with their actual values."""
    series = Series.of(table.read([file], region="here"), column)
    plan = walk_forward_plan(
        series.time_utc, first_known=int(series.first_known[0]), horizon=HORIZON, step=1, test_start=None
    )
    return Residuals(
        forecast=walk_forward(FORECASTERS[DEFAULT_FORECASTER](horizon=HORIZON), series, plan.origins),
        actual=actual(series, plan.origins, HORIZON),
        origin_utc=series.time_utc[plan.origins],
        age_h=series.age_h[:, plan.origins].T,
        since=int(np.argmax(plan.scored)),
    )


def months_figure(residuals: Residuals) -> go.Figure:
    """Draw the coverage of the last four weeks at each origin, by method."""
    figure = go.Figure()
    origin_utc = residuals.origin_utc[residuals.since :]
    window_h = WEEKS * 7 * HOURS_PER_DAY
    for name, colour in METHOD_COLOURS.items():
        inside = is_inside(residuals, name)
        sums = np.convolve(inside.mean(axis=1), np.full(window_h, 1.0), mode="valid")
        percent = 100 * sums / window_h
        figure.add_scatter(
            x=origin_utc[len(origin_utc) - len(percent) :],
            y=percent,
            mode="lines",
            name=name,
            line={"color": colour, "width": 2},
        )
        lowest, highest = percent.min(), percent.max()
        print(f"{name}: {100 * inside.mean():.1f} % in all, {lowest:.1f} to {highest:.1f} % of four weeks")
    figure.add_hline(y=TARGET_PERCENT, line={"color": theme.INK, "width": 1, "dash": "dot"})
    title = f"German carbon: coverage of {TARGET_PERCENT:g} % bands in the last four weeks"
    return theme.style_figure(figure, title=title, x_title="", y_title="hours covered, %", height=420)


def windows_figure(residuals: Mapping[str, Residuals]) -> go.Figure:
    """Draw the share of whole windows inside hourly bands and inside path bands, by length of the window."""
    figure = go.Figure()
    lengths = [int(length) for length in np.arange(1, HORIZON + 1)]
    for (name, series), dash in zip(residuals.items(), ("solid", "dash"), strict=True):
        inside = is_inside(series, "tracker")
        hourly = [100 * inside[:, :length].all(axis=1).mean() for length in lengths]
        path = [100 * is_inside(series, "tracker", window=length)[:, :length].all(axis=1).mean() for length in lengths]
        for label, percent, colour in (("of hours", hourly, "#d55e00"), ("of windows", path, theme.FORECAST)):
            line = {"color": colour, "width": 2, "dash": dash}
            figure.add_scatter(x=lengths, y=percent, mode="lines", name=f"{name}, bands {label}", line=line)
        print(f"{name}: bands of each hour hold {hourly[-1]:.1f} % of days, bands of the day {path[-1]:.1f} %")
    figure.add_hline(y=TARGET_PERCENT, line={"color": theme.INK, "width": 1, "dash": "dot"})
    title = f"Windows that lie completely inside {TARGET_PERCENT:g} % bands"
    x_title, y_title = "length of the window, h", "windows covered, %"
    return theme.style_figure(figure, title=title, x_title=x_title, y_title=y_title, height=420)


def is_inside(residuals: Residuals, method: str, window: int | None = None) -> NDArray[np.bool_]:
    """Return (origin, lead) whether the actual value lies inside the band; an unknown actual counts as inside.

    Args:
        window: length of the window of a path band, in hours; None for bands of each hour.
    """
    target = MarginTarget(side="both", miscoverage=MISCOVERAGE, window=window)
    margin = margins_for(BANDS[method](), residuals, {"both": target})["both"][:, :, 0]
    error = (residuals.actual - residuals.forecast)[residuals.since :, 0]
    return ~((error > margin[:, 1]) | (-error > margin[:, 0]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
