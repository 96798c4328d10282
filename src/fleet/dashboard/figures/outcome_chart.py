"""Original against optimised placement over days or weeks: job power by region, and the water of the fleet."""

from typing import Literal

import plotly.graph_objects as go
import polars as pl

from fleet.dashboard import theme
from fleet.domain.region import Fleet

Step = Literal["day", "week"]
_HEIGHT = 360
_MEAN = {"day": "daily mean", "week": "weekly mean"}
_HOVER_TIME = {"day": "%{x|%d %b %Y}", "week": "week of %{x|%d %b %Y}"}


def load_figure(days: pl.DataFrame, fleet: Fleet, policy: str, *, original: str, step: Step, title: str) -> go.Figure:
    """Draw the mean job power of a policy, stacked by region. The range of the y-axis covers all policies of `days`.

    Args:
        days: table of `data.daily_or_weekly`, with the rows of `policy` and `original`.
        original: the policy to compare with, drawn as a line.
        step: whether a row of `days` is a day or a week.
    """
    figure = go.Figure()
    hover_time, labels = _HOVER_TIME[step], theme.figure_labels(fleet)
    for region, label in labels.items():
        rows = days.filter(pl.col("policy") == policy, pl.col("region") == region)
        figure.add_bar(
            x=rows["day"].to_list(),
            y=rows["job_mw"].to_list(),
            name=label,
            marker={"color": theme.region_colours(fleet)[region], "line": {"width": 0}},
            hovertemplate=hover_time + "<br>" + label + ": %{y:.1f} MW<extra></extra>",
        )
    sums = days.group_by("policy", "day").agg(pl.col("job_mw").sum()).sort("policy", "day")
    if policy != original:
        before = sums.filter(pl.col("policy") == original)
        figure.add_scatter(
            x=before["day"].to_list(),
            y=before["job_mw"].to_list(),
            name="Original, all regions",
            mode="lines",
            line={"color": theme.INK, "width": 2, "dash": "dot"},
            hovertemplate=hover_time + "<br>original, all regions: %{y:.1f} MW<extra></extra>",
        )
    theme.style_figure(figure, title=title, x_title="", y_title=f"Job power, MW ({_MEAN[step]})", height=_HEIGHT)
    figure.update_layout(barmode="stack", bargap=0.12)
    figure.update_yaxes(range=[0, _axis_end(sums["job_mw"])])
    return _with_dates(figure, step)


def water_figure(
    days: pl.DataFrame, policy: str, *, original: str, step: Step, title: str, faint: str | None = None
) -> go.Figure:
    """Draw the water of the whole fleet per day: one line for base load and jobs together, one for the base load alone.

    With two policies, the area between their lines is filled.

    Args:
        days: table of `data.daily_or_weekly`, with the rows of `policy` and `original`.
        original: the policy to compare with. The base load is the same for every policy.
        step: whether a row of `days` is a day or a week.
        faint: a policy to draw as a faint line, such as the oracle; None draws none.
    """
    figure = go.Figure()
    sums = (
        days.group_by("policy", "day")
        .agg(pl.col("base_water_m3").sum(), (pl.col("base_water_m3") + pl.col("job_water_m3")).sum().alias("water_m3"))
        .sort("policy", "day")
    )
    before = sums.filter(pl.col("policy") == original)
    original_line = {"color": theme.INK if policy == original else theme.ORIGINAL, "width": 2.5}
    lines = [
        (before, "base_water_m3", "Base load alone", {"color": theme.ORIGINAL, "width": 1.5, "dash": "dot"}),
        (before, "water_m3", "Original", original_line),
    ]
    if policy != original:
        after = sums.filter(pl.col("policy") == policy)
        lines.append((after, "water_m3", "Optimised", {"color": theme.OPTIMISED, "width": 3}))
    if faint is not None:
        oracle_line = {"color": theme.PATH, "width": 1.5, "dash": "dash"}
        lines.insert(0, (sums.filter(pl.col("policy") == faint), "water_m3", "Oracle", oracle_line))
    for table, column, name, line in lines:
        figure.add_scatter(
            x=table["day"].to_list(),
            y=table[column].to_list(),
            name=name,
            mode="lines",
            line=line,
            fill="tonexty" if name == "Optimised" else None,
            fillcolor=theme.SAVED_AREA,
            hovertemplate=_HOVER_TIME[step] + "<br>" + name + ": %{y:,.0f} m³ per day<extra></extra>",
        )
    mean = f" ({_MEAN[step]})" if step == "week" else ""
    theme.style_figure(figure, title=title, x_title="", y_title=f"Water, m³ per day{mean}", height=_HEIGHT)
    figure.update_yaxes(range=[0, _axis_end(sums["water_m3"])], tickformat=",")
    return _with_dates(figure, step)


def _axis_end(values: pl.Series) -> float:
    largest = values.max()
    return 1.05 * float(largest) if isinstance(largest, int | float) and largest > 0 else 1.0


def _with_dates(figure: go.Figure, step: Step) -> go.Figure:
    # At the top there is space for two rows of legend.
    figure.update_layout(margin={"t": 92, "b": 42})
    return figure.update_xaxes(tickformat="%b\n%Y" if step == "week" else "%d %b\n%Y", nticks=7)
