"""Forecast & risk: one region's next day against its limit."""

from datetime import UTC, datetime, time

import polars as pl
import streamlit as st

from fleet.dashboard import theme
from fleet.dashboard.data import BAND_PERCENT, QUANTITIES, Views, offered_origins, origins, window
from fleet.dashboard.figures import risk_figure

_NEAREST = 50
_BY_LIST, _BY_TIME = "From the list", "By date and hour"


def show(views: Views) -> None:
    """The page."""
    st.write(
        f"The next 24 hours as forecast at one hour, with the band that should hold {BAND_PERCENT} % of all hours. "
        "**Risk blocked** means: the forecast stays below the limit, but the upper bound reaches it."
    )
    region_column, quantity_column, how_column, origin_column = st.columns([1.1, 0.8, 1.1, 2])
    names = {region.id: region.name for region in views.fleet.regions}
    region = region_column.selectbox("Region", list(names), format_func=lambda key: names[key], key="risk_region")
    quantity = quantity_column.radio(
        "Temperature", list(QUANTITIES), format_func=lambda key: QUANTITIES[key], horizontal=True, key="risk_quantity"
    )
    how = how_column.radio("Choose a forecast", [_BY_LIST, _BY_TIME], horizontal=True, key="risk_how")
    listed = origins(views.risk, quantity, region)
    if listed.is_empty():
        st.warning("The replay holds no forecasts for this region.")
        return
    with origin_column:
        origin = _from_list(listed) if how == _BY_LIST else _by_time(listed)
    _say_what_is_listed(listed, quantity, names[region])
    hours = window(views.risk, quantity, region, origin)
    if hours.is_empty():
        st.warning("The replay holds no forecast made at this hour.")
        return
    _draw(hours, quantity, theme.region_labels(views.fleet)[region], origin)


def _say_what_is_listed(listed: pl.DataFrame, quantity: str, region: str) -> None:
    blocked = listed.filter(pl.col("blocked_hours") > 0)
    limit, what = listed["limit"][0], QUANTITIES[quantity]
    of = f"of {len(listed):,} forecasts"
    if limit is None:
        st.info(
            f"{region} has no outdoor limit: weather binds through the inlet and the cooling capacity alone. "
            "Nothing can be risk blocked here; the list holds the forecasts with the warmest bound."
        )
    elif len(blocked):
        st.write(
            f"{len(blocked):,} {of} have risk-blocked hours against the limit of {limit:.1f} °C ({what}); "
            f"in {len(blocked.filter(pl.col('breach_hours') == 0)):,} of these the forecast itself stays "
            "below it all day. Those come first in the list."
        )
    else:
        st.info(
            f"None {of} has a risk-blocked hour here: the bound never reaches {limit:.1f} °C ({what}) while the "
            "forecast stays below. The list holds the forecasts with the least margin."
        )
    unbounded = int((listed["unbounded_hours"] > 0).sum())
    if unbounded:
        st.write(
            f"{unbounded:,} {of} have hours with no bound: too little calibration. A limit there counts as reached."
        )


def _from_list(listed: pl.DataFrame) -> datetime:
    offered = offered_origins(listed, _NEAREST)
    labels = {row["origin_utc"]: _label(row) for row in offered.iter_rows(named=True)}
    chosen: datetime = st.selectbox(
        "Made at (UTC); type a date to search",
        list(labels),
        format_func=lambda key: labels[key],
        key="risk_origin",
    )
    return chosen


def _label(row: dict[str, object]) -> str:
    origin, margin = row["origin_utc"], row["margin"]
    if row["blocked_hours"]:
        breach = f", forecast breach {row['breach_hours']} h" if row["breach_hours"] else ""
        return f"{origin:%Y-%m-%d %H:%M} · risk blocked {row['blocked_hours']} h{breach}"
    if margin is not None:
        return f"{origin:%Y-%m-%d %H:%M} · margin {margin:.1f} °C"
    return f"{origin:%Y-%m-%d %H:%M} · bound up to {row['highest_upper']:.1f} °C"


def _by_time(listed: pl.DataFrame) -> datetime:
    first, last = listed["origin_utc"][0], listed["origin_utc"][-1]
    start = offered_origins(listed, 1)["origin_utc"][0]
    day_column, hour_column = st.columns(2)
    day = day_column.date_input(
        "Day (UTC)", start.date(), min_value=first.date(), max_value=last.date(), key="risk_day"
    )
    hour = hour_column.selectbox(
        "Hour (UTC)", range(24), index=start.hour, format_func=lambda value: f"{value:02d}:00", key="risk_hour"
    )
    return datetime.combine(day, time(hour), tzinfo=UTC)


def _draw(hours: pl.DataFrame, quantity: str, region: str, origin: datetime) -> None:
    blocked, breach = int(hours["blocked"].sum()), int(hours["breach"].sum())
    forecast, upper, limit = hours.select(pl.col("forecast", "upper").max(), pl.col("limit").first()).row(0)
    bound = "none" if upper == float("inf") else f"{upper:.1f} °C"
    limit_text = "none" if limit is None else f"{limit:.1f} °C"
    shown = {
        "Highest forecast": f"{forecast:.1f} °C",
        "Highest upper bound": bound,
        "Limit": limit_text,
        "Risk-blocked hours": f"{blocked} of {len(hours)}",
        "Forecast-breach hours": f"{breach} of {len(hours)}",
    }
    for column, (label, value) in zip(st.columns(len(shown)), shown.items(), strict=True):
        column.metric(label, value)
    with_actual = st.checkbox("Show what really happened", key="risk_actual")
    label = "Outdoor temperature" if quantity == "outdoor" else "IT inlet temperature"
    figure = risk_figure(
        hours,
        title=f"{label}, {region}: forecast made {origin:%d %b %Y, %H:%M} UTC",
        quantity_label=label,
        with_actual=with_actual,
    )
    st.plotly_chart(figure, width="stretch", theme=None, key="risk_chart", config={"displaylogo": False})
    st.caption(
        f"The blue band should hold {BAND_PERCENT} % of hours over a long run, not every hour of a given day; the "
        "dotted line is for the whole day at once. A job is held against the headroom that its own hours may count on. "
        + ("The inlet is that of the region's own load, before any job. " if quantity == "inlet" else "")
        + "All times are UTC."
    )
