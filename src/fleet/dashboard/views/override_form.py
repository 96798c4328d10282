"""The form in which a person approves or denies a job, and sees beforehand what an approval would do."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from fleet.dashboard.literal import markdown_text
from fleet.dashboard.shown import Shown, now_utc
from fleet.dashboard.time_text import COLUMN_FORMAT, cell_time, hour_text, readable
from fleet.dashboard.trial_workspace import trial_commands
from fleet.domain.decision import Verdict
from fleet.errors import FleetError
from fleet.ledger import ExplainedDecision, PlaceChoice
from fleet.storage.workspace import Workspace
from fleet.workflows.approval_check import PlaceCheck, approval_checks
from fleet.workflows.open_workspace import overriding_ledger_of

_SAID = "override_said"


def show_override_form(shown: Shown, decision: ExplainedDecision) -> None:
    """Show the form. A decision of a replay cannot be changed."""
    if decision.mode != "live" or shown.ledger is None:
        _show_why_not()
        return
    st.header("Approve or deny it", anchor=False)
    said = st.session_state.pop(_SAID, "")
    if said:
        st.success(said)
        for field in ("verdict", "by", "reason"):
            st.session_state.pop(f"{field}-{decision.id}", None)
    verdict = st.radio("You decide", ["approve", "deny"], horizontal=True, key=f"verdict-{decision.id}", index=None)
    if verdict is None:
        return
    choice, is_ready = None, True
    if verdict == "approve":
        checks = approval_checks(shown.ledger, decision, now_utc())
        if not checks:
            st.warning("No place is recorded: the job's window had closed. Submit the job again.")
            return
        choice, is_ready = _choose_place(shown, decision, checks)
    name_column, reason_column = st.columns([1, 2])
    name = name_column.text_input("Your name", key=f"by-{decision.id}")
    reason = reason_column.text_input("Reason", key=f"reason-{decision.id}")
    if st.button(f"Record: {verdict}", key=f"record-{decision.id}", type="primary", disabled=not is_ready):
        _record(shown, decision, Verdict(verdict), name, reason, choice)


def _show_why_not() -> None:
    """Say that a decision of a replay cannot be changed, and how to get decisions that can be."""
    st.header("It cannot be approved or denied", anchor=False)
    st.markdown(
        "This decision belongs to a replay: its hours are over. Live decisions can be approved or denied. With your "
        "own values up to the present, `fleet decide --jobs FILE --home DIR` makes them. To try it with synthetic "
        "values, run these commands within the hour, and open the page Decisions of the new workspace:"
    )
    st.code(trial_commands(now_utc()), language=None, wrap_lines=True)


def _choose_place(shown: Shown, decision: ExplainedDecision, checks: Sequence[PlaceCheck]) -> tuple[PlaceChoice, bool]:
    """Let the person choose region and start, and say what would breach there. Returns: the choice; if to go on."""
    sentences = [check.sentence(shown.labels.get(check.region, check.region)) for check in checks]
    number = st.radio(
        "Region and start",
        range(len(checks)),
        format_func=lambda index: markdown_text(readable(sentences[index])),
        key=f"place-{decision.id}",
    )
    check = checks[number]
    if check.neighbours:
        with st.expander(f"Who else runs there: {check.neighbours_text} with {check.neighbours_mw:.1f} MW"):
            st.dataframe(
                [
                    {
                        "job": record.job_id,
                        "MW": record.power_mw,
                        "start (UTC)": cell_time(record.start_utc),
                        "h": record.duration_h,
                        "approved by a person": record.overridden,
                    }
                    for record in check.neighbours
                ],
                hide_index=True,
                column_config={"start (UTC)": st.column_config.DatetimeColumn(format=COLUMN_FORMAT)},
                alt="The other jobs that run in the region during the job",
            )
    is_ready = not check.has_passed
    if check.needs_force and not check.has_passed:
        how_much = "by an unknown amount" if check.left_mw is None else f"by {-check.left_mw:.1f} MW"
        binding = decision.binding.limit.words
        st.error(
            f"At the bound, this place passes its limit {how_much}. The closest limit was {binding}. A breach would "
            f"hit this job and {check.neighbours_text} there."
        )
        is_ready = st.checkbox("I accept that this place may breach a limit.", key=f"accept-{decision.id}-{number}")
    return PlaceChoice(region=check.region, start_utc=check.start_utc, is_forced=check.needs_force), is_ready


def _record(
    shown: Shown, decision: ExplainedDecision, verdict: Verdict, name: str, reason: str, choice: PlaceChoice | None
) -> None:
    made_utc = now_utc()
    try:
        approves = verdict is Verdict.APPROVE
        with overriding_ledger_of(Workspace(Path(shown.home)), None, made_utc, approves=approves) as ledger:
            record = ledger.override(decision.id, verdict, by=name, reason=reason, made_utc=made_utc, choice=choice)
    except FleetError as error:
        st.error(markdown_text(str(error), keep_code=True))
        return
    place = "" if record.start_utc is None else f" in {record.region} from {hour_text(record.start_utc)}"
    st.session_state[_SAID] = markdown_text(f"Recorded: {record.verdict.value}{place}, by {record.by}.")
    st.rerun()
