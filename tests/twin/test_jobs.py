import numpy as np
import polars as pl
import pytest
from scipy.special import ndtr, ndtri
from support.real_data import DATA, needs_data

from fleet.domain.clock import weekday
from fleet.domain.job_table import jobs_from_frame, jobs_to_frame
from fleet.domain.region import Region
from fleet.fleets import load_fleet
from fleet.twin.almanac import local_hours
from fleet.twin.jobs import make_jobs, no_jobs

HOURS = 2 * 8_760
TIME = np.datetime64("2024-01-01T00", "h") + np.arange(HOURS)
REGIONS = load_fleet().regions
ARIZONA = REGIONS[0]
QUANTILES = (0.25, 0.5, 0.75, 0.9)
# Mean and standard deviation of the logarithm of lengths [s] in studied clusters: Acme Seren and Kalos, Philly, Helios,
# Alibaba PAI.
CLUSTERS = ((4.80, 2.21), (4.82, 2.15), (6.77, 2.46), (5.33, 2.64), (6.18, 2.14))


@pytest.fixture(scope="module")
def jobs() -> pl.DataFrame:
    return make_jobs([ARIZONA], TIME, seed=7).with_columns(
        slack_h=(pl.col("deadline_utc") - pl.col("earliest_utc")).dt.total_hours() - pl.col("duration_h"),
        gpus=pl.col("name").str.extract(r"on (\d+) GPUs").cast(pl.Int64),
        is_run=pl.col("name").str.starts_with("training"),
    )


@pytest.fixture(scope="module")
def arrivals(jobs: pl.DataFrame) -> np.ndarray:
    """Arrivals in local solar time, (job,)."""
    return local_hours(jobs["earliest_utc"].dt.replace_time_zone(None).to_numpy().astype("datetime64[h]"), -111.98)


def site(jobs_per_day: float) -> Region:
    return ARIZONA.model_copy(update={"twin": ARIZONA.twin.model_copy(update={"jobs_per_day": jobs_per_day})})


def given_an_hour(log_seconds: float, spread: float, quantile: float) -> float:
    """Quantile of lognormal lengths of an hour or more, in hours, rounded up."""
    within = ndtr((np.log(3_600) - log_seconds) / spread)
    return float(np.ceil(np.exp(log_seconds + spread * ndtri(within + quantile * (1 - within))) / 3_600))


def test_jobs_arrive_at_the_stated_rate_busiest_on_weekdays(jobs: pl.DataFrame, arrivals: np.ndarray) -> None:
    # 46 a day for 730 days is 33,580. The Poisson count has a standard deviation of 183. Days that differ by 16 % add
    # 0.16 sqrt(2 / 730) = 0.8 %, or 281. Four times both together are 1,340.
    assert jobs.height == pytest.approx(33_580, abs=1_350)
    per_day = np.bincount(weekday(arrivals), minlength=7)
    assert per_day[:5].min() > 1.4 * per_day[5:].max()
    by_hour = np.bincount(arrivals.astype(int) % 24, minlength=24)
    assert by_hour[12:16].sum() > 2 * by_hour[0:4].sum()


def test_fewer_jobs_a_day_make_fewer_jobs() -> None:
    assert make_jobs([site(2.0)], TIME, seed=7).height == pytest.approx(2 * 730, abs=180)
    assert make_jobs([site(0.0)], TIME, seed=7).equals(no_jobs())


def test_rows_can_be_read_as_jobs_and_written_again(jobs: pl.DataFrame) -> None:
    few = make_jobs(REGIONS, TIME[:200], seed=7)
    assert few.schema == no_jobs().schema
    read = jobs_from_frame(few, table="twin", regions=REGIONS)
    assert read.refused == []
    assert jobs_to_frame(read.jobs).equals(few)
    assert set(few["home_region"]) == {"arizona", "ireland", "wyoming"}


def test_every_window_fits_the_axis_and_ids_are_unique_and_sorted(jobs: pl.DataFrame) -> None:
    start, end = jobs["earliest_utc"].min(), jobs["deadline_utc"].max()
    assert str(start)[:13] >= "2024-01-01 00"
    assert str(end)[:13] <= "2025-12-31 00"
    assert jobs["id"].n_unique() == jobs.height
    assert jobs["id"].is_sorted()
    assert jobs["earliest_utc"].is_sorted()
    assert jobs["id"][0].startswith("arizona-0000")


def test_a_longer_series_begins_with_the_same_jobs_and_another_region_changes_none(jobs: pl.DataFrame) -> None:
    short = make_jobs(REGIONS, TIME[:2_000], seed=7).filter(pl.col("home_region") == "arizona")
    assert short.height > 3_000
    assert short.equals(jobs.select(short.columns).join(short.select("id"), on="id", how="semi"))


@pytest.mark.parametrize("hours", [1, 2, 30])
def test_a_short_series_has_the_jobs_that_end_within_it(hours: int) -> None:
    whole = make_jobs(REGIONS, TIME[:400], seed=7)
    end = (TIME[0] + np.timedelta64(hours, "h")).item()
    assert make_jobs(REGIONS, TIME[:hours], seed=7).equals(
        whole.filter(pl.col("deadline_utc").dt.replace_time_zone(None) <= end)
    )


def test_jobs_depend_on_the_seed() -> None:
    assert make_jobs(REGIONS, TIME[:400], seed=7).equals(make_jobs(REGIONS, TIME[:400], seed=7))
    assert not make_jobs(REGIONS, TIME[:400], seed=7).equals(make_jobs(REGIONS, TIME[:400], seed=8))


def test_jobs_take_an_eighth_of_the_capacity() -> None:
    jobs = make_jobs(REGIONS, TIME, seed=7)
    energy_mwh = (jobs["power_mw"] * jobs["duration_h"]).sum()
    # (46 + 14 + 16) x 365 = 27,740 jobs a year; 13 % of 300 MW x 8,760 h is 342 GWh, with heavy tails.
    assert jobs.height / 2 == pytest.approx(27_740, rel=0.03)
    assert energy_mwh / 2 == pytest.approx(342_000, rel=0.05)


def test_the_stated_share_of_jobs_of_up_to_a_day_may_run_at_home_only(jobs: pl.DataFrame) -> None:
    is_home_only = jobs["regions"].list.len() == 1
    assert set(jobs.filter(is_home_only)["regions"].list.first()) == {"arizona"}
    # 30 % of some 31,000 jobs: a standard error of sqrt(0.3 * 0.7 / 31,000) = 0.3 %.
    assert ARIZONA.twin.home_only_share == 0.3
    assert is_home_only.filter(jobs["duration_h"] <= 24).mean() == pytest.approx(0.3, abs=0.011)
    assert not is_home_only.filter(jobs["duration_h"] > 24).any()


def test_the_share_of_jobs_at_home_changes_nothing_else() -> None:
    free, bound = (
        make_jobs(
            [ARIZONA.model_copy(update={"twin": ARIZONA.twin.model_copy(update={"home_only_share": share})})],
            TIME[:2_000],
            seed=7,
        )
        for share in (0.0, 1.0)
    )
    assert free["regions"].list.len().max() == 0
    assert bound.drop("regions").equals(free.drop("regions"))


def test_lengths_are_those_of_studied_clusters_given_an_hour(jobs: pl.DataFrame) -> None:
    for quantile in QUANTILES:
        studied = [given_an_hour(*cluster, quantile) for cluster in CLUSTERS]
        assert min(studied) <= jobs["duration_h"].quantile(quantile) <= max(studied)
    longer_than_a_day = [1 - ndtr((np.log(86_400) - mu) / s) for mu, s in CLUSTERS]
    longer_than_an_hour = [1 - ndtr((np.log(3_600) - mu) / s) for mu, s in CLUSTERS]
    # Shares of 1.9 to 11 %. The twin also has runs that last for days.
    shares = [day / hour for day, hour in zip(longer_than_a_day, longer_than_an_hour, strict=True)]
    assert min(shares) < (jobs["duration_h"] > 24).mean() < max(shares)
    assert jobs["duration_h"].min() == 2
    assert jobs["duration_h"].max() == 168


def test_a_few_jobs_are_runs_of_days_on_64_to_1024_gpus(jobs: pl.DataFrame) -> None:
    runs = jobs.filter("is_run")
    # 1.5 % of 33,500 is 502, with a standard deviation of 22; the tolerance is five of them.
    assert runs.height / jobs.height == pytest.approx(0.015, abs=0.0033)
    assert set(runs["gpus"]) == {64, 128, 256, 512, 1_024}
    assert runs["duration_h"].median() == pytest.approx(60, abs=12)
    assert jobs.filter(~pl.col("is_run"))["gpus"].max() == 6_144


def test_power_is_about_a_kilowatt_a_gpu(jobs: pl.DataFrame) -> None:
    kw_per_gpu = 1_000 * jobs["power_mw"] / jobs["gpus"]
    # 6.5 / 8 = 0.81 and 8.5 / 8 = 1.06 kW. Powers of 64 GPUs and more are rounded to a kilowatt.
    assert kw_per_gpu.min() > 0.80
    assert kw_per_gpu.max() < 1.08
    assert kw_per_gpu.mean() == pytest.approx((0.81 + 1.06) / 2, abs=0.005)


def test_best_effort_jobs_have_slack_and_half_of_the_others_have_two_hours_at_most(jobs: pl.DataFrame) -> None:
    assert (jobs["priority"] == 0).mean() == pytest.approx(0.32, abs=0.015)
    assert set(jobs["priority"]) == {0, 1, 2}
    assert jobs.filter(pl.col("priority") == 0)["slack_h"].min() == 3
    others = jobs.filter(pl.col("priority") > 0)["slack_h"]
    assert (others <= 2).mean() == pytest.approx(0.5, abs=0.02)
    assert (others.min(), jobs["slack_h"].max()) == (0, 48)


@needs_data
def test_lengths_are_those_of_real_traces_given_an_hour(jobs: pl.DataFrame) -> None:
    trace = pl.read_parquet(DATA / "workload" / "gaia_pai_100k-jobs-year.parquet")["length_h"]
    pods = pl.read_parquet(DATA / "workload" / "alibaba-gpu-v2023_pods_first70pct.parquet")
    lived = (pods["deletion_time_s"] - pods["creation_time_s"]) / 3_600
    bundles = jobs.filter(~pl.col("is_run"))["duration_h"]
    for quantile in QUANTILES:
        real = [lengths.filter(lengths >= 1).ceil().quantile(quantile) for lengths in (trace, lived)]
        # One trace has 2, 3, 6 and 12 h, the other 2, 3, 6 and 17 h.
        assert min(real) <= bundles.quantile(quantile) <= max(real)
    # The twin leaves out jobs of less than an hour: most of the jobs, but little of the work.
    work = trace * pl.read_parquet(DATA / "workload" / "gaia_pai_100k-jobs-year.parquet")["cpus"]
    assert (trace < 1).mean() > 0.5
    assert work.filter(trace < 1).sum() / work.sum() < 0.1


@needs_data
def test_arrivals_swing_by_hour_and_weekend_as_in_a_real_trace(arrivals: np.ndarray) -> None:
    created = pl.read_parquet(DATA / "workload" / "alibaba-gpu-v2023_pods_first70pct.parquet")["creation_time_s"]
    last = created.filter(created > created.max() - 27 * 86_400).to_numpy()  # the trace is sparse before

    def rhythm(hour: np.ndarray) -> tuple[float, float]:
        share = np.bincount(hour, minlength=24) / len(hour)
        six = np.convolve(np.concatenate([share, share]), np.ones(6), "valid")[:24]
        return 2 * abs((share * np.exp(2j * np.pi * np.arange(24) / 24)).sum()), six.max() / six.min()

    swing, peak_to_trough = rhythm((last / 3_600).astype(int) % 24)
    ours, our_peak_to_trough = rhythm(arrivals.astype(int) % 24)
    assert ours == pytest.approx(swing, abs=0.06)
    assert our_peak_to_trough == pytest.approx(peak_to_trough, rel=0.15)
    # The trace does not state its weekend or its time zone. Its weekend is taken as the two consecutive days with the
    # fewest arrivals over three weeks; the ratio is averaged over all hours at which days may begin.
    ratios = []
    for hour in range(24):
        day = ((last + hour * 3_600) // 86_400).astype(int)
        days = np.bincount(day - day.min())[1:-1][-21:].reshape(3, 7).mean(axis=0)
        pairs = days + np.roll(days, -1)
        ratios.append(pairs.min() / 2 / ((days.sum() - pairs.min()) / 5))
    per_day = np.bincount(weekday(arrivals), minlength=7)
    assert per_day[5:].mean() / per_day[:5].mean() == pytest.approx(np.mean(ratios), abs=0.06)
