"""Original against optimised over days or weeks: where the jobs ran, and the fleet's water."""

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
    """Mean job power, stacked by region. The axis fits both policies, so that switching shows movement.

    Args:
        days: of `data.daily` or `data.weekly`, as `step` says, with `policy` and `original`.
    """
    figure = go.Figure()
    when = _HOVER_TIME[step]
    for region in fleet.region_ids:
        part = days.filter(pl.col("policy") == policy, pl.col("region") == region)
        label = theme.region_labels(fleet)[region]
        figure.add_bar(
            x=part["day"].to_list(),
            y=part["job_mw"].to_list(),
            name=label,
            marker={"color": theme.region_colours(fleet)[region], "line": {"width": 0}},
            hovertemplate=when + "<br>" + label + ": %{y:.1f} MW<extra></extra>",
        )
    sums = days.group_by("policy", "day").agg(pl.col("job_mw").sum()).sort("policy", "day")
    if policy != original:
        whole = sums.filter(pl.col("policy") == original)
        figure.add_scatter(
            x=whole["day"].to_list(),
            y=whole["job_mw"].to_list(),
            name="Original, all regions",
            mode="lines",
            line={"color": theme.INK, "width": 2, "dash": "dot"},
            hovertemplate=when + "<br>original, all regions: %{y:.1f} MW<extra></extra>",
        )
    theme.dress(figure, title=title, x_title="", y_title=f"Job power, MW ({_MEAN[step]})", height=_HEIGHT)
    figure.update_layout(barmode="stack", bargap=0.12)
    figure.update_yaxes(range=[0, _top(sums["job_mw"])])
    return _dated(figure, step)


def water_figure(days: pl.DataFrame, policy: str, *, original: str, step: Step, title: str) -> go.Figure:
    """Water of the whole fleet per day: base load and jobs together, over the base that no policy moves.

    Args:
        days: of `data.daily` or `data.weekly`, as `step` says, with `policy` and `original`.
    """
    figure = go.Figure()
    sums = (
        days.group_by("policy", "day")
        .agg(pl.col("base_water_m3").sum(), (pl.col("base_water_m3") + pl.col("job_water_m3")).sum().alias("water_m3"))
        .sort("policy", "day")
    )
    before = sums.filter(pl.col("policy") == original)
    strong = {"color": theme.INK if policy == original else theme.ORIGINAL, "width": 2.5}
    lines = [
        (before, "base_water_m3", "Base load alone", {"color": theme.ORIGINAL, "width": 1.5, "dash": "dot"}),
        (before, "water_m3", "Original", strong),
    ]
    if policy != original:
        after = sums.filter(pl.col("policy") == policy)
        lines.append((after, "water_m3", "Optimised", {"color": theme.OPTIMISED, "width": 3}))
    for table, column, name, line in lines:
        figure.add_scatter(
            x=table["day"].to_list(),
            y=table[column].to_list(),
            name=name,
            mode="lines",
            line=line,
            hovertemplate=_HOVER_TIME[step] + "<br>" + name + ": %{y:,.0f} m³ per day<extra></extra>",
        )
    mean = f" ({_MEAN[step]})" if step == "week" else ""
    theme.dress(figure, title=title, x_title="", y_title=f"Water, m³ per day{mean}", height=_HEIGHT)
    figure.update_yaxes(range=[0, _top(sums["water_m3"])], tickformat=",")
    return _dated(figure, step)


def _top(values: pl.Series) -> float:
    largest = values.max()
    return 1.05 * float(largest) if isinstance(largest, int | float) and largest > 0 else 1.0


def _dated(figure: go.Figure, step: Step) -> go.Figure:
    figure.update_layout(margin={"b": 34})
    return figure.update_xaxes(tickformat="%b %Y" if step == "week" else "%d %b", nticks=7)
