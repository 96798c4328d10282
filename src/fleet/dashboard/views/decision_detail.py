"""One decision in full: reason, timeline, limit, alternatives, expected and actual, and the form of a person."""

from pathlib import Path

import numpy as np
import streamlit as st

from fleet.dashboard.figures import timeline_figure
from fleet.dashboard.literal import markdown_text
from fleet.dashboard.shown import Shown
from fleet.dashboard.time_text import COLUMN_FORMAT, cell_time, hour_text, readable
from fleet.dashboard.views.override_form import show_override_form
from fleet.domain.decision import Verdict, told_apart
from fleet.domain.limit import NO_LIMIT
from fleet.ledger import ExplainedDecision
from fleet.storage.workspace import Workspace
from fleet.workflows.decision_outcome import decision_outcome
from fleet.workflows.remedy_text import freeing_text

# The column of the table of decisions has the same name.
LAST_KNOWN = "last known hour"
_ONE_HOUR = np.timedelta64(1, "h")


def show_decision(shown: Shown, decision: ExplainedDecision) -> None:
    """Show the decision below the table."""
    held = decision.overrides[-1] if decision.overrides else decision
    st.header(f"{held.verdict.value.capitalize()}: job {markdown_text(decision.job_id)}", anchor=False)
    st.markdown(markdown_text(readable(decision.reason)))
    for change in decision.overrides:
        place = "" if change.start_utc is None else f" in {shown.place_text(str(change.region), change.start_utc)}"
        when = readable(change.made_utc)
        st.warning(markdown_text(f"{change.by} decided {change.verdict.value}{place} at {when}: {change.reason}"))
    if held.start_utc is not None:
        st.markdown(f"**Place:** {markdown_text(shown.place_text(str(held.region), held.start_utc))}.")
    else:
        st.markdown(f"**What would free it:** {markdown_text(freeing_text(decision, shown.labels))}.")
    shown.chart(
        timeline_figure(decision),
        key=f"timeline-{decision.id}",
        alt=f"Timeline of job {decision.job_id}: window with its deadline, first possible start, and run",
    )
    facts, alternatives = st.columns([1, 1.2], gap="large")
    with facts:
        _show_facts(shown, decision)
    with alternatives:
        _show_alternatives(shown, decision)
    show_override_form(shown, decision)


def _show_facts(shown: Shown, decision: ExplainedDecision) -> None:
    _show_limit(shown, decision)
    _show_footprint(shown, decision)
    _show_times(decision)
    st.caption(
        f"Decided by {markdown_text(decision.policy)} ({decision.mode}), with {decision.model} and {decision.bands}; "
        f"decision {decision.id}."
    )


def _show_times(decision: ExplainedDecision) -> None:
    """Name the three times of a decision: they differ by an hour or, in a replay, by years."""
    first = hour_text(decision.origin_utc + _ONE_HOUR)
    clock = "the end of the last known hour, as a replay states it" if decision.mode == "replay" else "by the clock"
    st.markdown(
        f"**{LAST_KNOWN.capitalize()}:** {hour_text(decision.origin_utc)}; later values were not known  \n"
        f"**First possible start:** {first}, the hour after it  \n"
        f"**Recorded at:** {readable(decision.made_utc)}, {clock}"
    )


def _show_limit(shown: Shown, decision: ExplainedDecision) -> None:
    st.markdown(f"**Limit:** {_limit_text(shown, decision)}")
    st.markdown(
        f"**Asked:** {decision.power_mw:g} MW for {decision.duration_h} h · **contested:** "
        f"{'yes' if decision.contested else 'no'} · **confidence:** {100 * decision.confidence:g} %"
    )


def _limit_text(shown: Shown, decision: ExplainedDecision) -> str:
    if decision.is_too_late:
        return NO_LIMIT
    binding = decision.binding
    bound, limit = told_apart(binding.bound, binding.limit_value)
    region = markdown_text(shown.labels.get(binding.region, binding.region))
    return (
        f"{binding.limit.words} in {region} at {hour_text(binding.hour_utc)}: "
        f"{bound} at the bound, limit {limit} {binding.unit}"
    )


def _show_footprint(shown: Shown, decision: ExplainedDecision) -> None:
    """Show what the job costs, expected and actual. A job without a place does not run and costs nothing."""
    held = decision.overrides[-1] if decision.overrides else decision
    if held.start_utc is None:
        why = "it has no place yet" if held.verdict is Verdict.DEFER else "it does not run"
        person = f"Denied by {decision.overrides[-1].by}: the" if decision.overrides else "The"
        st.caption(markdown_text(f"{person} job has no footprint, because {why}."))
        return
    ledger = shown.ledger
    outcome = None
    if ledger is not None:
        outcome = decision_outcome(Workspace(Path(shown.home)), shown.fleet, ledger, decision)
    expected = decision.expected
    rows = [
        ("carbon, kg", expected.carbon_kg, None if outcome is None else outcome.carbon_kg, decision.saved.carbon_kg),
        ("water, L", expected.water_l, None if outcome is None else outcome.water_l, decision.saved.water_l),
        ("cost, USD", expected.cost_usd, None if outcome is None else outcome.cost_usd, decision.saved.cost_usd),
    ]
    st.dataframe(
        [
            {"": name, "expected": _number(plan), "actual": _number(actual), "saved against home": _number(saved)}
            for name, plan, actual, saved in rows
        ],
        hide_index=True,
        alt="Expected and actual footprint of the job, and the saving against running at home at once",
    )
    if outcome is None:
        st.caption("Actual values: the telemetry of the job's hours is not stored yet.")
    else:
        room = "not known" if outcome.least_room_mw is None else f"{outcome.least_room_mw:.1f} MW below the limit"
        if outcome.least_room_mw is not None and outcome.least_room_mw < 0:
            room = f"{-outcome.least_room_mw:.1f} MW above the limit: a breach"
        st.caption(f"Actual values of {outcome.known_h} of {outcome.duration_h} h. In the tightest hour: {room}.")


def _show_alternatives(shown: Shown, decision: ExplainedDecision) -> None:
    st.markdown("**Alternatives not taken**")
    if not decision.alternatives:
        st.caption("None was considered: the window of the job had closed.")
        return
    st.dataframe(
        [
            {
                "region": shown.labels.get(option.region, option.region),
                "start (UTC)": cell_time(option.start_utc),
                "cost, USD": _number(option.cost_usd),
                "headroom left, MW": _number(option.headroom_left_mw, 1),
            }
            for option in decision.alternatives
        ],
        hide_index=True,
        column_config={"start (UTC)": st.column_config.DatetimeColumn(format=COLUMN_FORMAT)},
        alt="Other places that were considered; negative headroom is missing at the bound",
    )
    st.caption("Negative headroom is missing at the bound.")


def _number(value: float | None, digits: int = 0) -> str:
    return "unknown" if value is None or not np.isfinite(value) else f"{value:,.{digits}f}"
