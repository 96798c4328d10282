"""The pages, run without a browser."""

import polars as pl
import pytest
from support.app_pages import metrics_of, opened, texts_of
from support.frames import headroom_table, write_evidence, write_workspace

from fleet.dashboard.terms import TERMS
from fleet.storage.files import write_frame

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["now", "risk", "water", "outcome", "evidence"])
def test_an_empty_workspace_names_the_commands_that_fill_it(name):
    page = opened(name)
    texts = texts_of(page.info)
    assert any("`fleet ingest table --file FILE`" in text and "`fleet demo`" in text for text in texts)
    assert any("`fleet replay --home HOME" in text for text in texts)


@pytest.mark.parametrize("name", ["now", "risk", "water", "outcome", "nonsense"])
def test_every_page_opens_has_one_title_and_explains_its_terms(page_of, name):
    page = page_of(name)
    assert len(page.title) == 1
    assert page.get("plotly_chart")
    terms = page.expander[-1]
    assert all(f"**{term}**: {definition}" in terms.markdown[0].value for term, definition in TERMS.items())
    assert page.query_params.get("page") == (None if name in {"now", "nonsense"} else name)


def test_a_workspace_that_cannot_be_read_gives_one_line(tmp_path):
    workspace = write_workspace(tmp_path)
    workspace.risk.write_text("{")
    assert "risk.parquet is not a readable Parquet file" in opened("now").warning[0].value


def test_the_home_page_names_the_riskiest_region(page_of):
    page = page_of("now")
    # The most telling forecast is that of 01:00, with five hot hours in Arizona from 11:00 on.
    assert any("**Arizona**" in text and "5 of the next 24 hours" in text for text in texts_of(page.markdown))
    assert any(
        "first at 11:00 UTC (04:00 MST)" in text and "outdoor throttle" in text for text in texts_of(page.markdown)
    )


def test_the_risk_page_says_why_the_first_hour_is_blocked_and_what_the_limit_is(page_of):
    page = page_of("risk")
    assert any(
        "First at 11:00 UTC (04:00 MST): forecast 39.0 °C is safe, upper bound 41.0 °C is not" in text
        for text in texts_of(page.markdown)
    )
    assert metrics_of(page)["Risk blocked"] == "4 of 24 h"
    assert metrics_of(page)["Band reaches limit"] == "4 of 24 h"
    assert metrics_of(page)["Forecast reaches limit"] == "1 of 24 h"
    assert any("throttles above 40 °C outdoors" in text for text in texts_of(page.caption))


def test_the_thermal_breaker_is_explained_by_the_altitude(page_of):
    page = page_of("risk", region="wyoming", quantity="inlet")
    assert any("31.8 °C: 35 °C at sea level, less 3.2 K for the altitude" in text for text in texts_of(page.caption))
    # The forecast of 30 degC is below the breaker, and the band reaches 32 degC. The bounds of decisions do not.
    assert any(
        "The upper end of the 95 % band reaches the limit in 24 hours" in text for text in texts_of(page.markdown)
    )
    assert metrics_of(page)["Risk blocked"] == "0 of 24 h"


def test_risk_blocked_has_the_same_count_on_both_pages(page_of, tmp_path):
    def fill(home):
        workspace = write_workspace(home)
        # The bounds of decisions leave headroom in two of the four hours in which the band reaches the limit.
        is_freed = (pl.col("lead_h") < 12) & (pl.col("limit") == "outdoor")
        freed = headroom_table().with_columns(spare_mw=pl.when(is_freed).then(3.0).otherwise("spare_mw"))
        write_frame(workspace.headroom, freed)

    assert any("2 h risk blocked" in text for text in texts_of(page_of("now", fill=fill).markdown))
    page = opened("risk")
    assert metrics_of(page)["Risk blocked"] == "2 of 24 h"
    assert metrics_of(page)["Band reaches limit"] == "4 of 24 h"
    assert any("First at 13:00 UTC (06:00 MST): forecast 39.0 °C is safe" in text for text in texts_of(page.markdown))
    assert any(
        "2.5 % of hours are above it" in text and "that 5 % of hours pass" in text for text in texts_of(page.caption)
    )
    # Another confidence changes the band, not the decisions.
    assert metrics_of(opened("risk", confidence="50"))["Risk blocked"] == "2 of 24 h"


def test_the_page_now_and_the_risk_page_link_to_each_other(page_of):
    page = page_of("now")
    [to_risk] = [button for button in page.button if button.label == "To the page Forecast & risk: Arizona"]
    to_risk.click().run()
    assert (page.query_params.get("page"), page.selectbox(key="region").value) == ("risk", "arizona")
    [to_now] = [button for button in page.button if button.label == "To the page Now: these hours in all regions"]
    to_now.click().run()
    assert page.query_params.get("page") is None


def test_the_risk_page_says_that_a_region_has_no_limit(page_of):
    page = page_of("risk", region="ireland")
    assert any("has no outdoor limit" in text for text in texts_of(page.markdown))
    assert metrics_of(page)["Limit"] == "none"


def test_a_band_without_past_errors_is_infinite(page_of):
    page = page_of("risk", confidence="80")
    # The replay has a single earlier origin; at 80 %, none of its errors is known an hour later, or one.
    assert any("A band of 80 % needs 4 known errors; known so far: 1." in text for text in texts_of(page.caption))
    assert metrics_of(page)["Highest end of band"] == "none"


def test_the_toggle_changes_the_numbers_and_stays_in_the_address(page_of):
    page = page_of("outcome")
    whole = page.selectbox(key="period").options[0]
    page.selectbox(key="period").set_value(whole).run()
    before = metrics_of(page)
    assert before["Optimised footprint, t CO₂"] == "logic is off"
    page.toggle(key="logic").set_value(True).run()
    after = metrics_of(page)
    # 31 m3 an hour before with 20 MW, 2.4 after with 18 MW, 60 hours: (31/20 - 2.4/18) x 18 x 60 = 1,530 m3.
    assert (before["Water saved (L)"], after["Water saved (L)"]) == ("0", "1,530,000")
    # 11 t an hour with 20 MW, 12.6 with 18: 594 and 756 t for the same energy.
    assert after["Original carbon footprint, t CO₂"] == "594"
    assert after["Optimised footprint, t CO₂"] == "756"
    assert "In total, carbon rises by 14.5 % while water falls by 92.3 %." in page.info[0].value
    assert (before["Water, m³"], after["Water, m³"]) == ("1,860", "144")


@pytest.mark.slow
def test_the_evidence_page_names_the_cell_above_the_allowed_rate(page_of):
    page = page_of("evidence", fill=write_evidence, more="true")
    [headline] = texts_of(page.warning)
    assert headline.startswith("**Yes.**")
    # 9 of 150 are 6 %.
    assert "But the share is above 5 % in Ireland in Jun-Aug (9 of 150 jobs, 6.00 %)" in headline
    assert len(page.get("plotly_chart")) == 4
    assert any(text.startswith("Misses the target. 50 of 500 MWh") for text in texts_of(page.caption))


def test_a_workspace_of_an_earlier_version_has_a_verdict_without_figures(page_of):
    page = page_of("evidence")
    assert page.success
    assert "made this replay and wrote no evidence file" in page.info[0].value
    assert not page.get("plotly_chart")


@pytest.mark.slow
def test_a_live_hour_reaches_every_page(live):
    page = opened("now")
    assert any("Every region has headroom" in text for text in texts_of(page.markdown))
    assert any("What would free it: 4 MW less" in text.replace("\\", "") for text in texts_of(page.markdown))
    for name in ("risk", "water"):
        assert opened(name).get("plotly_chart")


def test_a_month_without_jobs_says_so(page_of):
    def idle(home):
        write_workspace(home)
        [path] = home.rglob("footprint.parquet")
        pl.read_parquet(path).with_columns(pl.lit(0.0).alias("job_mw")).write_parquet(path)

    page = page_of("outcome", fill=idle)
    assert page.info[0].value == "No job ran in this period."
    assert not page.metric
    page.selectbox(key="period").set_value("July 2025").run()
    assert page.info[0].value == "No job ran in this period."


def test_the_outcome_page_says_what_each_amount_is_about(page_of):
    captions = texts_of(page_of("outcome").caption)
    assert any(text.startswith("Totals of all work that ran in the hours of the period.") for text in captions)
    assert "The next figures are of the whole replay, also where a shorter period is chosen." in captions


def sliders_of(page):
    return {slider.key for slider in page.slider}


def test_a_page_shows_only_the_sliders_that_change_it(page_of):
    assert sliders_of(page_of("now")) == {"hour"}
    # The animation is of a whole day, and the replay of one day.
    assert not sliders_of(opened("water"))
    for name in ("outcome", "evidence"):
        page = opened(name)
        assert not sliders_of(page)
        assert not [one for one in page.get("button_group") if "time" in str(one.proto)]
        assert any(
            text.startswith("This page shows the whole replay, 01 Jul 2025 to") for text in texts_of(page.caption)
        )


def test_the_day_to_plan_again_is_chosen_beside_the_prices(page_of):
    page = page_of("outcome", logic="true")
    assert "hour" not in sliders_of(page)
    assert {"carbon_usd", "water_usd"} <= sliders_of(page)


def test_the_chosen_hour_is_kept_on_a_page_that_does_not_use_it(page_of):
    page = page_of("now")
    page.slider(key="hour").set_value(0).run()
    page.get("button_group")[0].set_value("evidence").run()
    page.get("button_group")[0].set_value("now").run()
    assert page.slider(key="hour").value == 0
