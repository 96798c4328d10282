"""The figures of docs/twin.md."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from twin_numbers import CARBON, CHILLERS, TARGETS, Hours, binned, by_hour, with_chillers
from twin_study.likeness import MONTH_NAMES

from fleet.dashboard import theme
from fleet.domain.region import Fleet
from fleet.units import FloatArray

HIGH, LOW, AIR, DEW = "#d55e00", "#0072b2", theme.INK, "#56b4e9"
PUBLISHED = "#000000"
WEEK = (np.datetime64("2024-07-15T00", "h"), np.datetime64("2024-07-22T00", "h"))
BIN_K = 1.0

Real = Mapping[str, Mapping[str, FloatArray]]


def week_figure(fleet: Fleet, hours: Mapping[str, Hours]) -> go.Figure:
    """A July week of each region by its own clock: weather, carbon and base load."""
    rows = (
        ("Outdoors, °C", (("temperature_c", "Temperature", "solid"), ("dew_point_c", "Dew point", "dot"))),
        ("Wind, m/s", (("wind_speed_m_s", "Wind", "solid"),)),
        ("Carbon, g/kWh", (("carbon_g_per_kwh", "Carbon intensity", "solid"),)),
        ("Base load, MW", (("it_load_mw", "Base IT load", "solid"),)),
    )
    labels, colours = theme.region_labels(fleet), theme.region_colours(fleet)
    figure = _panels(len(rows), len(hours), [labels[each] for each in hours], row_heights=[0.34, 0.22, 0.22, 0.22])
    for column, (region, own) in enumerate(hours.items(), start=1):
        inside = (own.local >= WEEK[0]) & (own.local < WEEK[1])
        for row, (_, lines) in enumerate(rows, start=1):
            for name, words, dash in lines:
                figure.add_scatter(
                    x=own.local[inside],
                    y=own.columns[name][0, inside],
                    mode="lines",
                    name=words,
                    line={"color": colours[region], "width": 2, "dash": dash},
                    showlegend=False,
                    row=row,
                    col=column,
                )
    for words, dash in (("temperature", "solid"), ("dew point", "dot")):
        line = {"color": theme.INK, "width": 2, "dash": dash}
        figure.add_scatter(x=[None], y=[None], mode="lines", name=words, line=line, row=1, col=1)
    _dress(figure, "A week of July in the twin", 820)
    for row, (title, _) in enumerate(rows, start=1):
        figure.update_yaxes(title={"text": title}, row=row, col=1)
    figure.update_yaxes(rangemode="tozero", row=2).update_yaxes(rangemode="tozero", row=3)
    figure.update_xaxes(tickformat="%-d", dtick=86_400_000)
    figure.update_xaxes(title={"text": "Day of July, local standard time"}, row=len(rows))
    return figure


def climate_figure(fleet: Fleet, years: Mapping[str, Mapping[str, FloatArray]], real: Real) -> go.Figure:
    """Mean daily high and low of each month: twin years with their spread, targets, and real years where given.

    Args:
        years, real: (year, month) high and low by region.
    """
    labels = theme.region_labels(fleet)
    titles = [f"{labels[each]}<br><sup>targets: {TARGETS[each].source}</sup>" for each in years]
    figure = _panels(1, len(years), titles)
    for column, (region, made) in enumerate(years.items(), start=1):
        first, panel = column == 1, {"row": 1, "col": column}
        for which, colour in (("high", HIGH), ("low", LOW)):
            low, high = np.quantile(made[which], (0.025, 0.975), axis=0)
            _band(figure, MONTH_NAMES, low, high, colour, f"{which}: 95 % of years", first, panel)
            figure.add_scatter(
                x=MONTH_NAMES,
                y=made[which].mean(axis=0),
                mode="lines",
                line={"color": colour, "width": 2.5},
                name=f"{which}: mean of {len(made[which])} twin years",
                showlegend=first,
                **panel,
            )
        for which, colour in (("high", HIGH), ("low", LOW)):
            _points(
                figure,
                MONTH_NAMES,
                getattr(TARGETS[region], which),
                PUBLISHED,
                "x-thin-open",
                "target",
                first and which == "high",
                panel,
            )
            for index, each in enumerate(real.get(region, {}).get(which, ())):
                only = first and which == "high" and index == 0
                _points(figure, MONTH_NAMES, each, colour, "circle-open", "a real year", only, panel, size=5)
    _dress(figure, "Mean daily high and low of each month in the twin", 500)
    figure.update_yaxes(title={"text": "Temperature, °C"}, col=1)
    figure.update_xaxes(tickmode="array", tickvals=list(range(12)), ticktext=[name[0] for name in MONTH_NAMES])
    return figure


def plants_figure(fleet: Fleet, hours: Mapping[str, Hours]) -> go.Figure:
    """PUE and WUE of each plant against outdoor temperature: median and nine tenths of the hours of each kelvin."""
    labels, colours = theme.region_labels(fleet), theme.region_colours(fleet)
    kinds = {"evaporative": "evaporative", "outside_air": "outside air"}
    titles = [f"{labels[each]}<br><sup>{kinds[own.region.plant.kind]}</sup>" for each, own in hours.items()]
    figure = _panels(2, len(hours) + 1, [*titles, "Chillers<br><sup>in Arizona's weather, assumed</sup>"])
    for column, (region, own) in enumerate(hours.items(), start=1):
        _add_plant(figure, own.operated(), own, colours[region], "solid", labels[region], column, legend=False)
    hot = hours["arizona"]
    for (name, dash), colour in zip((("air", "solid"), ("tower", "dash")), ("#8c6d31", "#56b4e9"), strict=True):
        words = next(each for each, plant in CHILLERS.items() if plant.condenser == name)
        found = hot.operated(with_chillers(hot.region, words))
        _add_plant(figure, found, hot, colour, dash, words, len(hours) + 1, legend=True)
    _dress(figure, "Power and water under the twin's weather and base load: median, and 5 to 95 % of the hours", 620)
    figure.update_yaxes(title={"text": "PUE"}, range=[1.0, 1.55], row=1, col=1)
    figure.update_yaxes(title={"text": "WUE, L per kWh of IT"}, range=[-0.15, 6.2], row=2, col=1)
    figure.update_yaxes(matches="y", row=1).update_yaxes(matches="y5", row=2)
    figure.update_xaxes(title={"text": "Outdoors, °C"}, row=2)
    return figure


def carbon_figure(fleet: Fleet, hours: Mapping[str, Hours]) -> go.Figure:
    """Carbon intensity by local hour, and its spread over all hours beside the published one."""
    labels, colours = theme.region_labels(fleet), theme.region_colours(fleet)
    titles = [f"{labels[each]}<br><sup>{CARBON[each].zone}</sup>" for each in hours]
    figure = _panels(1, len(hours), titles)
    day = np.arange(24) + 0.5
    for column, (region, own) in enumerate(hours.items(), start=1):
        first, panel, known = column == 1, {"row": 1, "col": column}, CARBON[region]
        values = own.columns["carbon_g_per_kwh"]
        mean, low, _, high = by_hour(own.local, values)
        colour = colours[region]
        _band(figure, day, low, high, colour, "", False, panel)
        line = {"color": colour, "width": 2.5}
        figure.add_scatter(x=day, y=mean, mode="lines", line=line, showlegend=False, **panel)
        figure.add_scatter(
            x=[0, 24],
            y=[known.mean] * 2,
            mode="lines",
            line={"color": PUBLISHED, "width": 1.5, "dash": "dash"},
            name="published mean of 2022",
            showlegend=first,
            **panel,
        )
        at = [hour + 0.5 for hour, _ in known.by_hour]
        published = [value for _, value in known.by_hour]
        _points(figure, at, published, PUBLISHED, "x-thin-open", "published mean of the hour", first, panel)
        p5, p95 = np.quantile(values, (0.05, 0.95)).tolist()
        _bar(
            figure,
            26.0,
            (known.mean, known.p5, known.p95),
            PUBLISHED,
            "published, 5 to 95 % of all hours",
            first,
            panel,
        )
        _bar(figure, 28.0, (float(values.mean()), p5, p95), colour, "", False, panel)
    grey: dict[str, Any] = {"row": 1, "col": 1}
    line = {"color": theme.INK, "width": 2.5}
    figure.add_scatter(x=[None], y=[None], mode="lines", line=line, name="twin, mean of the hour", **grey)
    square = {"color": theme.GRID, "size": 14, "symbol": "square"}
    figure.add_scatter(x=[None], y=[None], mode="markers", marker=square, name="twin, 10 to 90 % of the hour", **grey)
    _bar(figure, None, (None, 0, 0), theme.INK, "twin, 5 to 95 % of all hours", True, grey)
    _dress(figure, "Carbon intensity by hour of the day: on average Wyoming's grid is the dirtiest", 520, legend_rows=2)
    figure.update_yaxes(title={"text": "Carbon, g/kWh"}, col=1)
    figure.update_yaxes(rangemode="tozero", matches="y")
    figure.update_xaxes(title={"text": "Local hour"}, tickvals=[0, 6, 12, 18, 24], range=[0, 29.5])
    return figure


def _add_plant(
    figure: go.Figure, found: Any, own: Hours, colour: str, dash: str, words: str, column: int, *, legend: bool
) -> None:
    temperature = own.columns["temperature_c"].ravel()
    for row, values in ((1, found.pue), (2, found.wue_l_per_kwh)):
        middle, (low, median, high) = binned(temperature, values, BIN_K)
        panel = {"row": row, "col": column}
        _band(figure, middle, low, high, colour, "", False, panel)
        line = {"color": colour, "width": 2.5, "dash": dash}
        show = legend and row == 1
        figure.add_scatter(x=middle, y=median, mode="lines", line=line, name=words, showlegend=show, **panel)


def _band(
    figure: go.Figure, x: Any, low: FloatArray, high: FloatArray, colour: str, words: str, legend: bool, panel: Any
) -> None:
    edge = {"color": colour, "width": 0}
    figure.add_scatter(x=x, y=high, mode="lines", line=edge, showlegend=False, **panel)
    shade = f"rgba({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:7], 16)}, 0.2)"
    figure.add_scatter(
        x=x, y=low, mode="lines", line=edge, fill="tonexty", fillcolor=shade, name=words, showlegend=legend, **panel
    )


def _points(
    figure: go.Figure, x: Any, y: Any, colour: str, symbol: str, words: str, legend: bool, panel: Any, *, size: int = 8
) -> None:
    marker = {"color": colour, "symbol": symbol, "size": size, "line": {"color": colour, "width": 1.5}}
    figure.add_scatter(x=x, y=y, mode="markers", marker=marker, name=words, showlegend=legend, **panel)


def _bar(
    figure: go.Figure,
    x: float | None,
    middle: tuple[float | None, float, float],
    colour: str,
    words: str,
    legend: bool,
    panel: Any,
) -> None:
    at, low, high = middle
    error = None
    if at is not None:
        error = {"type": "data", "symmetric": False, "array": [high - at], "arrayminus": [at - low], "thickness": 2}
    figure.add_scatter(
        x=[x],
        y=[at],
        mode="markers",
        marker={"color": colour, "symbol": "square" if colour == PUBLISHED else "diamond", "size": 8},
        error_y=error,
        name=words,
        showlegend=legend,
        **panel,
    )


def _panels(rows: int, columns: int, titles: list[str], **more: Any) -> go.Figure:
    return make_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.025,
        vertical_spacing=0.045,
        subplot_titles=titles,
        **more,
    )


def _dress(figure: go.Figure, title: str, height: int, *, legend_rows: int = 1) -> None:
    """The common look, with room for two-line panel titles between legend and panels."""
    theme.dress(figure, title=title, x_title="", y_title="", height=height)
    figure.update_annotations(font={"size": 15, "color": theme.INK})
    top = 88 + 24 * legend_rows
    figure.update_layout(margin={"t": top}, title={"yref": "container", "y": 1 - 12 / height})
    # In shares of the plot's own height, and above the titles.
    plot_height = height - top - figure.layout.margin.b
    figure.update_layout(legend={"yref": "paper", "y": 1 + 42 / plot_height})
