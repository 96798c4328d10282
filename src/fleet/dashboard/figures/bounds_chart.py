"""The evidence file's figures, by the names and colours of a fleet."""

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.dashboard.figures.reliability_chart import reliability_figure
from fleet.dashboard.figures.running_chart import running_figure
from fleet.domain.region import Fleet
from fleet.replay.bound_evidence import Evidence
from fleet.replay.plotted_margins import PICTURED


def bounds_figure(found: Evidence, fleet: Fleet) -> go.Figure:
    """How often the upper bound of the outdoor temperature held, region by region."""
    labels, colours = theme.region_labels(fleet), theme.region_colours(fleet)
    return reliability_figure(
        {labels[region]: each.reliability for region, each in found.bounds[PICTURED].items()},
        nominal=found.confidence,
        title=f"Outdoor temperature: share of hours below the {100 * found.confidence:g} % upper bound",
        pit={labels[region]: bins for region, bins in found.pit.items()},
        colours={labels[region]: colours[region] for region in labels},
    )


def breaches_figure(found: Evidence) -> go.Figure:
    """The breach rate of approved jobs against its bound."""
    title = "Approved jobs in breach since the beginning, by the day on which they ended"
    return running_figure(found.breaches, aim=1 - found.confidence, title=title)
