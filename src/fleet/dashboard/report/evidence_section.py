"""The report's evidence: the answer that ten seconds tell, and what stands behind it."""

from collections.abc import Mapping
from html import escape

from fleet.dashboard import data, theme
from fleet.dashboard.data import NO_EVIDENCE, OPTIMISED, Views
from fleet.dashboard.figures import bounds_figure, breaches_figure
from fleet.dashboard.page import figure_html
from fleet.dashboard.report.evidence_tables import (
    bounds_table,
    contested_table,
    controller_table,
    reference_table,
    weakest_table,
)
from fleet.evaluation.intervals import Rate
from fleet.replay.bound_evidence import Evidence

STYLE = f"""
.verdict {{border-left: 8px solid {theme.MUTED}; padding: 0.2rem 1rem; margin: 1rem 0; font-size: 1.08rem;}}
.verdict b {{font-size: 1.5rem; display: block;}}
.kept {{border-color: {theme.KEPT};}} .kept b {{color: {theme.KEPT};}}
.broken {{border-color: {theme.LIMIT};}} .broken b {{color: {theme.LIMIT};}}
.tiles {{display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 0.9rem; margin: 1.1rem 0;}}
.tile {{border: 1px solid {theme.GRID}; border-radius: 6px; padding: 0.7rem 0.9rem;}}
.tile .name {{font-size: 0.86rem; color: {theme.MUTED};}} .tile .value {{font-size: 1.75rem; line-height: 1.25;}}
.beyond .value {{color: {theme.LIMIT};}}
.tile .note {{font-size: 0.78rem; color: {theme.MUTED}; line-height: 1.35;}}
"""
_CLASSES = {data.YES: "kept", data.LIKELY: "kept", data.NO: "broken"}


def answer(views: Views) -> list[str]:
    """Does the promise hold? The verdict, its figures, its way through the year and its weakest place."""
    found = data.verdict(views)
    parts = ["<h2>Does the promise hold?</h2>"]
    if found is None:
        parts.append("<p>The policy that decides against the bound met no job close to a limit here.</p>")
    else:
        tiles = "".join(
            f'<div class="tile{" beyond" if each.beyond else ""}"><div class="name">{escape(each.label)}</div>'
            f'<div class="value">{escape(each.value)}</div><div class="note">{escape(each.note)}</div></div>'
            for each in found.tiles
        )
        kind = f"verdict {_CLASSES.get(found.word, '')}"
        said = f'<p class="{kind}"><b>{escape(found.word)}.</b>{escape(found.sentence)}</p>'
        parts += [said, f'<div class="tiles">{tiles}</div>', f"<p>{escape(found.weakest)}</p>"]
    if views.evidence is None:
        return [*parts, f'<p class="quiet">{escape(NO_EVIDENCE)}</p>']
    return [*parts, figure_html(breaches_figure(views.evidence), "running")]


def details(views: Views) -> list[str]:
    """Where approved jobs breached and where bounds held, cell by cell."""
    labels = theme.region_labels(views.fleet)
    own = views.outcomes.get(OPTIMISED, {})
    parts = []
    if own.get("contested_cells"):
        parts += ["<h2>Where contested jobs breached</h2>", contested_table(own, labels)]
    if own.get("controller"):
        said = (
            "Each region has a controller: a breach of an approved job raises the conservatism of its region, and a "
            "region past the highest level approves nothing. Whatever the weather does, that bounds the long-run rate."
        )
        parts += [f"<p>{said}</p>", controller_table(own["controller"], labels)]
    if views.evidence is not None:
        parts += _bounds(views, views.evidence)
        parts += _reference(views, views.evidence)
    return parts


def _bounds(views: Views, found: Evidence) -> list[str]:
    labels, percent = theme.region_labels(views.fleet), f"{100 * found.confidence:g} %"
    said = (
        f"Decisions stand on upper bounds of temperature, dew point and load, each of which aims to hold {percent} of "
        "all hours. Whiskers and brackets are 95 % intervals over whole days. Choosing the best place picks the "
        "luckiest bound, so the hours that an approved job was sent to are told apart from all others. A week is 168 "
        "hours of forecasts, from the first one on; a weakest cell is a lead, an hour of the day, a season or a tenth "
        "of the forecasts. In the last panel, bars of one height say that every quantile of the forecast means what it "
        "says."
    )
    return [
        "<h2>Where the bounds held</h2>",
        f"<p>{said}</p>",
        figure_html(bounds_figure(found, views.fleet), "reliability"),
        bounds_table(found, labels),
        weakest_table(found, labels),
    ]


def _reference(views: Views, found: Evidence) -> list[str]:
    if not found.reference:
        return []
    labels, aim = theme.region_labels(views.fleet), found.confidence
    said = (
        "The textbook split fits on January to October, calibrates on November and is used in December. Its guarantee "
        "needs hours that could be exchanged with each other, and November is not December. The default learns from "
        f"all of the past, hour by hour. Same forecaster, same hours; both aim at {100 * aim:g} %, two-sided."
    )
    short = [_short_of(aim, {labels[region]: each.reference.coverage for region, each in found.reference.items()})]
    short += [_short_of(aim, {labels[region]: each.default.coverage for region, each in found.reference.items()})]
    seen = (
        f"In this December the split falls short {short[0]}, the default {short[1]}, as far as the intervals can tell."
    )
    table = reference_table(found.reference, labels)
    return ["<h2>Why not one split</h2>", f"<p>{escape(said)}</p>", table, f"<p>{escape(seen)}</p>"]


def _short_of(aim: float, found: Mapping[str, Rate]) -> str:
    names = [name for name, each in found.items() if each.interval_95[1] < aim]
    return f"in {' and '.join(names)}" if names else "nowhere"
