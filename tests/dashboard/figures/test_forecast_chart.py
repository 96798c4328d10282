import numpy as np
from support.sites import fleet_of, hour, region

from fleet.dashboard.figures import forecast_figure
from fleet.live.live_forecast import ForecastAhead
from fleet.preparation.column_bands import ColumnBand

REGIONS = ("alpha", "beta")
FLEET = fleet_of(*[region(name) for name in REGIONS])
ORIGIN = hour("2024-05-20T00")


def band(low: float, *, has_band: bool = True) -> ColumnBand:
    forecast = low + np.arange(6.0).reshape(2, 3)
    margin = np.full((2, 3), 2.0 if has_band else np.inf)
    return ColumnBand(forecast=forecast, lower=forecast - margin, upper=forecast + margin)


def ahead(closed=None, **columns: ColumnBand) -> ForecastAhead:
    return ForecastAhead(
        origin_utc=ORIGIN,
        time_utc=ORIGIN + np.arange(1, 4),
        confidence=0.9,
        region_ids=REGIONS,
        columns=columns,
        closed=closed or {},
        no_band={},
    )


def lines(figure, name):
    return [list(trace.y) for trace in figure.data if trace.name == name]


def test_each_column_and_region_has_a_panel_with_forecast_and_band():
    figure = forecast_figure(ahead(temperature_c=band(10), it_load_mw=band(50)), FLEET, REGIONS)
    assert [title.text for title in figure.layout.annotations] == [
        "<b>Alpha</b>: Outdoor temperature (°C)",
        "<b>Beta</b>: Outdoor temperature (°C)",
        "<b>Alpha</b>: IT load (MW)",
        "<b>Beta</b>: IT load (MW)",
    ]
    assert lines(figure, "Forecast") == [[10, 11, 12], [13, 14, 15], [50, 51, 52], [53, 54, 55]]
    assert lines(figure, "Band")[:2] == [[8, 9, 10], [12, 13, 14]]
    assert "90 % sure" in figure.layout.title.text


def test_only_the_named_region_is_drawn():
    figure = forecast_figure(ahead(temperature_c=band(10)), FLEET, ("beta",))
    assert lines(figure, "Forecast") == [[13, 14, 15]]


def test_hours_without_a_band_show_the_forecast_alone():
    figure = forecast_figure(ahead(price_usd_per_mwh=band(42, has_band=False)), FLEET, ("alpha",))
    assert lines(figure, "Band") == []
    assert [title.text for title in figure.layout.annotations] == ["<b>Alpha</b>: Price (USD/MWh), no band"]
    assert lines(figure, "Forecast") == [[42, 43, 44]]


def test_the_legend_names_the_band_also_if_the_first_panel_has_none():
    figure = forecast_figure(ahead(temperature_c=band(10, has_band=False), it_load_mw=band(50)), FLEET, REGIONS)
    shown = {trace.name: trace.fill for trace in figure.data if trace.showlegend}
    assert shown == {"Band": "tonexty", "Forecast": None}


def test_a_panel_says_that_some_hours_have_no_band():
    partly = band(10)
    partly.upper[0, 2] = np.inf
    figure = forecast_figure(ahead(temperature_c=partly), FLEET, ("alpha",))
    assert lines(figure, "Band") == [[8, 9], [12, 13]]
    assert figure.layout.annotations[0].text.endswith("(°C), some hours without band")


def test_a_column_without_forecast_has_no_panel():
    missing = ColumnBand(
        forecast=np.full((2, 3), np.nan), lower=np.full((2, 3), -np.inf), upper=np.full((2, 3), np.inf)
    )
    figure = forecast_figure(ahead(temperature_c=band(10), carbon_g_per_kwh=missing), FLEET, ("alpha",))
    assert [title.text for title in figure.layout.annotations] == ["<b>Alpha</b>: Outdoor temperature (°C)"]


def test_each_name_is_once_in_the_legend_and_a_closed_region_is_named():
    figure = forecast_figure(ahead({"beta": "it is silent"}, temperature_c=band(10)), FLEET, REGIONS)
    assert sorted(trace.name for trace in figure.data if trace.showlegend) == ["Band", "Forecast"]
    subtitle = figure.layout.title.subtitle.text
    assert "Limits give no bound in Beta." in subtitle
    assert "Alpha" not in subtitle
