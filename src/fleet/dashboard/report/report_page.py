"""The replay as one HTML file that needs nothing else: figures, tables, and what is promised and what not."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from plotly.offline import get_plotlyjs

from fleet.dashboard import data, theme
from fleet.dashboard.data import BAND_PERCENT, OPTIMISED, ORIGINAL, QUANTITIES, Coverage, Views
from fleet.dashboard.figures import load_figure, risk_figure, scatter_figure, water_figure
from fleet.dashboard.page import figure_html, html_page
from fleet.dashboard.report.evidence_section import STYLE, answer, details
from fleet.dashboard.report.report_tables import coverage_table, footprint_table, safety_table
from fleet.storage.files import write_whole
from fleet.storage.workspace import Workspace

_STYLE = f"""
body {{font-family: {theme.FONT}; color: {theme.INK}; max-width: 1240px; margin: 2rem auto; padding: 0 1.2rem;
  line-height: 1.5;}}
h1 {{font-size: 1.9rem; margin-bottom: 0.2rem;}} h2 {{font-size: 1.35rem; margin-top: 2.2rem;}}
.quiet {{color: {theme.MUTED};}} .wide {{overflow-x: auto; margin: 0.8rem 0 1.4rem;}}
table {{border-collapse: collapse; font-size: 0.86rem; width: 100%;}}
th, td {{border-bottom: 1px solid {theme.GRID}; padding: 0.45rem 0.55rem; text-align: right; vertical-align: bottom;}}
th[scope=row], th:first-child {{text-align: left;}} td {{font-variant-numeric: tabular-nums; white-space: nowrap;}}
thead th {{border-bottom: 2px solid {theme.MUTED}; font-weight: 600;}} tbody th {{font-weight: 400;}}
"""

_PROMISE = """
<ul>
<li><b>Aimed at:</b> of the jobs that the scheduler lets run, at most {miss} % meet a breach of any limit while they
run, over a long run of real weather. The tables show what was found, with the count behind each rate.</li>
<li><b>Not promised:</b> that rate for a single day, season or region; that a given job is safe; anything for the
policies that decide without a bound.</li>
<li><b>The band</b> aims to hold {percent} % of hours over a long run. On a given day some hours may fall outside, so
the whole-day line is drawn higher: it aims to hold all hours of a day at once, on {percent} % of days.</li>
<li><b>Intervals</b> resample whole days, because one hot hour breaches every job that it meets. Days of one hot spell
still depend on each other, and neighbouring whole-day windows overlap, so true uncertainty is larger.</li>
<li><b>Contested</b> jobs are those near a limit, where a bound matters. Each policy meets its own: compare rates, not
only counts.</li>
</ul>
"""


def write_report(workspace: Workspace, *, title: str = "Global Fleet Orchestrator: replay report") -> Path:
    """Write the report of what the workspace holds, and say where.

    Raises: ConfigError if there is no replay yet, or the place cannot be written; DataError if it cannot be understood.
    """
    page = _page(data.open_views(workspace), title)
    write_whole({workspace.report: lambda part: part.write_text(page, encoding="utf-8")})
    return workspace.report


def _page(views: Views, title: str) -> str:
    whole = data.periods(views.footprint)[0]
    found = [
        data.coverage(views.risk, quantity, region) for quantity in QUANTITIES for region in views.fleet.region_ids
    ]
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="quiet">{escape(views.fleet.name)} · {escape(whole.label)} · all times are UTC</p>',
        *answer(views),
        f"<h2>What is promised, and what is not</h2>{_PROMISE.format(percent=BAND_PERCENT, miss=100 - BAND_PERCENT)}",
        "<h2>Safety of each policy</h2>",
        safety_table(views.outcomes),
        '<p class="quiet">The oracle decides as the optimised policy does, with the true weather, load and carbon '
        "of the horizon, but not knowing jobs that have not arrived. A published bound belongs to policies that have a "
        "controller.</p>",
        *details(views),
        "<h2>What the jobs took</h2>",
        footprint_table(views.outcomes),
        *_outcome(views, whole),
        "<h2>How often the bands of the charts held</h2>",
        coverage_table(found, theme.region_labels(views.fleet)),
        f"<p>{escape(_worst(found, views))}</p>",
        *_risk(views),
        *_scatter(views),
    ]
    return html_page(title, "".join(body), head=f"<style>{_STYLE}{STYLE}</style><script>{get_plotlyjs()}</script>")


def _outcome(views: Views, whole: data.Period) -> list[str]:
    if any(policy not in views.outcomes for policy in (ORIGINAL, OPTIMISED)):
        return []
    before, after = (data.totals(views.footprint, policy, whole) for policy in (ORIGINAL, OPTIMISED))
    words = [*data.comparison(before, after), data.load_sentence(views.fleet, before, after)]
    table, step = data.steps(views.footprint, (ORIGINAL, OPTIMISED), whole)
    parts = ["<h2>Original against optimised</h2>", f"<p>{escape(' '.join(words))}</p>"]
    if len(table):
        loads = [
            load_figure(table, views.fleet, policy, original=ORIGINAL, step=step, title=f"Where the jobs run: {name}")
            for policy, name in ((ORIGINAL, "original"), (OPTIMISED, "optimised"))
        ]
        water = water_figure(
            table, OPTIMISED, original=ORIGINAL, step=step, title="Water of the whole fleet, jobs and base load"
        )
        names = ("load-original", "load-optimised", "water")
        parts += [figure_html(figure, name) for figure, name in zip((*loads, water), names, strict=True)]
    return [
        *parts,
        f"<p>{escape(data.weights_sentence(views.fleet))}</p>",
        '<p class="quiet">The logic is inspired by Microsoft\'s Project Forge, whose internals are not public.</p>',
    ]


def _risk(views: Views) -> list[str]:
    """The first origin of the first list that has one; without any, the one with the least margin to a limit."""
    lists = [
        (quantity, region.id, listed)
        for quantity in QUANTITIES
        for region in views.fleet.regions
        for listed in [data.offered_origins(data.origins(views.risk, quantity, region.id), 1)]
        if len(listed) and listed["limit"][0] is not None
    ]
    if not lists:
        return []
    quantity, region, listed = min(lists, key=lambda each: (each[2]["blocked_hours"][0] == 0, each[2]["margin"][0]))
    label = theme.region_labels(views.fleet)[region]
    origin = listed["origin_utc"][0]
    figure = risk_figure(
        data.window(views.risk, quantity, region, origin),
        title=f"{QUANTITIES[quantity]} temperature, {label}: forecast made {origin:%d %b %Y, %H:%M} UTC",
        quantity_label=f"{QUANTITIES[quantity]} temperature",
        with_actual=True,
    )
    said = (
        "Risk blocked: the forecast stays below the limit, but the upper bound of the hour reaches it. A job is held "
        "against the dotted bound of the whole day, which blocks more hours."
    )
    return ["<h2>A day at risk</h2>", f"<p>{said}</p>", figure_html(figure, "risk")]


def _scatter(views: Views) -> list[str]:
    day = data.hottest_day(views.footprint)
    policy = OPTIMISED if OPTIMISED in views.outcomes else data.policies(views.footprint)[0]
    if day is None:
        return []
    hours = data.day_hours(views.footprint, policy, day)
    figure = scatter_figure(hours, views.fleet, title=f"Carbon and water on {day:%d %b %Y}, the fleet's hottest day")
    return ["<h2>Carbon against water</h2>", figure_html(figure, "scatter")]


def _worst(found: Sequence[Coverage], views: Views) -> str:
    scored = [each for each in found if each.hours]
    if not scored:
        return "No hour could be scored."
    worst = min(scored, key=lambda each: each.worst_inside)
    label = theme.region_labels(views.fleet)[worst.region]
    return (
        f"The worst month of all: {worst.worst_month}, {QUANTITIES[worst.quantity]} temperature in {label}, where the "
        f"{BAND_PERCENT} % band held {100 * worst.worst_inside:.1f} % of hours."
    )
