import numpy as np
import polars as pl
import pytest

from fleet.fleets import load_fleet
from fleet.twin import make_twin

HOURS = 17_544
WARMEST_TENTH_Z = 1.2816


@pytest.fixture(scope="module")
def scored() -> pl.DataFrame:
    """Outlooks beside what happened, with the lead and the error, forecast minus actual."""
    start = np.datetime64("2024-01-01T00", "h")
    twin = make_twin(load_fleet(), start=start, hours=HOURS, seed=5, only=frozenset({"weather"}))
    truth = twin.telemetry.to_frame()
    return twin.outlooks.join(truth, on=["region", "time_utc"], suffix="_actual").with_columns(
        lead_h=(pl.col("time_utc") - pl.col("issued_utc")).dt.total_hours(),
        error_k=pl.col("temperature_c") - pl.col("temperature_c_actual"),
    )


def rmse(frame: pl.DataFrame) -> float:
    return float(np.sqrt((frame["error_k"].to_numpy() ** 2).mean()))


def test_an_outlook_is_issued_every_six_hours_for_the_next_forty_eight(scored: pl.DataFrame) -> None:
    assert set(scored["issued_utc"].dt.hour()) == {0, 6, 12, 18}
    assert (scored["lead_h"].min(), scored["lead_h"].max()) == (0, 47)
    # 17,544 / 6 = 2,924 issues of 48 h, of which the last seven lack 6 + 12 + ... + 42 = 168 h, in three regions
    assert scored.height == 3 * (2_924 * 48 - 168)
    assert scored.select("region", "issued_utc", "time_utc").is_duplicated().sum() == 0


@pytest.mark.parametrize(("region", "at_12_h", "at_48_h"), [("arizona", 1.2, 1.43), ("wyoming", 1.75, 1.96)])
def test_errors_grow_with_lead_as_those_of_the_weather_service(
    scored: pl.DataFrame, region: str, at_12_h: float, at_48_h: float
) -> None:
    own = scored.filter(pl.col("region") == region)
    near, far = (rmse(own.filter(pl.col("lead_h").is_between(*span))) for span in ((10, 14), (44, 47)))
    assert near == pytest.approx(at_12_h, rel=0.2)
    assert far == pytest.approx(at_48_h, rel=0.2)
    assert far > near


def test_errors_have_heavy_tails_no_bias_and_a_season(scored: pl.DataFrame) -> None:
    phoenix = scored.filter(pl.col("region") == "arizona")
    error = phoenix["error_k"].to_numpy()
    assert abs(error.mean()) < 0.15
    assert (error**4).mean() / (error**2).mean() ** 2 > 5
    month = phoenix["time_utc"].dt.month()
    assert rmse(phoenix.filter(month.is_in([7, 8]))) > 1.4 * rmse(phoenix.filter(month.is_in([4, 5])))


def test_unusual_warmth_is_forecast_too_cool(scored: pl.DataFrame) -> None:
    for region in ("arizona", "ireland", "wyoming"):
        own = scored.filter(pl.col("region") == region)
        season_and_hour = [pl.col("time_utc").dt.month(), pl.col("time_utc").dt.hour()]
        actual = pl.col("temperature_c_actual")
        z = (actual - actual.mean().over(season_and_hour)) / actual.std().over(season_and_hour)
        warm = own.filter(z > WARMEST_TENTH_Z)
        # 0.9 K where the anomaly is known exactly; less with it estimated from two years
        assert -1.3 < warm["error_k"].mean() < -0.5  # type: ignore[operator]


def test_errors_of_one_issue_last_for_hours(scored: pl.DataFrame) -> None:
    error = scored.filter(pl.col("region") == "ireland", pl.col("issued_utc").dt.year() == 2024)["error_k"].to_numpy()
    by_issue = error.reshape(-1, 48)
    assert np.corrcoef(by_issue[:, 12], by_issue[:, 13])[0, 1] > 0.8
    assert np.corrcoef(by_issue[:, 0], by_issue[:, 47])[0, 1] < 0.3


def test_forecasts_are_physical(scored: pl.DataFrame) -> None:
    assert (scored["dew_point_c"] <= scored["temperature_c"]).all()
    assert (scored["wind_speed_m_s"] >= 0).all()
