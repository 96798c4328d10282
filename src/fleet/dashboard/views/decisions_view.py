"""The page "Decisions": filter, search and sort; one decision in full; approve or deny it."""

import streamlit as st

from fleet.dashboard.address import keep_in_address, take_from_address
from fleet.dashboard.page_links import DECISION_KEY
from fleet.dashboard.shown import Shown, show_missing
from fleet.dashboard.views.decision_detail import show_decision
from fleet.domain.clock import iso
from fleet.domain.decision import Verdict
from fleet.ledger import ORDERS, DecisionSearch, ExplainedDecision, FoundDecisions
from fleet.physics.limits import LIMITS
from fleet.workflows.remedy_text import freeing_text

_PAGE = 50
_ANY = "any"
_VERDICTS = {_ANY: "any verdict", **{verdict.value: verdict.value for verdict in Verdict}}
_ORDERS = dict(
    zip(ORDERS, ("newest first", "by job", "largest power first", "by start", "highest cost first"), strict=True)
)


def show(shown: Shown) -> None:
    """Show the page."""
    st.title("What was decided, and why?", anchor=False)
    ledger = shown.ledger
    if ledger is None:
        st.info("No decision is recorded. `fleet decide --jobs FILE` decides jobs, and `fleet demo` replays a year.")
        show_missing(shown)
        return
    wanted = _choose(shown)
    found = ledger.search(wanted)
    if not found.count:
        kind = "live" if shown.source == "live" else "replayed"
        st.info(f"No {kind} decision fits. `fleet decide --jobs FILE` makes live decisions.")
        return
    chosen = _show_table(found, wanted, shown)
    if chosen:
        st.query_params[DECISION_KEY] = chosen
    asked = chosen or st.query_params.get(DECISION_KEY)
    if asked is None:
        st.caption("Select a row to see a decision in full, and to approve or deny it.")
        return
    decision = next((one for one in found.decisions if one.id == asked), None)
    show_decision(shown, ledger.decision(asked) if decision is None else decision)


def _choose(shown: Shown) -> DecisionSearch:
    text_column, verdict_column, region_column, limit_column, order_column = st.columns([1.6, 1, 1, 1, 1.2])
    text = text_column.text_input("Search job or reason", key="q", bind="query-params")
    verdict = _select(verdict_column, "Verdict", "verdict", _VERDICTS)
    regions = {_ANY: "any region", **shown.labels}
    region = _select(region_column, "Region", "where", regions)
    limits = {_ANY: "any limit", **{limit.label: limit.title for limit in LIMITS}}
    limit = _select(limit_column, "Binding limit", "limit", limits)
    order = _select(order_column, "Order", "order", _ORDERS)
    with st.container(horizontal=True):
        without_place = st.checkbox("Only without a place", key="unplaced", bind="query-params")
        contested = st.checkbox("Only close to a limit", key="contested", bind="query-params")
        overridden = st.checkbox("Only changed by a person", key="overridden", bind="query-params")
    page = st.session_state.get("decisions_page", 0)
    return DecisionSearch(
        mode=shown.source,
        verdicts=() if verdict == _ANY else (Verdict(verdict),),
        region=None if region == _ANY else region,
        limit=None if limit == _ANY else limit,
        text=text,
        contested=True if contested else None,
        overridden=True if overridden else None,
        without_place=True if without_place else None,
        until=shown.hour if shown.source == "replay" else None,
        newest=True,
        order=order,
        most=_PAGE,
        skip=page * _PAGE,
    )


def _select(column: st.delta_generator.DeltaGenerator, label: str, key: str, options: dict[str, str]) -> str:
    default = next(iter(options))
    take_from_address(key, list(options), default)
    chosen = column.selectbox(
        label, list(options), format_func=options.__getitem__, key=key, persist_state="session", on_change=_first_page
    )
    keep_in_address(key, default)
    return chosen


def _first_page() -> None:
    st.session_state["decisions_page"] = 0


def _show_table(found: FoundDecisions, wanted: DecisionSearch, shown: Shown) -> str | None:
    """Show one page of decisions, and return the id of the selected one."""
    until = f", made up to {iso(wanted.until)}" if wanted.until is not None else ""
    first = wanted.skip + 1
    st.caption(f"{first:,} to {wanted.skip + len(found.decisions):,} of {found.count:,} decisions{until}.")
    table = st.dataframe(
        [_row(decision, shown) for decision in found.decisions],
        hide_index=True,
        height=330,
        key="decisions_table",
        on_select="rerun",
        selection_mode="single-row",
        alt="The decisions that fit, with verdict, place, limit and what would free a job without a place",
    )
    if found.count > _PAGE:
        pages = -(-found.count // _PAGE)
        st.number_input(
            f"Page, 1 to {pages:,}", 1, pages, wanted.skip // _PAGE + 1, key="page_number", on_change=_turn, width=160
        )
    rows = table.selection.rows
    return found.decisions[rows[0]].id if rows and rows[0] < len(found.decisions) else None


def _turn() -> None:
    st.session_state["decisions_page"] = st.session_state["page_number"] - 1


def _row(decision: ExplainedDecision, shown: Shown) -> dict[str, object]:
    held = decision.overrides[-1] if decision.overrides else decision
    place = (
        "" if held.start_utc is None else f"{shown.labels.get(str(held.region), held.region)}, {iso(held.start_utc)}"
    )
    person = f" by {decision.overrides[-1].by}" if decision.overrides else ""
    return {
        "job": decision.job_id,
        "verdict": f"{held.verdict.value}{person}",
        "MW": decision.power_mw,
        "hours": decision.duration_h,
        "place": place,
        "limit": decision.binding.limit.title,
        "what would free it": "" if place else freeing_text(decision, shown.labels),
        "decided at": iso(decision.origin_utc),
    }
