from support.frames import outcome

from fleet.dashboard.data import (
    OPTIMISED,
    FootprintTotals,
    comparison_sentences,
    footprint_metrics,
    jobs_that_ran,
    like_for_like,
    load_sentence,
    policy_label,
    prices_sentence,
    safety_metrics,
    water_price_sentence,
)
from fleet.fleets import load_fleet
from fleet.placement import DEFAULT_POLICY, POLICIES


def totals(*, carbon_t=100.0, water_m3=1000.0, cost_usd=5000.0, served_mwh=200.0, job_mw=None):
    return FootprintTotals(
        carbon_t=carbon_t,
        water_m3=water_m3,
        cost_usd=cost_usd,
        served_mwh=served_mwh,
        job_mw=job_mw or {},
        missing_hours=0,
    )


def by_label(metrics):
    return {metric.label: metric for metric in metrics}


def test_the_optimised_policy_has_other_values_and_shows_differences():
    before, after = totals(), totals(carbon_t=90.0, water_m3=400.0, cost_usd=4000.0, served_mwh=190.0)
    off = by_label(footprint_metrics(before, before, optimised=False))
    on = by_label(footprint_metrics(before, after, optimised=True))
    assert all(metric.delta is None for metric in off.values())
    assert (off["Water, m³"].value, on["Water, m³"].value) == ("1,000", "400")
    assert on["Water, m³"].delta == "-600 (-60.0 %)"
    assert (off["Water saved, L"].value, on["Water saved, L"].value) == ("0", "600,000")
    assert on["Energy served, MWh"].delta == "-10 (-5.0 %)"
    assert not on["Energy served, MWh"].lower_is_better
    # 5000 / 200 and 4000 / 190.
    assert (off["Cost, USD per MWh"].value, on["Cost, USD per MWh"].value) == ("25.0", "21.1")


def test_more_water_is_a_negative_saving():
    on = by_label(footprint_metrics(totals(), totals(water_m3=1001.0), optimised=True))
    assert on["Water saved, L"].value == "-1,000"


def test_nothing_served_has_no_rate():
    nothing = totals(carbon_t=0.0, water_m3=0.0, cost_usd=0.0, served_mwh=0.0)
    on = by_label(footprint_metrics(totals(), nothing, optimised=True))
    assert on["Carbon, kg CO₂ per MWh"].value == "none"
    assert on["Carbon, kg CO₂ per MWh"].delta is None


def test_a_sentence_says_that_carbon_rises_while_water_falls():
    sentences = comparison_sentences(totals(), totals(carbon_t=110.0, water_m3=500.0))
    assert sentences[0] == "In total, carbon rises by 10.0 % while water falls by 50.0 %."


def test_sentences_say_that_a_total_falls_while_the_rate_rises():
    # 90 t for half the energy: 10 % less in total, 80 % more per MWh.
    sentences = comparison_sentences(totals(), totals(carbon_t=90.0, water_m3=100.0, served_mwh=100.0))
    assert sentences[0] == "In total, carbon falls by 10.0 % and water falls by 90.0 %."
    assert sentences[1] == "Per served MWh, carbon rises by 80.0 % while water falls by 80.0 %."


def test_water_of_work_that_did_not_run_is_separated_from_water_of_work_that_moved():
    sentences = comparison_sentences(totals(), totals(water_m3=400.0, served_mwh=150.0))
    assert (
        sentences[2]
        == "The optimised policy ran less work in these hours: 150 MWh of jobs against 200 MWh (25.0 % less)."
    )
    # A quarter of 1000 m3 belongs to work that did not run; the other 350 of the 600 saved m3 to work that moved.
    assert "250 m³ less because less work ran, and 350 m³ less because the other work ran" in sentences[3]


def test_the_saved_water_has_its_price_in_carbon_for_the_same_energy():
    # Half the energy: 100 t and 1000 m3 become 50 t and 500 m3. 10 t more for 400 m3 less are 25 kg for each m3.
    moved = totals(carbon_t=60.0, water_m3=100.0, served_mwh=100.0)
    assert water_price_sentence(totals(), moved) == "Each m³ of saved water costs 25.0 kg of CO₂."
    assert water_price_sentence(totals(), totals(carbon_t=90.0, water_m3=500.0)) == "The saved water costs no carbon."
    assert water_price_sentence(totals(), totals(water_m3=1100.0)) == ""


def test_a_sentence_says_that_the_work_is_equal():
    assert comparison_sentences(totals(), totals(water_m3=900.0))[2].startswith("Both policies ran about the same work")


def test_a_policy_that_ran_nothing_is_not_compared():
    nothing = totals(carbon_t=0.0, water_m3=0.0, cost_usd=0.0, served_mwh=0.0)
    assert "cannot be compared" in comparison_sentences(nothing, totals())[0]


def test_breach_rates_have_their_counts():
    optimised = outcome(breach_rate=0.002, breached_jobs=2, approved=950, denied=50, unserved_mwh=120.0)
    on = by_label(safety_metrics(outcome(), optimised, optimised=True))
    assert on["Jobs in breach"].value == "0.2 %"
    assert on["Jobs in breach"].note == "2 of 950 judged jobs"
    assert on["Jobs in breach"].delta == "-24.8 points"
    assert on["Energy not served, MWh"].delta == "+120"
    off = by_label(safety_metrics(outcome(), outcome(), optimised=False))
    assert off["Contested jobs in breach"].note == "200 of 400 judged contested jobs"
    assert off["Jobs in breach"].delta is None


def test_a_job_that_was_withdrawn_did_not_run():
    lost = outcome(approved=950, denied=50, withdrawn=30)
    on = by_label(safety_metrics(outcome(), lost, optimised=True))
    assert on["Jobs in breach"].note == "250 of 920 judged jobs"
    assert on["Energy not served, MWh"].note == "80 of 1,000 jobs never ran"


def test_every_policy_has_its_own_label_and_the_default_policy_is_the_optimised_one():
    labels = [policy_label(policy) for policy in POLICIES]
    assert len(set(labels)) == len(labels)
    assert not set(labels) & set(POLICIES)
    assert OPTIMISED == DEFAULT_POLICY
    assert [label for label in labels if label.startswith("Optimised")] == [policy_label(DEFAULT_POLICY)]
    assert policy_label("another") == "another"


def test_a_rate_that_rounds_to_zero_is_not_shown_as_zero():
    few = outcome(breach_rate=12 / 26_912, breached_jobs=12)
    assert by_label(safety_metrics(few, few, optimised=False))["Jobs in breach"].value == "< 0.1 %"


def test_a_rate_without_jobs_is_no_number():
    none = outcome(contested_breach_rate=None, contested_breached=0, contested_approved=0)
    assert by_label(safety_metrics(none, none, optimised=True))["Contested jobs in breach"].value == "none ran"


def test_the_load_sentence_names_every_region():
    sentence = load_sentence(load_fleet(), totals(job_mw={"arizona": 12.0}), totals(job_mw={"wyoming": 3.0}))
    assert "Arizona 12.0 → 0.0 MW, Ireland 0.0 → 0.0 MW, Wyoming 0.0 → 3.0 MW" in sentence


def test_the_prices_sentence_names_every_scarcity_factor():
    assert "scarcity factor (Arizona 10, Ireland 1, Wyoming 2)" in prices_sentence(load_fleet())


def test_jobs_that_no_actual_value_judged_are_not_counted_beside_a_rate():
    cells = [{"approved": 300}, {"approved": 60}]
    gap = outcome(unjudged_jobs=100, contested_cells=cells)
    shown = by_label(safety_metrics(gap, gap, optimised=False))
    assert shown["Jobs in breach"].note.endswith(f"of {jobs_that_ran(gap) - 100} judged jobs")
    assert shown["Contested jobs in breach"].note == "200 of 360 judged contested jobs"


def test_a_period_without_jobs_has_no_difference_that_is_not_a_number():
    nothing = totals(carbon_t=0.0, water_m3=0.0, cost_usd=0.0, served_mwh=0.0)
    assert [metric.delta for metric in like_for_like(nothing, nothing, optimised=True)] == [None] * 3
