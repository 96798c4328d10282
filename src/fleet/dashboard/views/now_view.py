"""The page "Now": the state of each region, the next 24 hours, and what needs a person."""

from collections.abc import Mapping, Sequence

import streamlit as st

from fleet.dashboard.figures import headroom_figure, strip_figure, world_figure
from fleet.dashboard.literal import markdown_text
from fleet.dashboard.page_links import link_to_decision, link_to_page
from fleet.dashboard.shown import Shown, show_missing
from fleet.dashboard.time_text import readable
from fleet.domain.clock import Hour
from fleet.domain.limit import UNKNOWN
from fleet.domain.local_clock import LocalClock
from fleet.physics.limits import limit_named
from fleet.workflows.attention import AttentionItem, Need
from fleet.workflows.hour_facts import HourFacts
from fleet.workflows.region_status import RegionStatus

_MOST_CARDS, _CARDS_A_ROW, _MOST_ITEMS, _MOST_NAMED = 9, 3, 8, 4
_NEEDS: Mapping[Need, str] = {
    Need.MIGRATE: "Migrate now",
    Need.BEYOND_LIMIT: "Approved beyond a limit",
    Need.STALE: "Stale, doubtful or too little data",
    Need.DENIED: "Denied, and there is still time",
    Need.WAITING: "Waiting for a safe place",
}


def show(shown: Shown) -> None:
    """Show the page."""
    st.title("What is risky now, and what needs me?", anchor=False)
    facts = shown.facts
    if facts is None:
        show_missing(shown)
        return
    statuses = shown.statuses
    st.markdown(_headline(shown, statuses))
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        shown.chart(
            world_figure(shown.fleet, statuses),
            key="now_map",
            alt="Map of the world with the regions and the lowest headroom of each in the next 24 hours",
        )
    with right:
        _show_attention(shown.attention)
        _show_too_late([item for item in shown.attention if item.need is Need.TOO_LATE])
    st.header("The next 24 hours", anchor=False)
    shown.chart(
        strip_figure(facts.ahead, shown.fleet),
        key="now_strip",
        alt="One cell per region and hour: safe with the headroom in MW, risk blocked, unsafe, or without a bound",
    )
    riskiest = min(statuses.values(), key=lambda status: status.urgency)
    link_to_page(
        "risk", f"To the page Forecast & risk: {markdown_text(shown.labels[riskiest.region])}", region=riskiest.region
    )
    _show_cards(shown, facts, statuses)
    label = "Headroom of each start hour, with the limit that binds"
    starts = st.expander(label, key="starts", on_change="rerun", bind="query-params")
    if not starts.open:
        return
    with starts:
        regions = shown.fleet.region_ids[:_MOST_CARDS]
        shown.chart(
            headroom_figure(facts.curve(shown.fleet), shown.fleet, regions),
            key="now_headroom",
            alt="Bars: the power that a job of one hour may add, by region and start hour",
        )


def _headline(shown: Shown, statuses: Mapping[str, RegionStatus]) -> str:
    riskiest = min(statuses.values(), key=lambda status: status.urgency)
    label = markdown_text(shown.labels[riskiest.region])
    limit = limit_named(riskiest.limit).words
    closed = riskiest.closed_hours
    local = shown.clocks[riskiest.region].text_at(riskiest.lowest_utc)
    when = f"{riskiest.lowest_utc.item():%H:%M} UTC ({local})"
    if not closed:
        return (
            f"**Every region has headroom in all of the next 24 hours.** The tightest is **{label}**: "
            f"{riskiest.lowest_mw:.1f} MW at {when}, set by {limit}. {_most_room(shown, statuses)}"
        )
    return (
        f"The riskiest region is **{label}**: no job may be added in **{closed} of the next 24 hours**, first at "
        f"{when}. {_what_binds(riskiest)} {_also_closed(shown, statuses, riskiest)}{_most_room(shown, statuses)}"
    )


def _also_closed(shown: Shown, statuses: Mapping[str, RegionStatus], riskiest: RegionStatus) -> str:
    """Name the other regions that are closed in some of the hours, and in how many."""
    others = sorted((one for one in statuses.values() if one.closed_hours), key=lambda status: status.urgency)
    others.remove(riskiest)
    if not others:
        return ""
    named = [
        f"{markdown_text(shown.labels[one.region])} ({one.closed_hours} of 24 hours)" for one in others[:_MOST_NAMED]
    ]
    more = f" and {len(others) - len(named)} more regions" if len(others) > len(named) else ""
    return f"Also closed: {', '.join(named)}{more}. "


def _most_room(shown: Shown, statuses: Mapping[str, RegionStatus]) -> str:
    """Say which region can take a job in any of the hours."""
    roomy = max(statuses.values(), key=lambda status: status.lowest_mw)
    if roomy.lowest_mw <= 0:
        return "No region has headroom in every hour."
    return (
        f"Most room: **{markdown_text(shown.labels[roomy.region])}**, at least {roomy.lowest_mw:.1f} MW in every hour."
    )


def _what_binds(status: RegionStatus) -> str:
    limit = limit_named(status.limit)
    return "No bound can be given then." if limit == UNKNOWN else f"The limit then is {limit.words}."


def _show_cards(shown: Shown, facts: HourFacts, statuses: Mapping[str, RegionStatus]) -> None:
    st.header("Regions", anchor=False)
    if len(statuses) > _MOST_CARDS:
        _show_table(shown, sorted(statuses.values(), key=lambda status: status.urgency))
        return
    everyone = list(statuses.values())
    for first in range(0, len(everyone), _CARDS_A_ROW):
        columns = st.columns(_CARDS_A_ROW)
        for column, status in zip(columns, everyone[first : first + _CARDS_A_ROW], strict=False):
            with column.container(border=True):
                _show_card(
                    markdown_text(shown.labels[status.region]), status, shown.clocks[status.region], facts.origin_utc
                )


def _show_card(label: str, status: RegionStatus, clock: LocalClock, known_utc: Hour) -> None:
    """Show a card. Args: known_utc: the last hour whose values are known."""
    st.subheader(label, anchor=False)
    now, lowest = st.columns(2)
    now.metric("Headroom now", f"{status.headroom_mw:.1f} MW")
    when = f"{status.lowest_utc.item():%H:%M} UTC ({clock.text_at(status.lowest_utc)})"
    lowest.metric(f"Lowest, {when}", f"{status.lowest_mw:.1f} MW")
    closed = [
        f"{hours} h {word}"
        for hours, word in (
            (status.blocked_hours, "risk blocked"),
            (status.unsafe_hours, "unsafe at the forecast"),
            (status.unknown_hours, "without a bound"),
        )
        if hours
    ]
    limit = limit_named(status.limit).words
    if closed:
        st.markdown(f"⚠ In the next 24 h: {', '.join(closed)}. Limit: {limit}.")
    else:
        st.markdown(f"✓ Safe in all 24 h. Closest limit: {limit}.")
    load = f"Load at {known_utc.item():%H:%M} UTC"
    if status.load_mw is None:
        st.caption(f"{load}: no value. Capacity {status.capacity_mw:g} MW.")
    else:
        share = min(max(status.load_mw / status.capacity_mw, 0.0), 1.0)
        text = f"{load}: {status.load_mw:.1f} of {status.capacity_mw:g} MW, {status.jobs_mw:.1f} MW of it jobs"
        st.progress(share, text=text)
    st.caption(_freshness(status))


def _freshness(status: RegionStatus) -> str:
    stale = status.stale_streams
    if not stale:
        oldest = max((age.age_h or 0 for age in status.streams), default=0)
        age = f"at most {oldest} h old" if oldest else "up to date"
        return f"✓ Data: all {len(status.streams)} streams are {age}."
    return markdown_text(f"⚠ Data: {', '.join(f'{age.column} {age.words}' for age in stale)}.")


def _show_table(shown: Shown, statuses: Sequence[RegionStatus]) -> None:
    st.dataframe(
        [
            {
                "region": shown.labels[status.region],
                "headroom now, MW": status.headroom_mw,
                "lowest, MW": status.lowest_mw,
                "at (UTC)": f"{status.lowest_utc.item():%d %b %H:%M}",
                "local time": shown.clocks[status.region].text_at(status.lowest_utc),
                "limit": limit_named(status.limit).title,
                "hours without headroom": status.closed_hours,
                "load, MW": status.load_mw,
                "capacity, MW": status.capacity_mw,
                "stale streams": len(status.stale_streams),
            }
            for status in statuses
        ],
        hide_index=True,
        alt="The state of each region, the riskiest first",
    )


def _show_attention(items: Sequence[AttentionItem]) -> None:
    st.header("What needs a person", anchor=False)
    if all(item.need is Need.TOO_LATE for item in items):
        st.success(
            "Nothing. No job that can still be helped is without a place, none is approved beyond a limit, no "
            "migration is advised, no data is stale."
        )
        return
    with st.container(height=300, border=True):
        for need, name in _NEEDS.items():
            same = [item for item in items if item.need is need]
            if not same:
                continue
            st.markdown(f"**{name}: {len(same):,}**")
            for item in same[:_MOST_ITEMS]:
                _show_item(item)
            if len(same) > _MOST_ITEMS:
                st.caption(f"{len(same) - _MOST_ITEMS:,} more are on the page Decisions.")


def _show_too_late(items: Sequence[AttentionItem]) -> None:
    """Show the jobs that nobody can help any more, closed: they tell what was missed."""
    if not items:
        return
    jobs = "1 job" if len(items) == 1 else f"{len(items):,} jobs"
    with st.expander(f"Too late for a person: {jobs}, denied in the last 24 hours"):
        st.caption("The latest start has passed. To run such a job, submit it again with a later deadline.")
        for item in items[:_MOST_ITEMS]:
            _show_item(item)
        if len(items) > _MOST_ITEMS:
            st.caption(f"{len(items) - _MOST_ITEMS:,} more are on the page Decisions.")


def _show_item(item: AttentionItem) -> None:
    left = "" if item.hours_left is None or item.hours_left < 0 else f" ({item.hours_left} h left)"
    st.markdown(f"{markdown_text(item.title)}{left}  \n{markdown_text(item.advice)}")
    st.caption(markdown_text(readable(item.sentence)))
    if item.decision_id is not None:
        link_to_decision(item.decision_id, place=item.need.name)
