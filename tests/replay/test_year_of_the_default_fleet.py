"""The year that `make demo` replays: what the packaged fleet is meant to show, judged by the actual values."""

import numpy as np
import pytest

from fleet.fleets import load_fleet
from fleet.physics.limits import COOLING, GRID, code_of
from fleet.physics.limits.base import EnvelopeLimit
from fleet.physics.water import water_l_per_kwh
from fleet.quality.gate import hold
from fleet.replay.closed_loop import Replay, ReplayOptions, replay_policies
from fleet.replay.run import Run
from fleet.sources import table
from fleet.twin.assemble import ALL_PARTS
from fleet.units import HOURS_PER_YEAR
from fleet.workflows.open_workspace import read_jobs
from fleet.workflows.twin_run import JOBS, OUTLOOKS, TELEMETRY, TwinRun, write_twin

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("year of the default fleet")]
FLEET = load_fleet()


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Policy `priced` is Project Forge logic on, `home_region` is logic off."""
    out = tmp_path_factory.mktemp("year")
    start = np.datetime64("2024-01-01T00", "h")
    write_twin(TwinRun(fleet=FLEET, start=start, hours=2 * HOURS_PER_YEAR + 24, seed=7, parts=ALL_PARTS), out)
    outlooks = table.read_outlooks(out / OUTLOOKS, any_column=False)
    checked = hold(table.read([out / TELEMETRY], any_column=False), fleet=FLEET, outlooks=outlooks)
    options = ReplayOptions(policies=("home_region", "fixed_margin", "priced"), outlooks=checked.outlooks)
    return replay_policies(checked.telemetry, read_jobs(out / JOBS, FLEET).jobs, FLEET, options)


def july(replay: Replay) -> np.ndarray:
    """(hour,) whether the hour is in July of the replayed year."""
    hours = replay.telemetry.time_utc
    return (hours.astype("datetime64[M]").astype(int) % 12 == 6) & (hours > replay.prepared.origin_utc[0])


def july_water_m3(replay: Replay, run: Run) -> float:
    """On-site water of the fleet, base load included."""
    total_mw = replay.actuals.base_load_mw + run.job_mw
    rates = [
        water_l_per_kwh(weather.state, load_mw)
        for weather, load_mw in zip(replay.actuals.weather, total_mw, strict=True)
    ]
    # 1 L/kWh times 1 MWh is 1 m3.
    return float((np.stack(rates) * total_mw)[:, july(replay)].sum())


def test_jobs_take_about_a_third_of_the_it_energy(replay: Replay) -> None:
    jobs_mwh = replay.runs["home_region"].job_mw.sum()
    base_mwh = replay.actuals.base_load_mw[:, replay.telemetry.time_utc > replay.prepared.origin_utc[0]].sum()
    assert jobs_mwh / (jobs_mwh + base_mwh) == pytest.approx(1 / 3, abs=0.03)


def test_in_july_the_logic_moves_load_from_arizona_to_wyoming_and_the_fleets_water_falls(replay: Replay) -> None:
    home, priced = replay.runs["home_region"], replay.runs["priced"]
    moved_mwh = (priced.job_mw - home.job_mw)[:, july(replay)].sum(axis=1)
    at_home_mwh = home.job_mw[0, july(replay)].sum()
    assert moved_mwh[0] < -at_home_mwh / 2
    assert moved_mwh[2] > at_home_mwh / 3
    assert july_water_m3(replay, priced) < 0.85 * july_water_m3(replay, home)


def test_at_most_a_twentieth_of_the_energy_stays_unserved_and_less_than_with_a_fixed_margin(replay: Replay) -> None:
    served = {name: outcome.resources.served_share for name, outcome in replay.outcomes.items()}
    assert served["priced"] >= 0.95
    assert served["priced"] > served["fixed_margin"]


def test_of_the_jobs_of_july_at_most_a_twentieth_of_the_energy_stays_unserved(replay: Replay) -> None:
    run = replay.runs["priced"]
    month = run.work.earliest_h.astype("datetime64[h]").astype("datetime64[M]").astype(int) % 12
    of_july_mwh = np.where(month == 6, run.work.power_mw * run.work.duration_h, 0.0)
    assert of_july_mwh[~run.placed].sum() <= 0.05 * of_july_mwh.sum()


def test_heat_contests_at_least_a_quarter_of_the_contested_jobs(replay: Replay) -> None:
    run = replay.runs["priced"]
    contested = run.contested_judged
    assert contested.sum() > 500
    assert (contested & run.near_temperature_limit).sum() >= contested.sum() / 4


def test_the_promise_holds_by_job_by_energy_and_in_heat(replay: Replay) -> None:
    breaches, run = replay.outcomes["priced"].breaches, replay.runs["priced"]
    assert breaches.contested_breach_interval_95[1] < 0.05
    assert breaches.contested_breach_rate_mwh < 0.05
    assert run.breached[run.contested_judged & run.near_temperature_limit].mean() < 0.05


@pytest.mark.parametrize(("region", "limit"), [(1, COOLING), (2, GRID)])
def test_irelands_air_and_wyomings_grid_bind_at_times(replay: Replay, region: int, limit: EnvelopeLimit) -> None:
    actuals = replay.actuals
    total_mw = actuals.base_load_mw[region] + replay.runs["priced"].job_mw[region]
    is_near = (total_mw > 0.95 * actuals.safe_load_mw[region]) & (actuals.binding[region] == code_of(limit))
    assert is_near[replay.telemetry.time_utc > replay.prepared.origin_utc[0]].sum() >= 3
