"""The two figures of the evidence: coverage of the temperature bound, and breach rates over time."""

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.dashboard.figures.reliability_chart import reliability_figure
from fleet.dashboard.figures.running_chart import running_figure
from fleet.domain.region import Fleet
from fleet.replay.bound_evidence import Evidence
from fleet.replay.plotted_margins import PLOTTED_VARIABLE


def bounds_figure(evidence: Evidence, fleet: Fleet) -> go.Figure:
    """Draw the coverage of the upper bound on the outdoor temperature, in the colours of the regions."""
    labels, colours = theme.figure_labels(fleet), theme.region_colours(fleet)
    return reliability_figure(
        {labels[region]: bound.reliability for region, bound in evidence.bounds[PLOTTED_VARIABLE].items()},
        nominal=evidence.confidence,
        title=f"Coverage of the {100 * evidence.confidence:g} % upper bound on outdoor temperature",
        pit={labels[region]: bins for region, bins in evidence.pit.items()},
        colours={labels[region]: colours[region] for region in labels},
    )


def breaches_figure(evidence: Evidence) -> go.Figure:
    """Draw the cumulative breach rate of approved jobs with the allowed rate and the guaranteed maximum."""
    title = "Share of jobs in breach so far"
    return running_figure(evidence.breaches, allowed=1 - evidence.confidence, title=title)
