import dataclasses
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from support.builders import CORRUPTIONS, corrupted, seasonal, series_of, telemetry_of

from fleet.conformal import BANDS
from fleet.domain.join_telemetry import join
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import evaluate
from fleet.evaluation.splits import walk_forward_plan
from fleet.forecasting import FORECASTERS, walk_forward

HOURS = 24 * 150
LOAD = Protocol(target="load")
DUMP = ["region", "origin_utc", "lead_h", "forecast", "lower", "upper", "path_lower", "path_upper", "actual"]


def protocol(**change) -> Protocol:
    return dataclasses.replace(LOAD, **change)


def test_the_dump_has_the_contract_columns_and_one_row_per_origin_and_lead():
    observed = seasonal(HOURS)
    observed[0, 3_000:3_010] = np.nan
    result = evaluate(telemetry_of(observed), protocol(horizon=6))
    frame = result.to_frame()
    assert frame.columns == DUMP
    scores = result.regions[0].scores
    assert frame.height == scores.origins * 6 == scores.scored + scores.gaps
    assert frame["actual"].null_count() == scores.gaps == 10 * 6  # each of the ten hours is the target of six leads
    assert frame["forecast"].is_finite().all()
    for bound in DUMP[4:8]:
        assert frame[bound].null_count() == 0
        assert not frame[bound].is_nan().any()
    assert frame["origin_utc"].dtype == pl.Datetime("ms", "UTC")
    # Rows are in order. The actual value of lead h is the value h hours after the origin.
    assert frame["lead_h"].to_list()[:7] == [1, 2, 3, 4, 5, 6, 1]
    row = frame.row(8, named=True)
    position = int(
        (np.datetime64(row["origin_utc"].replace(tzinfo=None), "h") - np.datetime64("2024-01-01", "h")).astype(int)
    )
    assert row["actual"] == observed[0, position + row["lead_h"]]


def test_the_json_has_the_contract_keys():
    content = evaluate(telemetry_of(seasonal(HOURS)), LOAD).as_dict()
    assert set(content) == {"target", "forecaster", "bands", "confidence", "seconds", "regions"}
    assert set(content["seconds"]) == {"fit", "forecast", "bands"}
    assert set(content["regions"]) == {"r0"}
    assert len(content["regions"]["r0"]["mae_by_lead"]) == 24


def test_the_scores_are_those_of_the_dump():
    result = evaluate(telemetry_of(seasonal(HOURS)), protocol(confidence=0.9))
    scores, frame = result.regions[0].scores, result.to_frame()
    error = (frame["actual"] - frame["forecast"]).abs()
    assert scores.mae == pytest.approx(error.mean())
    assert scores.coverage == pytest.approx(frame["actual"].is_between(frame["lower"], frame["upper"]).mean())
    assert scores.mae < scores.naive_mae
    assert scores.coverage == pytest.approx(0.9, abs=0.05)
    assert scores.path_coverage == pytest.approx(0.9, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("forecaster", FORECASTERS)
@pytest.mark.parametrize("bands", BANDS)
@pytest.mark.parametrize("after", ["2024-05-09T13", "2024-05-01T00"])
def test_values_after_an_origin_do_not_change_its_row(forecaster, bands, after):
    observed = seasonal(HOURS)
    observed[0, 1_000:1_030] = np.nan
    whole = telemetry_of(observed)
    position = whole.position(np.datetime64(after, "h"))
    settings = protocol(forecaster=forecaster, bands=bands, test_start=np.datetime64("2024-04-11T00", "h"), step=3)

    def rows(values):
        # The other column keeps the span if all values of the target are removed.
        telemetry = Telemetry(
            regions=whole.regions, time_utc=whole.time_utc, values={"load": values, "other": np.zeros_like(values)}
        )
        frame = evaluate(telemetry, settings).to_frame()
        return frame.filter(pl.col("origin_utc") <= datetime.fromisoformat(after).replace(tzinfo=UTC)).drop("actual")

    expected = rows(observed.copy())
    assert expected["upper"].is_finite().any()
    assert expected["path_upper"].is_finite().any()
    for corruption in CORRUPTIONS:
        assert rows(corrupted(observed, position, corruption)).equals(expected), corruption


@pytest.mark.slow
def test_a_region_has_the_same_scores_together_and_alone():
    observed = seasonal(HOURS, regions=3)
    observed[1, :500] = np.nan
    observed[2, 3_000:] = np.nan
    together = evaluate(telemetry_of(observed), LOAD)
    for index, name in enumerate(("r0", "r1", "r2")):
        alone = evaluate(telemetry_of(observed).select([name]), LOAD)
        assert alone.to_frame().equals(together.to_frame().filter(pl.col("region") == name))
        assert alone.regions[0].scores == together.regions[index].scores


@pytest.mark.slow
def test_two_joined_files_have_the_scores_of_one_file():
    observed = seasonal(HOURS)
    whole = telemetry_of(observed)
    cut = 1_234
    parts = [telemetry_of(observed[:, cut:], start=str(whole.time_utc[cut])), telemetry_of(observed[:, :cut])]
    assert evaluate(join(parts), LOAD).to_frame().equals(evaluate(whole, LOAD).to_frame())


def test_forecasts_equal_those_of_walk_forward():
    observed = seasonal(HOURS)
    series = series_of(observed)
    plan = walk_forward_plan(series.time_utc, first_known=23, horizon=24, step=1, test_start=None)
    expected = walk_forward(FORECASTERS["blend"](horizon=24), series, plan.origins)[plan.scored]
    np.testing.assert_array_equal(evaluate(telemetry_of(observed), LOAD).regions[0].forecast, expected[:, 0])


def test_the_reference_is_fitted_once_on_january_to_october():
    observed = seasonal(24 * 365)
    settings = Protocol(target="load", split="reference")
    result = evaluate(telemetry_of(observed, start="2023-01-01T00"), settings)
    part = result.regions[0]
    assert part.origin_utc[0] == np.datetime64("2023-12-01T00", "h")
    assert part.scores.origins == 31 * 24 - 24
    # Values of the first half of November change the bands of December, but not its forecasts.
    changed = observed.copy()
    november = slice(304 * 24, 320 * 24)
    changed[0, november] += np.random.default_rng(0).normal(0, 20, 16 * 24)
    again = evaluate(telemetry_of(changed, start="2023-01-01T00"), settings).regions[0]
    np.testing.assert_array_equal(again.forecast, part.forecast)
    assert (again.bands.upper > part.bands.upper).all()


@pytest.mark.slow
def test_a_path_band_is_finite_with_one_origin_per_day():
    part = evaluate(telemetry_of(seasonal(24 * 800)), protocol(step=24)).regions[0]
    assert np.isfinite(part.bands.path_upper).all()


def test_bands_widen_without_observations_and_then_become_infinite():
    observed = seasonal(HOURS)
    silence = 3_200
    observed[0, silence : silence + 60] = np.nan
    part = evaluate(telemetry_of(observed), LOAD).regions[0]
    first = int((part.origin_utc[0] - np.datetime64("2024-01-01", "h")).astype(int))
    margin = part.bands.upper - part.forecast
    last_known = silence - 1 - first
    for age in range(1, 25):
        assert margin[last_known + age, 0] >= margin[last_known, 0] - 1e-9
    assert np.isfinite(part.bands.upper[last_known + 24]).all()
    assert np.isposinf(part.bands.upper[last_known + 25]).all()
    assert np.isneginf(part.bands.path_lower[last_known + 25]).all()
    assert np.isfinite(part.bands.upper[last_known + 61]).all()


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.0, 21.5])
def test_a_constant_series_has_finite_bounds(level):
    part = evaluate(telemetry_of(np.full((1, HOURS), level)), LOAD).regions[0]
    for bound in (part.bands.lower, part.bands.upper, part.bands.path_lower, part.bands.path_upper):
        assert np.isfinite(bound).all()
        np.testing.assert_allclose(bound, level, atol=1e-6)
    assert part.scores.mae == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("horizon", [1, 96])
def test_the_horizon_may_be_shorter_or_longer_than_a_day(horizon):
    part = evaluate(telemetry_of(seasonal(HOURS)), protocol(horizon=horizon, step=7)).regions[0]
    assert part.forecast.shape[1] == horizon
    assert np.isfinite(part.forecast).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"forecaster": "oracle"}, "expected one of seasonal_naive, persistence"),
        ({"bands": "none"}, "bands is 'none'"),
        ({"split": "random"}, "split is 'random'"),
        ({"horizon": 0}, "at least 1 h"),
        ({"step": 0}, "at least 1 h"),
        ({"confidence": 1.0}, "confidence"),
        ({"split": "reference", "test_start": np.datetime64("2023-12-01", "h")}, "leave out the start of the test"),
    ],
)
def test_an_invalid_protocol_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        protocol(**change)


@pytest.mark.slow
def test_each_setting_of_a_protocol_changes_the_result():
    telemetry = telemetry_of(seasonal(24 * 400), start="2023-01-01T00")
    base = evaluate(telemetry, protocol(step=5)).to_frame()
    changes = [
        {"forecaster": "seasonal_naive"},
        {"confidence": 0.8},
        {"horizon": 12},
        {"step": 6},
        {"split": "reference"},
        {"test_start": np.datetime64("2023-10-01", "h")},
    ]
    changes += [{"bands": name} for name in BANDS if name != LOAD.method]
    for change in changes:
        assert not evaluate(telemetry, protocol(**{"step": 5, **change})).to_frame().equals(base), change


def test_a_missing_target_is_refused():
    with pytest.raises(DataError, match="no column price"):
        evaluate(telemetry_of(seasonal(HOURS)), protocol(target="price"))


@pytest.mark.slow
def test_progress_rises_to_one_over_all_regions():
    shares = []
    evaluate(telemetry_of(seasonal(HOURS, regions=2)), LOAD, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
