"""The regions on an outline of the world. The outline is part of the package; nothing is fetched."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.domain.region import Fleet
from fleet.workflows.region_status import RegionStatus

_HEIGHT = 300
_MOST_LABELS = 8
# Antarctica and the far north hold no datacentres.
_LATITUDES = (-56, 76)
_LONGITUDES = (-170, 180)


def world_figure(fleet: Fleet, statuses: Mapping[str, RegionStatus]) -> go.Figure:
    """Draw each region with its symbol and colour, and its lowest headroom of the hours ahead."""
    figure = go.Figure()
    longitudes, latitudes = _outline()
    figure.add_scatter(
        x=longitudes,
        y=latitudes,
        mode="lines",
        fill="toself",
        fillcolor=theme.LAND,
        line={"color": theme.LAND, "width": 0.5},
        hoverinfo="skip",
        showlegend=False,
    )
    labels, colours, symbols = theme.figure_labels(fleet), theme.region_colours(fleet), theme.region_symbols(fleet)
    for region in fleet.regions:
        status = statuses[region.id]
        closed = status.closed_hours
        name = labels[region.id]
        text = f"<b>{name}</b><br>lowest {status.lowest_mw:.1f} MW"
        figure.add_scatter(
            x=[region.longitude_deg],
            y=[region.latitude_deg],
            name=name,
            mode="markers+text" if len(fleet.regions) <= _MOST_LABELS else "markers",
            text=[text],
            textposition=_text_position(region.longitude_deg, region.latitude_deg, fleet),
            textfont={"size": 13, "color": theme.INK},
            marker={
                "color": colours[region.id],
                "symbol": symbols[region.id],
                "size": 17,
                "line": {"color": theme.LIMIT if closed else "white", "width": 3 if closed else 1.5},
            },
            hovertemplate=f"{text} in the next 24 h<br>now {status.headroom_mw:.1f} MW"
            f"<br>{closed} of 24 h without headroom<extra></extra>",
            cliponaxis=False,
            showlegend=False,
        )
    theme.style_figure(figure, title="", x_title="", y_title="", height=_HEIGHT)
    figure.update_layout(margin={"l": 4, "r": 4, "t": 6, "b": 6})
    figure.update_xaxes(visible=False, range=_LONGITUDES)
    figure.update_yaxes(visible=False, range=_LATITUDES)
    return figure


def _text_position(longitude: float, latitude: float, fleet: Fleet) -> str:
    """Return where the label stands: below the marker if the nearest other region is above it, else beside it."""
    others = [
        (region.longitude_deg, region.latitude_deg)
        for region in fleet.regions
        if (region.longitude_deg, region.latitude_deg) != (longitude, latitude)
    ]
    if not others:
        return "middle right"
    nearest = min(others, key=lambda place: (place[0] - longitude) ** 2 + (place[1] - latitude) ** 2)
    return "bottom center" if nearest[1] > latitude else "middle right"


@cache
def _outline() -> tuple[Sequence[float | None], Sequence[float | None]]:
    """Return longitudes and latitudes of the coasts, with None between two rings."""
    content = json.loads(files(__package__).joinpath("land.json").read_text(encoding="utf-8"))
    points = [point for ring in content["rings"] for point in (*ring, (None, None))]
    return [point[0] for point in points], [point[1] for point in points]
