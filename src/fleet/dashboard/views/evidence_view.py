"""The page "Evidence": does the promise hold, and where is it weakest?"""

from collections.abc import Sequence

import streamlit as st

from fleet.dashboard.data import (
    NO,
    NO_CONTESTED_JOB,
    NO_EVIDENCE,
    OPTIMISED,
    YES,
    PromiseVerdict,
    ReplayData,
    Tile,
    allowed_rate,
    contested_cells_of,
    guarantee_sentence,
    promise_verdict,
    season_sentence,
)
from fleet.dashboard.figures import bounds_figure, breaches_figure, cells_figure, leads_figure
from fleet.dashboard.literal import markdown_text
from fleet.dashboard.shown import Shown, show_missing


def show(shown: Shown) -> None:
    """Show the page."""
    st.title("Does the promise hold?", anchor=False)
    replay = shown.replay
    if replay is None:
        show_missing(shown)
        return
    verdict = promise_verdict(replay)
    if verdict is None:
        st.warning(NO_CONTESTED_JOB)
    else:
        is_doubtful = verdict.word != YES or verdict.is_above_somewhere
        box = st.error if verdict.word == NO else st.warning if is_doubtful else st.success
        box(f"**{verdict.word}.** {markdown_text(verdict.headline)}")
    evidence = replay.evidence
    if evidence is None:
        st.info(NO_EVIDENCE)
        return
    running, cells = st.columns([1.15, 1], gap="medium")
    with running:
        alt = "Cumulative breach rates of contested and of all approved jobs against the allowed rate"
        shown.chart(breaches_figure(evidence), key="evidence_running", alt=alt)
        st.caption(f"The axis is logarithmic: a rate of zero is below it. {guarantee_sentence(evidence)}")
    with cells:
        _show_cells(shown, replay)
    shown.chart(
        leads_figure(evidence, replay.fleet),
        key="evidence_leads",
        alt="Coverage of the bound on outdoor temperature by hours ahead and region",
    )
    label = "More: intervals, coverage by hour, week, season and size, and calibration"
    more = st.expander(label, key="more", on_change="rerun", bind="query-params")
    # The figure is large, so it is drawn and sent only to a reader who asks for it.
    if not more.open:
        return
    with more:
        if verdict is not None:
            _show_more(verdict)
        alt = "Coverage of the bound by lead, hour, week, season and size of the forecast, and its calibration"
        shown.chart(bounds_figure(evidence, replay.fleet), key="evidence_bounds", alt=alt)
        st.caption(
            "Whiskers are 95 % intervals from resampling whole days. Dashed lines are targets. In the panel "
            "“Calibration (PIT)”, bars of equal height mean that each quantile of the forecast is exceeded as often as "
            "stated. `fleet report` writes all tables."
        )


def _show_cells(shown: Shown, replay: ReplayData) -> None:
    cells = contested_cells_of(replay.outcomes.get(OPTIMISED, {}))
    if not cells:
        st.caption("The replay does not hold contested jobs by region and season.")
        return
    figure = cells_figure(cells, replay.fleet, allowed=allowed_rate(replay), title="By region and season")
    shown.chart(figure, key="evidence_cells", alt="Breach rate of contested jobs by region and season")
    st.caption(
        "Contested jobs that met a breach, of those that ran and were judged. None: no contested job ran. "
        f"{season_sentence(cells)}"
    )


def _show_more(verdict: PromiseVerdict) -> None:
    st.write(markdown_text(verdict.sentence))
    _show_tiles(verdict.tiles)
    st.write(markdown_text(verdict.weakest))


def _show_tiles(tiles: Sequence[Tile]) -> None:
    for column, tile in zip(st.columns(len(tiles)), tiles, strict=True):
        column.metric(tile.label, tile.value)
        column.caption(markdown_text(f"{'Misses the target. ' if tile.misses_target else ''}{tile.note}"))
