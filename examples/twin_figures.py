"""The figures of docs/twin.md."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from twin_numbers import CARBON, CHILLERS, TARGETS, Hours, binned, by_hour, with_chillers
from twin_study.likeness import MONTH_NAMES
from twin_study.operate import Operation
from twin_traces import (
    PUBLISHED,
    Panel,
    TraceStyle,
    add_band,
    add_line,
    add_points,
    add_range,
    make_panels,
    set_look,
)

from fleet.dashboard import theme
from fleet.domain.region import Fleet
from fleet.units import FloatArray

HIGH, LOW = "#d55e00", "#0072b2"
WEEK = (np.datetime64("2024-07-15T00", "h"), np.datetime64("2024-07-22T00", "h"))
BIN_K = 1.0

RealMonths = Mapping[str, Mapping[str, FloatArray]]


def week_figure(fleet: Fleet, hours: Mapping[str, Hours]) -> go.Figure:
    """Draw a July week of each region by its local clock: weather, carbon and base load."""
    rows = (
        ("Outdoors, °C", (("temperature_c", "solid"), ("dew_point_c", "dot"))),
        ("Wind, m/s", (("wind_speed_m_s", "solid"),)),
        ("Carbon, g/kWh", (("carbon_g_per_kwh", "solid"),)),
        ("Base load, MW", (("it_load_mw", "solid"),)),
    )
    labels, colours = theme.region_labels(fleet), theme.region_colours(fleet)
    titles = [labels[region] for region in hours]
    figure = make_panels(len(rows), len(hours), titles, row_heights=[0.34, 0.22, 0.22, 0.22])
    for column, (region, region_hours) in enumerate(hours.items(), start=1):
        is_inside = (region_hours.local >= WEEK[0]) & (region_hours.local < WEEK[1])
        for row, (_, lines) in enumerate(rows, start=1):
            for name, dash in lines:
                x, y = region_hours.local[is_inside], region_hours.columns[name][0, is_inside]
                style = TraceStyle(colour=colours[region])
                add_line(figure, Panel(row=row, column=column), x, y, style, dash=dash, width=2)
    for name, dash in (("temperature", "solid"), ("dew point", "dot")):
        add_line(figure, Panel(), [None], [None], TraceStyle(colour=theme.INK, name=name), dash=dash, width=2)
    set_look(figure, "A week of July in the twin", 820)
    for row, (title, _) in enumerate(rows, start=1):
        figure.update_yaxes(title={"text": title}, row=row, col=1)
    figure.update_yaxes(rangemode="tozero", row=2).update_yaxes(rangemode="tozero", row=3)
    figure.update_xaxes(tickformat="%-d", dtick=86_400_000)
    figure.update_xaxes(title={"text": "Day of July, local standard time"}, row=len(rows))
    return figure


def climate_figure(fleet: Fleet, years: Mapping[str, Mapping[str, FloatArray]], real: RealMonths) -> go.Figure:
    """Draw the mean daily high and low of each month: twin years with their spread, targets and real years.

    Args:
        fleet: the regions.
        years: (year, month) "high" and "low" of twin years by region.
        real: (year, month) of real years by region; may be empty.
    """
    labels = theme.region_labels(fleet)
    titles = [f"{labels[region]}<br><sup>targets: {TARGETS[region].source}</sup>" for region in years]
    figure = make_panels(1, len(years), titles)
    for column, (region, twin_years) in enumerate(years.items(), start=1):
        is_first, panel = column == 1, Panel(column=column)
        for extreme, colour in (("high", HIGH), ("low", LOW)):
            low, high = np.quantile(twin_years[extreme], (0.025, 0.975), axis=0)
            band_name = f"{extreme}: 95 % of years" if is_first else ""
            add_band(figure, panel, MONTH_NAMES, low, high, TraceStyle(colour=colour, name=band_name))
            mean_name = f"{extreme}: mean of {len(twin_years[extreme])} twin years" if is_first else ""
            mean = twin_years[extreme].mean(axis=0)
            add_line(figure, panel, MONTH_NAMES, mean, TraceStyle(colour=colour, name=mean_name))
        for extreme, colour in (("high", HIGH), ("low", LOW)):
            in_legend = is_first and extreme == "high"
            style = TraceStyle(colour=PUBLISHED, name="target" if in_legend else "")
            targets = getattr(TARGETS[region], extreme)
            add_points(figure, panel, MONTH_NAMES, targets, style, symbol="x-thin-open")
            for index, months in enumerate(real.get(region, {}).get(extreme, ())):
                style = TraceStyle(colour=colour, name="a real year" if in_legend and index == 0 else "")
                add_points(figure, panel, MONTH_NAMES, months, style, symbol="circle-open", size=5)
    set_look(figure, "Mean daily high and low of each month in the twin", 500)
    figure.update_yaxes(title={"text": "Temperature, °C"}, col=1)
    figure.update_xaxes(tickmode="array", tickvals=list(range(12)), ticktext=[name[0] for name in MONTH_NAMES])
    return figure


def plants_figure(fleet: Fleet, hours: Mapping[str, Hours]) -> go.Figure:
    """Draw PUE and WUE of each plant by outdoor temperature: median and 5 to 95 % of the hours in each bin of 1 K."""
    labels, colours = theme.region_labels(fleet), theme.region_colours(fleet)
    kinds = {"evaporative": "evaporative", "outside_air": "outside air"}
    titles = [
        f"{labels[region]}<br><sup>{kinds[region_hours.region.plant.kind]}</sup>"
        for region, region_hours in hours.items()
    ]
    figure = make_panels(2, len(hours) + 1, [*titles, "Chillers<br><sup>in Arizona's weather, assumed</sup>"])
    for column, (region, region_hours) in enumerate(hours.items(), start=1):
        style = TraceStyle(colour=colours[region])
        _add_plant(figure, column, region_hours, region_hours.operated(), style)
    arizona, last = hours["arizona"], len(hours) + 1
    for condenser, dash, colour in (("air", "solid", "#8c6d31"), ("tower", "dash", "#56b4e9")):
        name = next(name for name, plant in CHILLERS.items() if plant.condenser == condenser)
        operation = arizona.operated(with_chillers(arizona.region, name))
        _add_plant(figure, last, arizona, operation, TraceStyle(colour=colour, name=name), dash=dash)
    set_look(figure, "Power and water under the twin's weather and base load: median, and 5 to 95 % of the hours", 620)
    figure.update_yaxes(title={"text": "PUE"}, range=[1.0, 1.55], row=1, col=1)
    figure.update_yaxes(title={"text": "WUE, L per kWh of IT"}, range=[-0.15, 6.2], row=2, col=1)
    figure.update_yaxes(matches="y", row=1).update_yaxes(matches="y5", row=2)
    figure.update_xaxes(title={"text": "Outdoors, °C"}, row=2)
    return figure


def carbon_figure(fleet: Fleet, hours: Mapping[str, Hours]) -> go.Figure:
    """Draw carbon intensity by local hour, and compare its spread over all hours with the published spread."""
    labels, colours = theme.region_labels(fleet), theme.region_colours(fleet)
    titles = [f"{labels[region]}<br><sup>{CARBON[region].zone}</sup>" for region in hours]
    figure = make_panels(1, len(hours), titles)
    for column, (region, region_hours) in enumerate(hours.items(), start=1):
        panel, style = Panel(column=column), TraceStyle(colour=colours[region])
        _add_carbon(figure, panel, region_hours, style)
        _add_published_carbon(figure, panel, region)
        values = region_hours.columns["carbon_g_per_kwh"]
        p5, p95 = np.quantile(values, (0.05, 0.95)).tolist()
        add_range(figure, panel, 28.0, (float(values.mean()), p5, p95), style)
    add_line(figure, Panel(), [None], [None], TraceStyle(colour=theme.INK, name="twin, mean of the hour"))
    square = {"color": theme.GRID, "size": 14, "symbol": "square"}
    name = "twin, 10 to 90 % of the hour"
    figure.add_scatter(x=[None], y=[None], mode="markers", marker=square, name=name, **Panel().place)
    all_hours = TraceStyle(colour=theme.INK, name="twin, 5 to 95 % of all hours")
    add_range(figure, Panel(), None, (None, 0, 0), all_hours)
    title = "Carbon intensity by hour of the day: on average Wyoming's grid is the dirtiest"
    set_look(figure, title, 520, legend_rows=2)
    figure.update_yaxes(title={"text": "Carbon, g/kWh"}, col=1)
    figure.update_yaxes(rangemode="tozero", matches="y")
    figure.update_xaxes(title={"text": "Local hour"}, tickvals=[0, 6, 12, 18, 24], range=[0, 29.5])
    return figure


def _add_plant(
    figure: go.Figure, column: int, hours: Hours, operation: Operation, style: TraceStyle, *, dash: str = "solid"
) -> None:
    """Add PUE in the first row and WUE in the second; the legend names the plant once."""
    temperature = hours.columns["temperature_c"].ravel()
    unnamed = TraceStyle(colour=style.colour)
    for row, values in ((1, operation.pue), (2, operation.wue_l_per_kwh)):
        panel = Panel(row=row, column=column)
        middle, (low, median, high) = binned(temperature, values, BIN_K)
        add_band(figure, panel, middle, low, high, unnamed)
        add_line(figure, panel, middle, median, style if row == 1 else unnamed, dash=dash)


def _add_carbon(figure: go.Figure, panel: Panel, hours: Hours, style: TraceStyle) -> None:
    """Add mean and 10 to 90 % of the twin's carbon by local hour."""
    middle_of_hour = np.arange(24) + 0.5
    mean, low, _, high = by_hour(hours.local, hours.columns["carbon_g_per_kwh"])
    add_band(figure, panel, middle_of_hour, low, high, style)
    add_line(figure, panel, middle_of_hour, mean, style)


def _add_published_carbon(figure: go.Figure, panel: Panel, region: str) -> None:
    """Add the published mean, means of hours and spread; the first panel names them in the legend."""
    published, is_first = CARBON[region], panel.column == 1

    def style(name: str) -> TraceStyle:
        return TraceStyle(colour=PUBLISHED, name=name if is_first else "")

    mean_style = style("published mean of 2022")
    add_line(figure, panel, [0, 24], [published.mean] * 2, mean_style, dash="dash", width=1.5)
    middles = [hour + 0.5 for hour, _ in published.by_hour]
    values = [value for _, value in published.by_hour]
    add_points(figure, panel, middles, values, style("published mean of the hour"), symbol="x-thin-open")
    spread = (published.mean, published.p5, published.p95)
    add_range(figure, panel, 26.0, spread, style("published, 5 to 95 % of all hours"))
