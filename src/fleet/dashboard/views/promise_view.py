"""The page "Does the promise hold?": the verdict, the breach rates over time, and the coverage of the bounds."""

from collections.abc import Sequence

import streamlit as st

from fleet.dashboard.data import (
    NO,
    NO_CONTESTED_JOB,
    NO_EVIDENCE,
    UNCLEAR,
    PromiseVerdict,
    ReplayData,
    Tile,
    promise_verdict,
)
from fleet.dashboard.figures import bounds_figure, breaches_figure
from fleet.dashboard.literal import markdown_text


def show(replay: ReplayData) -> None:
    """Show the page."""
    verdict = promise_verdict(replay)
    if verdict is None:
        st.warning(NO_CONTESTED_JOB)
    else:
        _show_verdict(verdict)
    if replay.evidence is None:
        st.info(NO_EVIDENCE)
        return
    for figure, key in (
        (breaches_figure(replay.evidence), "promise_running"),
        (bounds_figure(replay.evidence, replay.fleet), "promise_bounds"),
    ):
        st.plotly_chart(figure, width="stretch", theme=None, key=key, config={"displaylogo": False})
    st.caption(
        "Whiskers are 95 % intervals from resampling whole days. Dashed lines are targets. In the panel “Calibration "
        "(PIT)”, bars of equal height mean that each quantile of the forecast is exceeded as often as stated. "
        "`fleet report` writes all tables: breaches by region and season, coverage where jobs were sent, coverage of "
        "whole days, and the comparison with one fixed split."
    )


def _show_verdict(verdict: PromiseVerdict) -> None:
    box = st.error if verdict.word == NO else st.warning if verdict.word == UNCLEAR else st.success
    box(f"**{verdict.word}.** {markdown_text(verdict.sentence)}")
    _show_tiles(verdict.tiles)
    st.write(markdown_text(verdict.weakest))


def _show_tiles(tiles: Sequence[Tile]) -> None:
    for column, tile in zip(st.columns(len(tiles)), tiles, strict=True):
        column.metric(tile.label, tile.value)
        column.caption(markdown_text(f"{'Misses the target. ' if tile.misses_target else ''}{tile.note}"))
