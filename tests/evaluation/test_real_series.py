"""Forecasts and bands of eight real series."""

import numpy as np
import pytest
from support.real_data import DATA, needs_data

from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import evaluate
from fleet.sources import table

pytestmark = needs_data

DAY = 24
# Series -> column, hours between origins, and whether the forecast beats the naive forecast.
SERIES = {
    "weather/isd_us-az-phoenix_2017-2018": ("temp_c", 1, True),
    "weather/isd_us-wy-cheyenne_2017-2018": ("temp_c", DAY, True),
    "weather/metie_ie-dublin-phoenix-park_2007-2014": ("temp_c", DAY, True),
    "carbon/eirgrid_ie_2018-2021": ("co2_intensity_g_per_kwh", DAY, True),
    "carbon/em_us-cal-ciso_2021-2023": ("ci_lca_gco2eq_per_kwh", DAY, True),
    "carbon/emlca_us-nw-wacm_2022q1-q3": ("ci_lca_gco2eq_per_kwh", DAY, True),
    "prices/price_us-cal-ciso_2020-2023": ("price_usd_per_mwh", DAY, True),
    # Batch jobs have no daily rhythm, so no forecast from the past beats the latest day.
    "workload/gpu_cbsugpu07_to-2024": ("gpu_power_w_mean", DAY, False),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SERIES)
def test_a_real_series_is_forecast_and_bounded(name):
    target, step, beats_naive = SERIES[name]
    telemetry = table.read([DATA / f"{name}.parquet"])
    part = evaluate(telemetry, Protocol(target=target, step=step)).regions[0]
    scores = part.scores
    assert np.isfinite(part.forecast).all()
    for bound in (part.bands.lower, part.bands.upper, part.bands.path_lower, part.bands.path_upper):
        assert not np.isnan(bound).any()
    assert scores.scored + scores.gaps == scores.origins * 24
    position = [telemetry.position(hour) for hour in part.origin_utc]
    target_hours = np.array(position)[:, None] + np.arange(1, 25)
    assert scores.gaps == np.isnan(telemetry.values[target][0, target_hours]).sum()
    # Seasons are not exchangeable, so the coverage may be below the confidence. Far below, there is a bug.
    assert scores.coverage > 0.9
    assert scores.path_coverage > 0.85
    if beats_naive:
        assert scores.mae < 0.95 * scores.naive_mae


def test_a_column_that_begins_a_year_late_is_evaluated_on_its_own_history():
    telemetry = table.read([DATA / "grid/tep_us-az-tucson_2023-2024h1.parquet"])
    part = evaluate(telemetry, Protocol(target="wholesale_price_usd_per_mwh", step=DAY)).regions[0]
    # The column begins at 2024-01-01T07. The last third of its 4,361 h is 1,453 h, or 60 days.
    assert part.scores.origins == 60
