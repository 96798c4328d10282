"""The pictures of docs/method.md: python examples/method_pictures.py DATA OUT

DATA holds the public series (`carbon/`, `weather/`) as Parquet; OUT gets PNG files. Needs the developers' environment
(`make test` makes it) and Debian's Chromium.
"""

import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from twin_pictures import photograph

from fleet.conformal import BANDS
from fleet.conformal.build_bands import Residuals, promised
from fleet.conformal.margins import Promise
from fleet.dashboard import theme
from fleet.evaluation.splits import walk_forward_plan
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS, Series, walk_forward
from fleet.forecasting.series import actual
from fleet.sources import table
from fleet.units import HOURS_PER_DAY, FloatArray

HORIZON = 24
MISCOVERAGE = Fraction(1, 20)
NOMINAL = 100 * float(1 - MISCOVERAGE)
WEEKS = 4
SERIES = {
    "German carbon": ("carbon/em_de-lu_2021-2023", "ci_direct_gco2eq_per_kwh"),
    "Phoenix temperature": ("weather/isd_us-az-phoenix_2017-2018", "temp_c"),
}
METHODS = {"split": "#d55e00", "rolling": "#8c6d31", "tracker": theme.FORECAST}


def main() -> None:
    """Forecast each series, bound it in each way, draw, photograph."""
    data, out = map(Path, sys.argv[1:])
    known = {name: residuals_of(data / f"{file}.parquet", target) for name, (file, target) in SERIES.items()}
    pictures = {
        "method_months": months_figure(known["German carbon"]),
        "method_windows": windows_figure(known),
    }
    photograph(pictures, out)


def residuals_of(file: Path, target: str) -> Residuals:
    """The default forecasts of a series, and what came true."""
    series = Series.of(table.read([file], region="here"), target)
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


def months_figure(known: Residuals) -> go.Figure:
    """Coverage of four weeks at a time, by method."""
    figure = go.Figure()
    days = known.origin_utc[known.since :]
    for name, colour in METHODS.items():
        inside = covered(known, name, Promise(side="both", miscoverage=MISCOVERAGE))
        lately = np.convolve(inside.mean(axis=1), np.full(WEEKS * 7 * HOURS_PER_DAY, 1.0), mode="valid")
        share = 100 * lately / (WEEKS * 7 * HOURS_PER_DAY)
        figure.add_scatter(
            x=days[len(days) - len(share) :], y=share, mode="lines", name=name, line={"color": colour, "width": 2}
        )
        print(f"{name}: {100 * inside.mean():.1f} % in all, {share.min():.1f} to {share.max():.1f} % of four weeks")
    figure.add_hline(y=NOMINAL, line={"color": theme.INK, "width": 1, "dash": "dot"})
    title = f"German carbon: what {NOMINAL:g} % bands covered in the last four weeks"
    return theme.dress(figure, title=title, x_title="", y_title="hours covered, %", height=420)


def windows_figure(known: Mapping[str, Residuals]) -> go.Figure:
    """Share of whole windows inside: bands of each hour, and bands of the window."""
    figure = go.Figure()
    lengths = np.arange(1, HORIZON + 1)
    for (name, own), dash in zip(known.items(), ("solid", "dash"), strict=True):
        hours = covered(own, "tracker", Promise(side="both", miscoverage=MISCOVERAGE))
        together = [100 * hours[:, :length].all(axis=1).mean() for length in lengths]
        windows = [
            100
            * covered(own, "tracker", Promise(side="both", miscoverage=MISCOVERAGE, window=int(length)))[
                :, : int(length)
            ]
            .all(axis=1)
            .mean()
            for length in lengths
        ]
        for label, share, colour in (("of hours", together, "#d55e00"), ("of windows", windows, theme.FORECAST)):
            line = {"color": colour, "width": 2, "dash": dash}
            figure.add_scatter(x=lengths, y=share, mode="lines", name=f"{name}, bands {label}", line=line)
        print(f"{name}: bands of each hour hold {together[-1]:.1f} % of days, bands of the day {windows[-1]:.1f} %")
    figure.add_hline(y=NOMINAL, line={"color": theme.INK, "width": 1, "dash": "dot"})
    title = f"Windows that lie wholly inside {NOMINAL:g} % bands"
    return theme.dress(figure, title=title, x_title="length of the window, h", y_title="windows covered, %", height=420)


def covered(known: Residuals, method: str, promise: Promise) -> FloatArray:
    """(origin, lead) whether the actual lies within the margins; NaN counts as within."""
    margin = promised(BANDS[method](), known, {"it": promise})["it"][:, :, 0]
    error = (known.actual - known.forecast)[known.since :, 0]
    return ~((error > margin[:, 1]) | (-error > margin[:, 0]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
