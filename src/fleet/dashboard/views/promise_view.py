"""Does the promise hold? The report's first answer, as a page."""

import streamlit as st

from fleet.dashboard.data import NO, NO_EVIDENCE, OPEN, Tile, Views, verdict
from fleet.dashboard.figures import bounds_figure, breaches_figure


def show(views: Views) -> None:
    """The page."""
    found = verdict(views)
    if found is None:
        st.warning("The policy that decides against the bound met no job close to a limit here.")
    else:
        say = st.error if found.word == NO else st.warning if found.word == OPEN else st.success
        say(f"**{found.word}.** {found.sentence}")
        _row(found.tiles)
        st.write(found.weakest)
    if views.evidence is None:
        st.info(NO_EVIDENCE)
        return
    for figure, key in (
        (breaches_figure(views.evidence), "promise_running"),
        (bounds_figure(views.evidence, views.fleet), "promise_bounds"),
    ):
        st.plotly_chart(figure, width="stretch", theme=None, key=key, config={"displaylogo": False})
    st.caption(
        "Whiskers are 95 % intervals over whole days; the dashed line is what is aimed at. `fleet report` holds this "
        "with every table behind it: by region and season, where jobs were sent, the whole day, and beside one split."
    )


def _row(tiles: tuple[Tile, ...]) -> None:
    for column, tile in zip(st.columns(len(tiles)), tiles, strict=True):
        column.metric(tile.label, tile.value)
        column.caption(f"{'Beyond the aim. ' if tile.beyond else ''}{tile.note}")
