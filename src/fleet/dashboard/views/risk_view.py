"""The page "Forecast & risk": the next day of one region against its limit."""

from datetime import UTC, datetime, time

import polars as pl
import streamlit as st

from fleet.dashboard import theme
from fleet.dashboard.data import BAND_PERCENT, QUANTITIES, ReplayData, hours_ahead, origins_to_list, risk_by_origin
from fleet.dashboard.figures import risk_figure
from fleet.dashboard.literal import markdown_text

_NEAREST = 50
_BY_LIST, _BY_TIME = "From the list", "By date and hour"


def show(replay: ReplayData) -> None:
    """Show the page."""
    st.write(
        f"The forecast of the next 24 hours, with a band that aims to hold {BAND_PERCENT} % of all hours. "
        "**Risk blocked** means that the forecast is below the limit, but the upper end of the band reaches the limit."
    )
    region_column, quantity_column, choice_column, origin_column = st.columns([1.1, 0.8, 1.1, 2])
    names = {region.id: region.name for region in replay.fleet.regions}
    region = region_column.selectbox("Region", list(names), format_func=lambda key: names[key], key="risk_region")
    quantity = quantity_column.radio(
        "Temperature", list(QUANTITIES), format_func=lambda key: QUANTITIES[key], horizontal=True, key="risk_quantity"
    )
    choice = choice_column.radio("Choose a forecast", [_BY_LIST, _BY_TIME], horizontal=True, key="risk_how")
    origins = risk_by_origin(replay.risk, quantity, region)
    if origins.is_empty():
        st.warning("The replay has no forecasts for this region.")
        return
    with origin_column:
        origin = _choose_from_list(origins) if choice == _BY_LIST else _choose_by_time(origins)
    _explain_list(origins, quantity, markdown_text(names[region]))
    hours = hours_ahead(replay.risk, quantity, region, origin)
    if hours.is_empty():
        st.warning("The replay has no forecast made at this hour. Choose another hour.")
        return
    _show_numbers(hours)
    _show_figure(hours, quantity, theme.region_labels(replay.fleet)[region], origin)


def _explain_list(origins: pl.DataFrame, quantity: str, region: str) -> None:
    """Say how many forecasts have risk-blocked hours, and in which order the list shows the forecasts.

    Args:
        origins: the table of `risk_by_origin`.
        region: name of the region, as Markdown.
    """
    blocked = origins.filter(pl.col("blocked_hours") > 0)
    limit, quantity_name = origins["limit"][0], QUANTITIES[quantity]
    of_all = f"of {len(origins):,} forecasts"
    if limit is None:
        st.info(
            f"{region} has no outdoor limit. Weather limits this region only through the inlet temperature and the "
            "cooling capacity, so no hour can be risk blocked here. The list shows the forecasts with the warmest "
            "band."
        )
    elif len(blocked):
        st.write(
            f"{len(blocked):,} {of_all} have risk-blocked hours at the limit of {limit:.1f} °C ({quantity_name}). "
            f"In {len(blocked.filter(pl.col('over_hours') == 0)):,} of these, the forecast itself stays below the "
            "limit all day. The list shows these first."
        )
    else:
        st.info(
            f"None {of_all} has a risk-blocked hour: where the forecast is below the limit of {limit:.1f} °C "
            f"({quantity_name}), the band is also below the limit. The list shows the forecasts whose band comes "
            "closest to the limit."
        )
    unbounded = int((origins["unbounded_hours"] > 0).sum())
    if unbounded:
        st.write(
            f"{unbounded:,} {of_all} have hours without a band, because too few past errors are known or the last "
            "observation is too old. Where the forecast is below the limit, such an hour counts as risk blocked."
        )


def _choose_from_list(origins: pl.DataFrame) -> datetime:
    listed = origins_to_list(origins, _NEAREST)
    labels = {row["origin_utc"]: _origin_label(row) for row in listed.iter_rows(named=True)}
    chosen: datetime = st.selectbox(
        "Forecast made at (UTC); type a date to search",
        list(labels),
        format_func=lambda key: labels[key],
        key="risk_origin",
    )
    return chosen


def _origin_label(row: dict[str, object]) -> str:
    origin, distance = row["origin_utc"], row["distance_to_limit"]
    if row["blocked_hours"]:
        over = f", forecast reaches limit {row['over_hours']} h" if row["over_hours"] else ""
        return f"{origin:%Y-%m-%d %H:%M} · risk blocked {row['blocked_hours']} h{over}"
    if distance is not None:
        return f"{origin:%Y-%m-%d %H:%M} · band {distance:.1f} °C below limit"
    return f"{origin:%Y-%m-%d %H:%M} · band up to {row['highest_upper']:.1f} °C"


def _choose_by_time(origins: pl.DataFrame) -> datetime:
    first, last = origins["origin_utc"][0], origins["origin_utc"][-1]
    start = origins_to_list(origins, 1)["origin_utc"][0]
    day_column, hour_column = st.columns(2)
    day = day_column.date_input(
        "Day (UTC)", start.date(), min_value=first.date(), max_value=last.date(), key="risk_day"
    )
    hour = hour_column.selectbox(
        "Hour (UTC)", range(24), index=start.hour, format_func=lambda value: f"{value:02d}:00", key="risk_hour"
    )
    return datetime.combine(day, time(hour), tzinfo=UTC)


def _show_numbers(hours: pl.DataFrame) -> None:
    blocked, over = int(hours["is_blocked"].sum()), int(hours["is_over"].sum())
    forecast, upper, limit = hours.select(pl.col("forecast", "upper").max(), pl.col("limit").first()).row(0)
    numbers = {
        "Highest forecast": f"{forecast:.1f} °C",
        "Highest end of band": "none" if upper == float("inf") else f"{upper:.1f} °C",
        "Limit": "none" if limit is None else f"{limit:.1f} °C",
        "Risk blocked": f"{blocked} of {len(hours)} h",
        "Forecast reaches limit": f"{over} of {len(hours)} h",
    }
    for column, (label, value) in zip(st.columns(len(numbers)), numbers.items(), strict=True):
        column.metric(label, value)


def _show_figure(hours: pl.DataFrame, quantity: str, region: str, origin: datetime) -> None:
    with_actual = st.checkbox("Show actual values", key="risk_actual")
    label = "Outdoor temperature" if quantity == "outdoor" else "IT inlet temperature"
    figure = risk_figure(
        hours,
        title=f"{label}, {region}: forecast made {origin:%d %b %Y, %H:%M} UTC",
        quantity_label=label,
        with_actual=with_actual,
    )
    st.plotly_chart(figure, width="stretch", theme=None, key="risk_chart", config={"displaylogo": False})
    inlet = "The inlet temperature is that of the base load, before any job. " if quantity == "inlet" else ""
    st.caption(
        f"The blue band aims to hold {BAND_PERCENT} % of hours over a long run, not every hour of one day. The dotted "
        "line is a bound for all hours of the day together. The scheduler uses neither: it compares a job with the "
        f"headroom of the job's own hours. {inlet}All times are UTC."
    )
