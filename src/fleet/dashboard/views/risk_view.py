"""The page "Forecast & risk": the next day of one region against its limit."""

import polars as pl
import streamlit as st

from fleet.dashboard import cached
from fleet.dashboard.address import keep_in_address, take_from_address
from fleet.dashboard.data import BAND_PERCENT, LIMIT_NAMES, QUANTITIES, with_flags, with_states
from fleet.dashboard.figures import BLOCKED, OVER, REACHED, RiskChart, risk_figure
from fleet.dashboard.literal import markdown_text
from fleet.dashboard.page_links import link_to_page
from fleet.dashboard.shown import Shown, show_missing
from fleet.dashboard.terms import why_two_counts
from fleet.dashboard.time_text import moment_text
from fleet.domain.local_clock import LocalClock
from fleet.domain.region import Region
from fleet.errors import FleetError
from fleet.physics.altitude import inlet_limit_c
from fleet.physics.limits import limit_named
from fleet.workflows.forecast_reasons import CAUSES
from fleet.workflows.rescaled_band import RescaledBand

_CONFIDENCES = (50, 60, 70, 80, 85, 90, 95, 97, 99)


def show(shown: Shown) -> None:
    """Show the page."""
    st.title("Is the next day safe, and how sure is that?", anchor=False)
    facts = shown.facts
    if facts is None or shown.hour is None:
        show_missing(shown)
        return
    region, quantity, confidence = _choose(shown)
    chosen = (pl.col("region") == region.id) & (pl.col("quantity") == quantity)
    hours = facts.temperatures.filter(chosen)
    if hours.is_empty() or hours["forecast"].is_nan().all():
        st.warning("This hour has no forecast for this region. Choose another hour or region.")
        return
    note = ""
    if confidence != BAND_PERCENT:
        band = cached.rescaled(shown.key, region.id, quantity, confidence / 100)
        hours, note = band.hours, _band_note(band, confidence)
    hours = with_states(with_flags(hours), facts.ahead)
    st.markdown(_verdict(hours, markdown_text(shown.labels[region.id]), confidence, shown.clocks[region.id]))
    _show_figure(shown, hours, region, quantity, confidence)
    decided_at = BAND_PERCENT if facts.confidence is None else round(100 * facts.confidence, 1)
    st.caption(f"{note}{_limit_reason(region, quantity)} {_about(shown, quantity)}")
    _show_numbers(hours)
    st.caption(
        f"“{BLOCKED}” means the same as on the page Now: no job may be added. “{REACHED}” is about the band alone, and "
        f"blocks no job; the slider changes it. {why_two_counts(confidence, decided_at)}"
    )
    link_to_page("now", "To the page Now: these hours in all regions")
    _show_reasons(shown, region, quantity, hours)


def _choose(shown: Shown) -> tuple[Region, str, int]:
    regions = {region.id: region for region in shown.fleet.regions}
    region_column, quantity_column, band_column = st.columns([1.1, 0.9, 1.4], gap="medium")
    first = shown.fleet.region_ids[0]
    take_from_address("region", list(regions), first)
    region = region_column.selectbox(
        "Region", list(regions), format_func=lambda key: regions[key].name, key="region", persist_state="session"
    )
    keep_in_address("region", first)
    take_from_address("quantity", list(QUANTITIES), "outdoor")
    quantity = quantity_column.radio(
        "Temperature",
        list(QUANTITIES),
        format_func=lambda key: QUANTITIES[key],
        horizontal=True,
        key="quantity",
        persist_state="session",
    )
    keep_in_address("quantity", "outdoor")
    confidence = band_column.select_slider(
        "Confidence of the band, %", _CONFIDENCES, BAND_PERCENT, key="confidence", bind="query-params"
    )
    return regions[region], quantity, int(confidence)


def _band_note(band: RescaledBand, confidence: int) -> str:
    """Say what a band at another confidence rests on."""
    if band.errors >= band.needed:
        return f"This band rests on {band.errors:,} errors of the last 90 days. "
    return (
        f"A band of {confidence} % needs {band.needed} known errors; known so far: {band.errors}. Each recorded hour "
        "adds errors; a replay adds many. "
    )


def _verdict(hours: pl.DataFrame, label: str, confidence: int, clock: LocalClock) -> str:
    """Return in words what decisions make of the hours, and what the band says of this temperature."""
    return f"{_decided(hours, label, clock)} {_of_band(hours, label, confidence)}"


def _decided(hours: pl.DataFrame, label: str, clock: LocalClock) -> str:
    """Return in how many hours no job may be added, and call out the first risk-blocked hour."""
    closed = hours.filter(pl.col("state") != "safe")
    if closed.is_empty():
        return f"**In {label}, jobs may be added in all {len(hours)} hours.**"
    blocked = closed.filter(pl.col("is_blocked"))
    counts = [
        f"{count} {word}"
        for count, word in (
            (len(blocked), "risk blocked: the forecast would leave headroom, the bound does not"),
            (int((closed["state"] == "unsafe").sum()), "unsafe even at the forecast"),
            (int((closed["state"] == "unknown").sum()), "without a bound"),
        )
        if count
    ]
    text = f"**In {label}, no job may be added in {len(closed)} of {len(hours)} hours** ({'; '.join(counts)})."
    first = (closed if blocked.is_empty() else blocked).row(0, named=True)
    when = f"First at {first['time_utc']:%H:%M} UTC ({clock.text(first['time_utc'])})"
    if not (first["is_blocked"] and first["is_reached"]):
        return f"{text} {when}. Closest limit then: {limit_named(first['state_limit']).words}."
    bound = (
        "no upper bound can be given"
        if first["upper"] == float("inf")
        else f"upper bound {first['upper']:.1f} °C is not"
    )
    return f"{text} {when}: forecast {first['forecast']:.1f} °C is safe, {bound}."


def _of_band(hours: pl.DataFrame, label: str, confidence: int) -> str:
    limit = hours["limit"][0]
    if limit is None:
        return (
            f"{label} has no outdoor limit: weather limits this region only through the inlet temperature and the "
            "cooling capacity; choose IT inlet."
        )
    reached, over = int(hours["is_reached"].sum()), int(hours["is_over"].sum())
    parts = [f"The upper end of the {confidence} % band reaches the limit in {reached} hours"] if reached else []
    if over:
        parts.append(f"{'the' if parts else 'The'} forecast itself reaches the limit in {over} hours")
    if parts:
        return f"{', and '.join(parts)}."
    known = hours.filter(pl.col("upper").is_finite())
    if len(known) < len(hours):
        return f"At {confidence} % confidence, no upper end of the band is known in {len(hours) - len(known)} hours."
    nearest_k = min(limit - upper for upper in known["upper"])
    return f"At {confidence} % confidence, this temperature stays {nearest_k:.1f} K below the limit of {limit:.1f} °C."


def _show_figure(shown: Shown, hours: pl.DataFrame, region: Region, quantity: str, confidence: int) -> None:
    has_actual = not hours["actual"].is_null().all()
    has_path = bool(hours["path_upper"].is_finite().any()) and confidence == BAND_PERCENT
    with st.container(horizontal=True):
        with_actual = has_actual and st.checkbox("What happened since", key="actual", bind="query-params")
        with_path = has_path and st.checkbox("Bound for the whole day together", key="path", bind="query-params")
    label = "Outdoor temperature" if quantity == "outdoor" else "IT inlet temperature"
    origin = hours["origin_utc"][0]
    chart = RiskChart(
        title=f"{label}, {shown.labels[region.id]}: forecast made {moment_text(origin)}",
        quantity_label=label,
        limit_name=LIMIT_NAMES[quantity],
        band_percent=confidence,
        clock=shown.clocks[region.id],
        with_actual=with_actual,
        with_path=with_path,
    )
    verdict = _verdict(hours, region.id, confidence, shown.clocks[region.id])
    alt = f"{label} of the next 24 hours: forecast, {confidence} % band and limit. {verdict}"
    shown.chart(risk_figure(hours, chart), key="risk_chart", alt=alt.replace("*", ""))


def _limit_reason(region: Region, quantity: str) -> str:
    """Return why the limit has its value."""
    if quantity == "outdoor":
        if region.outdoor_limit_c is None:
            return ""
        return f"The region throttles above {region.outdoor_limit_c:g} °C outdoors, as its fleet file states."
    limit = inlet_limit_c(region)
    if limit == region.inlet_limit_c:
        return f"The thermal breaker is the inlet limit of the fleet file, {limit:.1f} °C."
    return (
        f"The thermal breaker is {limit:.1f} °C: {region.inlet_limit_c:g} °C at sea level, less "
        f"{region.inlet_limit_c - limit:.1f} K for the altitude of {region.altitude_m:,.0f} m, because thin air "
        "carries less heat away."
    )


def _about(shown: Shown, quantity: str) -> str:
    inlet = ""
    if quantity == "inlet":
        inlet = "The inlet temperature is that of the base load, before any job. "
        if shown.source == "live":
            inlet += "Its band takes the bounds of weather and load together. "
    return f"{inlet}The band aims to hold its share of hours over a long run, not every hour of one day."


def _show_numbers(hours: pl.DataFrame) -> None:
    forecast, upper, limit = hours.select(pl.col("forecast", "upper").max(), pl.col("limit").first()).row(0)
    numbers = {
        "Highest forecast": f"{forecast:.1f} °C",
        "Highest end of band": "none" if upper == float("inf") else f"{upper:.1f} °C",
        "Limit": "none" if limit is None else f"{limit:.1f} °C",
        **{
            name: f"{int(hours[flag].sum())} of {len(hours)} h"
            for name, flag in ((BLOCKED, "is_blocked"), (REACHED, "is_reached"), (OVER, "is_over"))
        },
    }
    for column, (label, value) in zip(st.columns(len(numbers)), numbers.items(), strict=True):
        column.metric(label, value)


def _show_reasons(shown: Shown, region: Region, quantity: str, hours: pl.DataFrame) -> None:
    with st.expander("Why does it expect that?"):
        count = len(CAUSES[quantity])
        parts = "" if count == 1 else f", from the {count} forecasts that it follows from"
        if not st.toggle(f"Explain the hottest hour{parts} (takes some seconds)", key="why"):
            return
        lead_h = int(hours["lead_h"][int(hours["forecast"].arg_max() or 0)])
        try:
            with st.spinner("Fitting the forecaster on the values known at this hour"):
                sentences = cached.reasons(shown.key, region.id, quantity, lead_h)
        except FleetError as error:
            st.warning(markdown_text(str(error), keep_code=True))
            return
        for sentence in sentences:
            st.write(markdown_text(sentence))
