"""Coverage of the temperature bound by hours ahead, one line per region."""

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.domain.region import Fleet
from fleet.replay.bound_evidence import Evidence
from fleet.replay.plotted_margins import PLOTTED_VARIABLE

_HEIGHT = 320


def leads_figure(evidence: Evidence, fleet: Fleet) -> go.Figure:
    """Draw the share of hours not above the upper bound of the outdoor temperature, with the target as a line."""
    figure = go.Figure()
    labels, colours, symbols = theme.figure_labels(fleet), theme.region_colours(fleet), theme.region_symbols(fleet)
    for region, bound in evidence.bounds[PLOTTED_VARIABLE].items():
        rates = bound.reliability.by_lead
        figure.add_scatter(
            x=list(range(1, len(rates) + 1)),
            y=[100 * rate.share if rate.count else None for rate in rates],
            name=labels[region],
            mode="lines+markers",
            line={"color": colours[region], "width": 2},
            marker={"symbol": symbols[region], "size": 7},
            customdata=[rate.count for rate in rates],
            hovertemplate="%{x} h ahead: %{y:.1f} % of %{customdata:,} hours<extra>" + labels[region] + "</extra>",
        )
    target = 100 * evidence.confidence
    figure.add_hline(y=target, line={"color": theme.INK, "width": 1.5, "dash": "dash"})
    theme.style_figure(
        figure,
        title=f"Coverage of the {target:g} % bound on outdoor temperature, by hours ahead",
        x_title="Hours ahead",
        y_title="Coverage",
        height=_HEIGHT,
    )
    figure.update_xaxes(dtick=3)
    return figure.update_yaxes(ticksuffix=" %")
