"""The page "Decisions": filter, search and sort; one decision in full; approve or deny it."""

from collections.abc import Sequence

import streamlit as st

from fleet.dashboard.address import keep_in_address, take_from_address
from fleet.dashboard.page_links import DECISION_KEY
from fleet.dashboard.shown import Shown, show_missing
from fleet.dashboard.time_text import COLUMN_FORMAT, cell_time, hour_text
from fleet.dashboard.views.decision_detail import LAST_KNOWN, show_decision
from fleet.domain.decision import Verdict
from fleet.domain.limit import NO_LIMIT
from fleet.ledger import ORDERS, DecisionSearch, ExplainedDecision, FoundDecisions
from fleet.physics.limits import LIMITS
from fleet.workflows.remedy_text import freeing_text

_PAGE = 50
_START, _KNOWN, _FREEING = "start (UTC)", f"{LAST_KNOWN} (UTC)", "what would free it"
# A table with few rows is no higher than its rows. Streamlit wraps a text only in rows of more than 64 px.
_ROW_PX, _LEAST_WRAPPED_PX, _LINE_PX, _SPACE_PX, _BORDER_PX, _MOST_PX = 35, 66, 21, 14, 3, 420
_FREEING_PX, _LINE_LETTERS = 340, 46
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
        change = ", and to approve or deny it" if shown.source == "live" else ""
        st.caption(f"Select a row to see a decision in full{change}.")
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
    until = f", with a last known hour up to {hour_text(wanted.until)}" if wanted.until is not None else ""
    first = wanted.skip + 1
    st.caption(f"{first:,} to {wanted.skip + len(found.decisions):,} of {found.count:,} decisions{until}.")
    rows = _without_empty([_row(decision, shown) for decision in found.decisions])
    row_px = _row_px(max(len(str(row.get(_FREEING, ""))) for row in rows))
    times = st.column_config.DatetimeColumn(format=COLUMN_FORMAT)
    table = st.dataframe(
        rows,
        hide_index=True,
        height=table_px(len(rows), row_px),
        row_height=row_px,
        placeholder="",
        column_config={_START: times, _KNOWN: times, _FREEING: st.column_config.TextColumn(width=_FREEING_PX)},
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
    chosen = table.selection.rows
    return found.decisions[chosen[0]].id if chosen and chosen[0] < len(found.decisions) else None


def table_px(rows: int, row_px: int) -> int:
    """Return the height of a table: that of its rows and heading, up to the most that a page gives to a table."""
    return min(_ROW_PX + row_px * rows + _BORDER_PX, _MOST_PX)


def _row_px(letters: int) -> int:
    """Return the height of a row that shows a text of so many letters whole."""
    lines = -(-letters // _LINE_LETTERS)
    return _ROW_PX if lines <= 1 else max(_LEAST_WRAPPED_PX, _LINE_PX * lines + _SPACE_PX)


def _without_empty(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Leave out the columns of places, or of what would free a job, if no row has a value."""
    empty = [name for name in ("region", _START, _FREEING) if not any(row[name] for row in rows)]
    return [{name: value for name, value in row.items() if name not in empty} for row in rows]


def _turn() -> None:
    st.session_state["decisions_page"] = st.session_state["page_number"] - 1


def _row(decision: ExplainedDecision, shown: Shown) -> dict[str, object]:
    held = decision.overrides[-1] if decision.overrides else decision
    person = f" by {decision.overrides[-1].by}" if decision.overrides else ""
    return {
        "job": decision.job_id,
        "verdict": f"{held.verdict.value}{person}",
        "MW": decision.power_mw,
        "hours": decision.duration_h,
        "region": "" if held.start_utc is None else shown.labels.get(str(held.region), str(held.region)),
        _START: cell_time(held.start_utc),
        "limit": NO_LIMIT if decision.is_too_late else decision.binding.limit.title,
        _FREEING: freeing_text(decision, shown.labels) if held.start_utc is None else "",
        _KNOWN: cell_time(decision.origin_utc),
    }
