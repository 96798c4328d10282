"""The pages in a real browser: what Plotly draws."""

import os
from pathlib import Path

import plotly.graph_objects as go
import pytest
from support.browser_pages import DRAWN, HAS_TRACE, PLOTS, open_page, open_view, trace

from fleet.dashboard import theme
from fleet.dashboard.page import figure_page

# CI keeps the pictures of this folder.
PICTURES = os.environ.get("FLEET_PICTURES")
OVERFLOWS = """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
  .some(part => part.scrollWidth > part.clientWidth)"""


pytestmark = pytest.mark.service


def test_the_home_page_draws_the_map_and_a_strip_of_24_hours(page, address):
    world, strip, *_ = open_view(page, address, "now", charts=2)
    assert {"Arizona", "Ireland", "Wyoming"} <= {each["name"] for each in world["traces"]}
    assert len(strip["traces"][0]["x"]) == 24
    assert page.get_by_text("The riskiest region is").is_visible()
    assert page.get_by_text("What needs a person").is_visible()


def test_the_risk_page_shows_band_limit_and_blocked_hours(page, address):
    [plot] = open_view(page, address, "risk")
    assert trace(plot, "95 % band")["fill"] == "tonexty"
    limit = trace(plot, "Outdoor throttle 40.0")
    assert (limit["dash"], limit["color"]) == ("dash", theme.LIMIT)
    assert len(trace(plot, "Risk blocked")["x"]) == 4
    assert len(trace(plot, "Forecast reaches limit")["x"]) == 1
    assert page.get_by_text("no job may be added in 5 of 24 hours").is_visible()


def test_actual_values_are_shown_after_a_click_and_the_address_keeps_them(page, address):
    open_view(page, address, "risk")
    page.get_by_text("What happened since").click()
    page.wait_for_function(HAS_TRACE, arg="Actual")
    page.reload()
    page.wait_for_function(HAS_TRACE, arg="Actual")


def test_the_scatter_has_24_frames_with_every_region_and_plays(page, address):
    [plot] = open_view(page, address, "water")
    assert [names[:3] for names in plot["frames"]] == [["Arizona", "Ireland", "Wyoming"]] * 24
    first = trace(plot, "Arizona")["x"]
    page.locator(".js-plotly-plot .updatemenu-button", has_text="Play").click()
    page.wait_for_function(
        """first => document.querySelector('.js-plotly-plot')?.data
            ?.find(trace => trace.name === 'Arizona').x[0] > first + 3""",
        arg=first[0],
    )
    page.locator(".js-plotly-plot .updatemenu-button", has_text="Pause").click()
    [later] = page.evaluate(PLOTS)
    assert later["ranges"] == plot["ranges"]


def test_the_toggle_changes_metrics_and_charts_and_stays_while_pages_change(page, address):
    _, load = open_view(page, address, "outcome", charts=2)
    water = page.get_by_test_id("stMetric").filter(has_text="Water saved (L)").get_by_test_id("stMetricValue")
    assert water.inner_text() == "0"
    page.get_by_text("Enable Project Forge Logic").click()
    page.get_by_text("Like for like").wait_for()
    assert water.inner_text() != "0"
    for name in ("Original, all regions", "Optimised"):
        page.wait_for_function(HAS_TRACE, arg=name)
    page.wait_for_function(DRAWN, arg=2)
    fleet_water, optimised_load = page.evaluate(PLOTS)
    assert trace(load, "Arizona")["y"] == [10, 10]
    assert trace(optimised_load, "Arizona")["y"] == [0, 0]
    before, after = trace(fleet_water, "Original")["y"], trace(fleet_water, "Optimised")["y"]
    assert all(less < more for less, more in zip(after, before, strict=True))
    assert trace(fleet_water, "Optimised")["fill"] == "tonexty"
    assert "logic=true" in page.url
    open_page(page, "Evidence")
    page.get_by_role("heading", name="Does the promise hold?").wait_for()
    open_page(page, "Scheduler outcome")
    page.wait_for_function(HAS_TRACE, arg="Optimised")


def test_a_click_opens_another_page_under_its_own_address(page, address):
    open_view(page, address, "risk")
    open_page(page, "Scheduler outcome")
    page.get_by_text("Enable Project Forge Logic").wait_for()
    page.wait_for_url("**/?page=outcome")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024])
def test_every_page_fits_its_width_in_both_themes_without_an_error(browser, address, width, colours):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=colours)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    for view in ("now", "risk", "water", "outcome", "decisions", "evidence"):
        page.goto(f"{address}/?page={view}&logic=true")
        page.get_by_role("heading", level=1).wait_for(timeout=60_000)
        page.wait_for_timeout(1_000)
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.evaluate(OVERFLOWS) is False, (view, width, colours)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{view}_{width}_{colours}.png")
        background = page.evaluate("() => getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 22, 28)"}[colours]
    context.close()
    assert said == []


def test_on_a_phone_a_finger_scrolls_a_chart_that_is_wider_than_the_page(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 1600}, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_view(page, address, "risk")
    assert page.evaluate(OVERFLOWS) is False
    chart = page.get_by_test_id("stPlotlyChart")
    before = chart.bounding_box()
    touch = context.new_cdp_session(page)
    for kind, x in (("Start", 300), ("Move", 250), ("Move", 200), ("Move", 150)):
        point = {"x": x, "y": before["y"] + 200}
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function(
        "before => document.querySelector('[data-testid=stPlotlyChart]').getBoundingClientRect().x < before - 50",
        arg=before["x"],
    )
    assert before["width"] >= 800
    context.close()


def test_a_page_of_figures_draws_them_without_a_server(browser, tmp_path):
    path, said = tmp_path / "page.html", []
    path.write_text(figure_page("A title", go.Figure().add_scatter(x=[1, 2], y=[1, 2])), encoding="utf-8")
    page = browser.new_page()
    # A script that the content policy stops is an error on the console.
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_function(DRAWN, arg=1)
    page.close()
    assert said == []
