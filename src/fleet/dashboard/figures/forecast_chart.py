"""The next hours of each column, a panel per column and region, each with its band."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from fleet.dashboard import theme
from fleet.dashboard.time_text import hour_text
from fleet.domain.local_clock import local_clocks
from fleet.domain.region import Fleet
from fleet.live.live_forecast import ForecastAhead
from fleet.units import FloatArray

_TITLES = {
    "temperature_c": "Outdoor temperature (°C)",
    "dew_point_c": "Dew point (°C)",
    "it_load_mw": "IT load (MW)",
    "carbon_g_per_kwh": "Grid carbon (g/kWh)",
    "price_usd_per_mwh": "Price (USD/MWh)",
}
_PANEL_PX, _GAP_PX, _ABOVE_PX, _BELOW_PX = 170, 58, 168, 62


def forecast_figure(ahead: ForecastAhead, fleet: Fleet, regions: Sequence[str]) -> go.Figure:
    """Draw a panel per column and region: the forecast as a line, within the band of each hour.

    A column without a forecast in all of these regions gets no panel.

    Args:
        regions: ids of the regions to draw.
    """
    indices = [ahead.region_ids.index(region) for region in regions]
    names = [name for name, band in ahead.columns.items() if np.isfinite(band.forecast[indices]).any()]
    labels, clocks = theme.figure_labels(fleet), local_clocks(fleet)
    inner_px = len(names) * _PANEL_PX + (len(names) - 1) * _GAP_PX
    figure = make_subplots(
        rows=len(names),
        cols=len(regions),
        shared_xaxes=True,
        vertical_spacing=_GAP_PX / inner_px,
        horizontal_spacing=0.05,
        subplot_titles=[
            f"<b>{labels[region]}</b>: {_TITLES.get(name, name)}{_remark(ahead, region, name)}"
            for name in names
            for region in regions
        ],
    )
    hours = ahead.time_utc.astype("datetime64[ms]")
    for (row, name), (column, region) in product(enumerate(names, 1), enumerate(regions, 1)):
        band, index = ahead.columns[name], ahead.region_ids.index(region)
        _add_band(figure, hours, band.lower[index], band.upper[index], (row, column))
        local = [clocks[region].text_at(hour) for hour in ahead.time_utc]
        _add_line(figure, hours, (band.forecast[index], local), (row, column))
    _show_each_name_once(figure)
    title = f"The next {len(hours)} h, each band {100 * ahead.confidence:g} % sure"
    theme.style_figure(figure, title=title, x_title="", y_title="", height=inner_px + _ABOVE_PX + _BELOW_PX)
    closed = "".join(f" Limits give no bound in {labels[name]}." for name in regions if name in ahead.closed)
    subtitle = f"Each band holds for its hour by itself. Values are known up to {hour_text(ahead.origin_utc)}.{closed}"
    figure.update_layout(
        margin={"t": _ABOVE_PX, "b": _BELOW_PX},
        title={"subtitle": {"text": subtitle, "font": {"size": 14, "color": theme.MUTED}}},
        legend={"y": 1 + 32 / inner_px},
    )
    figure.update_annotations(xanchor="center", font={"size": 14, "color": theme.INK})
    figure.update_xaxes(tickformat="%H:%M\n%d %b", nticks=9)
    figure.update_xaxes(title_text="Hour (UTC)", row=len(names))
    return figure


def _remark(ahead: ForecastAhead, region: str, name: str) -> str:
    """Return the end of a panel's title: it says whether some or all hours have no band."""
    band, row = ahead.columns[name], ahead.region_ids.index(region)
    has_band = _has_band(band.lower[row], band.upper[row])
    if has_band.all():
        return ""
    return ", some hours without band" if has_band.any() else ", no band"


def _has_band(lower: FloatArray, upper: FloatArray) -> NDArray[np.bool_]:
    return np.isfinite(lower) & np.isfinite(upper)


def _show_each_name_once(figure: go.Figure) -> None:
    """Show each name once in the legend, by its last trace.

    The last trace of a band is its upper end, which carries the fill.
    """
    names: set[str] = set()
    for trace in reversed(figure.data):
        trace.showlegend = trace.name not in names
        names.add(trace.name)


def _add_band(
    figure: go.Figure, hours: np.ndarray, lower: FloatArray, upper: FloatArray, panel: tuple[int, int]
) -> None:
    has_band = _has_band(lower, upper)
    if not has_band.any():
        return
    for values, fill in ((lower, None), (upper, "tonexty")):
        figure.add_scatter(
            x=hours[has_band],
            y=values[has_band],
            mode="lines",
            fill=fill,
            fillcolor=theme.BAND,
            line={"color": theme.BAND_EDGE, "width": 1},
            name="Band",
            legendgroup="band",
            hovertemplate="%{y:.1f}<extra>end of the band</extra>",
            row=panel[0],
            col=panel[1],
        )


def _add_line(figure: go.Figure, hours: np.ndarray, line: tuple[FloatArray, list[str]], panel: tuple[int, int]) -> None:
    """Add the forecast. Args: line: its values, and the local time of each hour as text."""
    forecast, local = line
    figure.add_scatter(
        x=hours,
        y=np.where(np.isfinite(forecast), forecast, np.nan),
        mode="lines",
        line={"color": theme.FORECAST, "width": 2},
        name="Forecast",
        legendgroup="forecast",
        customdata=local,
        hovertemplate="%{x|%H:%M} UTC (%{customdata}): %{y:.1f}<extra>forecast</extra>",
        row=panel[0],
        col=panel[1],
    )
