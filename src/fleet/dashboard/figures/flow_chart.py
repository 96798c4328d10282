"""Where the energy of jobs went: a Sankey diagram from the home region to the region in which they ran."""

from collections.abc import Sequence

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.domain.region import Fleet
from fleet.workflows.job_flows import JobFlow

NOT_SERVED = "Not served"
_HEIGHT = 380


def flow_figure(flows: Sequence[JobFlow], fleet: Fleet, *, title: str) -> go.Figure:
    """Draw one band per pair of regions, as wide as its energy, in the colour of the home region."""
    labels, colours = theme.figure_labels(fleet), theme.region_colours(fleet)
    homes = [region for region in fleet.region_ids if any(flow.home_region == region for flow in flows)]
    ends = [region for region in (*fleet.region_ids, None) if any(flow.region == region for flow in flows)]
    shown = [flow for flow in flows if flow.home_region in homes and flow.region in ends]
    energy_mwh = {end: sum(flow.energy_mwh for flow in shown if flow.region == end) for end in ends}
    from_home_mwh = {home: sum(flow.energy_mwh for flow in shown if flow.home_region == home) for home in homes}
    figure = go.Figure()
    figure.add_sankey(
        arrangement="fixed",
        node={
            "label": [
                *(f"{labels[home]}: {from_home_mwh[home]:,.0f} MWh submitted" for home in homes),
                *(f"{labels[end] if end else NOT_SERVED}: {energy_mwh[end]:,.0f} MWh" for end in ends),
            ],
            "color": [*(colours[home] for home in homes), *(colours[end] if end else theme.ORIGINAL for end in ends)],
            "pad": 18,
            "thickness": 16,
            "line": {"width": 0},
            "hoverinfo": "skip",
        },
        link={
            "source": [homes.index(flow.home_region) for flow in shown],
            "target": [len(homes) + ends.index(flow.region) for flow in shown],
            "value": [flow.energy_mwh for flow in shown],
            "color": [_faded(colours[flow.home_region]) for flow in shown],
            "customdata": [flow.jobs for flow in shown],
            "hovertemplate": "%{source.label}<br>to %{target.label}<br>%{value:,.0f} MWh, %{customdata:,} jobs"
            "<extra></extra>",
        },
        textfont={"size": 14, "color": theme.INK, "family": theme.FONT},
    )
    theme.style_figure(figure, title=title, x_title="", y_title="", height=_HEIGHT)
    return figure.update_layout(margin={"t": 56, "b": 16, "l": 8, "r": 8})


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.38)"
