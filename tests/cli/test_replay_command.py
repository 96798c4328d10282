"""`fleet replay`."""

import json

import polars as pl
import pytest
import yaml
from support.commands import assert_refused, runner
from support.sites import calm, fleet_of, hour, job, region

from fleet.domain.job_table import jobs_to_frame
from fleet.replay import breakdown, policy_player
from fleet.storage.files import write_frame
from fleet.storage.workspace import Workspace
from fleet.workflows.workspace_contents import contents_of

FLEET = fleet_of(region("alpha"), region("beta"))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replay")
    write_frame(folder / "telemetry.parquet", calm(FLEET).to_frame())
    write_frame(folder / "jobs.parquet", jobs_to_frame([job(f"j{index}") for index in range(3)]))
    (folder / "fleet.yaml").write_text(yaml.safe_dump(FLEET.model_dump(mode="json")))
    return folder


@pytest.fixture
def replayed(monkeypatch, capsys, files):
    run = runner(monkeypatch, capsys)

    def with_words(*words, telemetry=files / "telemetry.parquet"):
        inputs = ("--telemetry", telemetry, "--jobs", files / "jobs.parquet", "--fleet", files / "fleet.yaml")
        return run("replay", *inputs, "--full", *words)

    return with_words


@pytest.mark.slow
def test_policies_are_compared_and_the_oracle_is_added(replayed, tmp_path):
    result = replayed("--policies", "greedy, home_region", "--test-start", "2024-05-10", "--json", tmp_path / "x.json")
    assert result.code == 0, result
    content = json.loads((tmp_path / "x.json").read_text())
    assert list(content["policies"]) == ["greedy", "home_region", "oracle"]
    assert content["policies"]["greedy"]["approved"] == 3
    # The approvals are too few for a bound below one.
    assert content["policies"]["greedy"]["breach_bound"] == 1.0
    assert content["policies"]["home_region"]["breach_bound"] is None
    # Jobs that differ only in their id are an array, which is one approval.
    assert content["policies"]["greedy"]["controller"]["alpha"]["resolved"] == 1
    assert content["policies"]["home_region"]["controller"] is None
    assert content["test_start_utc"] == "2024-05-10T00:00Z"
    for words in ("greedy", "oracle", "3 / 3", "breached / judged", "carbon and water", "times the"):
        assert words in result.out


@pytest.mark.slow
def test_invalid_rows_are_listed_and_the_other_jobs_are_replayed(replayed, tmp_path):
    large = [job(f"large{index}", power_mw=11.0) for index in range(4)]
    write_frame(tmp_path / "some.parquet", jobs_to_frame([job("a"), *large]))
    words = ("--jobs", tmp_path / "some.parquet", "--policies", "home_region", "--test-start", "2024-05-10")
    result = replayed(*words, "--json", tmp_path / "x.json")
    assert result.code == 0, result
    content = json.loads((tmp_path / "x.json").read_text())
    assert content["policies"]["home_region"]["jobs"] == 1
    assert [refusal["job_id"] for refusal in content["refused"]] == ["large0", "large1", "large2", "large3"]
    assert "4 invalid rows were refused: job large0: power_mw is 11, expected at most 10" in result.out
    assert "and 1 more" in result.out


def test_a_table_without_a_valid_row_is_refused(replayed, tmp_path):
    write_frame(tmp_path / "none.parquet", jobs_to_frame([job("large", power_mw=11.0)]))
    assert_refused(replayed("--jobs", tmp_path / "none.parquet"), "every job is refused; job large: power_mw is 11")


@pytest.mark.slow
def test_contested_jobs_are_counted_by_region_and_season_and_the_weakest_place_is_named(
    replayed, tmp_path, monkeypatch
):
    monkeypatch.setattr(breakdown, "MIN_JOBS", 3)
    # The load of 6 MW and 3.9 MW of jobs leave less than 5 % of 10 MW. So the jobs are contested, but do not breach.
    full = [job(f"j{index}", power_mw=1.3, deadline_utc=hour("2024-05-20T03")) for index in range(3)]
    write_frame(tmp_path / "full.parquet", jobs_to_frame(full))
    words = ("--jobs", tmp_path / "full.parquet", "--policies", "home_region,greedy", "--test-start", "2024-05-10")
    result = replayed(*words, "--json", tmp_path / "x.json")
    assert "alpha, Mar-May" in result.out
    assert "0 / 3" in result.out
    assert "greedy is weakest in alpha, Mar-May: 0 of 3 judged contested jobs breached" in " ".join(result.out.split())
    cells = json.loads((tmp_path / "x.json").read_text())["policies"]["greedy"]["contested_cells"]
    assert [(cell["region"], cell["season"], cell["approved"], cell["mwh"]) for cell in cells] == [
        ("alpha", "Mar-May", 3, pytest.approx(3 * 1.3 * 2))
    ]


@pytest.fixture
def crowded(replayed, tmp_path):
    """Replays forty jobs of 1 MW in the same two hours at alpha, which has 4 MW of headroom."""
    many = [job(f"j{index:02}", deadline_utc=hour("2024-05-20T03")) for index in range(40)]
    write_frame(tmp_path / "many.parquet", jobs_to_frame(many))

    def with_words(*words):
        return replayed("--jobs", tmp_path / "many.parquet", "--test-start", "2024-05-10", *words)

    return with_words


@pytest.mark.slow
def test_the_tables_show_unserved_energy_and_cost_of_each_policy(crowded):
    result = crowded("--policies", "home_region,priced")
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in result.out.splitlines() if "│" in line]
    priced = [row[1:] for row in cells if row[0] == "priced"]
    # Four jobs run in each region. The other 32 jobs, of 2 MWh each, do not run.
    assert priced[0] == ["8", "0", "0", "32", "0", "0", "0.0", "0"]
    assert priced[1][0] == "0 / 8"
    assert priced[3] == ["32 / 64", "0 / 0", "32 / 64", "0 / 0", "0 / 0"]
    home = [row[1:] for row in cells if row[0] == "home_region"]
    assert home[1][0] == "40 / 40"
    # The policy saves nothing against itself.
    assert (home[4][3:5], home[5][2:4]) == (["0", "0.0"], ["0", "0.0"])
    assert "USD for each MWh that is not served" in result.out
    words = " ".join(result.out.split())
    assert "than home_region [" in words
    assert "and its contested jobs breach 100.00 percentage points less [" in words


@pytest.mark.slow
def test_comparisons_need_the_default_policy_and_savings_need_home_region(replayed):
    result = replayed("--policies", "greedy", "--test-start", "2024-05-10")
    assert "priced costs" not in result.out
    assert "at the rates per MWh of home_region" not in result.out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["jobs.parquet", "jobs.csv"])
def test_the_dump_has_a_row_per_policy_and_job(crowded, tmp_path, name):
    result = crowded("--policies", "home_region", "--dump", tmp_path / name)
    assert result.code == 0, result
    read = pl.read_parquet if name.endswith("parquet") else pl.read_csv
    frame = read(tmp_path / name)
    assert frame["policy"].value_counts().sort("policy").rows() == [("home_region", 40), ("oracle", 40)]
    home = frame.filter(policy="home_region")
    assert home["breached"].all()
    assert home["breach_limit"].unique().to_list() == ["it"]


@pytest.mark.slow
def test_drill_lists_the_breached_jobs_and_groups_them(crowded):
    result = crowded("--policies", "home_region", "--drill", "home_region:alpha:Mar-May")
    assert result.code == 0, result
    assert (
        "home_region, alpha, Mar-May: 40 of 40 judged jobs breached a limit, among them 40 of 40 contested jobs"
        in result.out
    )
    # 6 + 40 MW are 36 MW above the limit of 10 MW, in both hours of each job.
    first = next(line for line in result.out.splitlines() if "j00" in line)
    for word in ("2024-05-20T01:00Z", "alpha", "1.00 x 2", " it ", "36.00", "2 │"):
        assert word in first
    assert "j29" in result.out
    assert "j30" not in result.out
    assert "and 10 more" in result.out
    shared = next(line for line in result.out.splitlines() if "2024-05-20 " in line)
    assert [cell.strip() for cell in shared.strip("│").split("│")] == ["2024-05-20", "alpha", "it", "40", "80"]


@pytest.mark.slow
def test_drill_states_that_no_job_breached(crowded):
    result = crowded("--policies", "home_region", "--drill", "home_region:beta")
    assert result.code == 0, result
    assert "home_region, beta: 0 of 0 judged jobs breached a limit" in result.out
    assert "breached jobs by day" not in result.out


@pytest.mark.slow
def test_ablate_adds_variants_of_the_default_policy(replayed, tmp_path, monkeypatch):
    all_variants = policy_player.variants
    names = ("no deferral", "no other regions")
    monkeypatch.setattr(
        policy_player, "variants", lambda settings: {name: all_variants(settings)[name] for name in names}
    )
    words = ("--policies", "home_region", "--test-start", "2024-05-19", "--ablate", "--json", tmp_path / "x.json")
    result = replayed(*words)
    assert "priced, one component changed at a time" in result.out
    assert list(json.loads((tmp_path / "x.json").read_text())["ablation"]) == list(names)
    for name in names:
        assert name in result.out


def test_the_help_names_the_policies(replayed):
    result = " ".join(replayed("--help").out.replace("│", " ").split())
    assert "current_conditions, point_forecast, fixed_margin, greedy, priced, far_oracle; default all." in result
    assert "The oracle, which knows the next 24 hours, is always added." in result


@pytest.mark.slow
def test_a_history_that_is_too_short_for_bounds_is_reported(replayed, tmp_path):
    short = tmp_path / "short.parquet"
    write_frame(short, calm(FLEET, 70).to_frame())
    arriving = [job("j", earliest_utc=hour("2024-03-05T01"), deadline_utc=hour("2024-03-05T07"))]
    write_frame(tmp_path / "jobs.parquet", jobs_to_frame(arriving))
    words = ("--jobs", tmp_path / "jobs.parquet", "--test-start", "2024-03-05", "--policies", "greedy")
    result = replayed(*words, "--json", tmp_path / "x.json", telemetry=short)
    assert result.code == 0, result
    content = json.loads((tmp_path / "x.json").read_text())
    assert content["policies"]["greedy"]["denied_by_limit"]["unknown"] == 1
    # Six days of origins from 5 March on, without the last hour, in two regions and 24 hours ahead.
    assert content["unbounded"]["region_hours"] == (6 * 24 - 1) * 2 * 24
    assert "no finite bound in 6,864 of 6,864 hours of a region 1 to 24 h ahead" in result.out
    assert "a bound needs about 120 days of history" in result.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--policies", "magic"), "policy 'magic' is unknown"),
        (("--policies", ""), "policy '' is unknown"),
        (("--test-start", "2030-01-01"), "outside the telemetry"),
        (("--test-start", "2024-05-28"), "none of the 3 jobs"),
        (("--confidence", "0"), "confidence"),
        (("--dump", "x.txt"), "x.txt has suffix '.txt', expected .parquet or .csv"),
        (("--drill", "magic"), "policy 'magic' is not replayed, expected one of home_region"),
        (
            ("--policies", "greedy", "--drill", "priced"),
            "policy 'priced' is not replayed, expected one of greedy, oracle",
        ),
        (("--drill", "priced:gamma"), "region 'gamma' is not replayed, expected one of alpha, beta"),
        (("--drill", "priced:alpha:spring"), "season 'spring' is not replayed, expected one of Dec-Feb, Mar-May"),
        (("--drill", "priced:alpha:Mar-May:x"), "has 4 parts, expected POLICY[:REGION[:SEASON]]"),
    ],
)
def test_an_option_that_cannot_be_honoured_is_refused(replayed, tmp_path, words, message):
    assert_refused(replayed(*words, "--json", tmp_path / "x.json"), message)
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_ends_with_two(replayed, monkeypatch, capsys):
    assert replayed("--magic").code == 2
    assert runner(monkeypatch, capsys)("replay").code == 2


@pytest.mark.slow
def test_a_replay_of_own_data_is_recorded_for_the_pages_with_its_fleet(monkeypatch, capsys, files, tmp_path):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    run, home = runner(monkeypatch, capsys), tmp_path / "home"
    words = ("--jobs", files / "jobs.parquet", "--fleet", files / "fleet.yaml", "--test-start", "2024-05-10")
    assert_refused(run("replay", *words), "--telemetry FILE")
    assert_refused(run("replay", *words, "--home", home), "fleet ingest table")
    result = run("replay", *words, "--telemetry", files / "telemetry.parquet", "--home", home)
    assert result.code == 0, result
    # Ten lines, and one that names the workspace.
    assert len(result.out.splitlines()) <= 11
    assert "`--full` prints all tables" in result.out
    contents = contents_of(Workspace(home))
    assert contents.fleet == FLEET
    assert (str(contents.replay_from), contents.stored_to) == ("2024-05-10T00", None)
    assert run("report", "--home", home).code == 0
    # The workspace remembers the fleet, and refuses the replay of another one.
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(fleet_of(region("gamma")).model_dump(mode="json")))
    other = run("replay", *words[:2], "--fleet", tmp_path / "other.yaml", "--home", home)
    assert_refused(other, "record the replay in another folder")


def test_a_replay_without_the_default_policy_cannot_be_recorded(monkeypatch, capsys, files, tmp_path):
    words = ("--jobs", files / "jobs.parquet", "--fleet", files / "fleet.yaml", "--policies", "greedy")
    assert_refused(runner(monkeypatch, capsys)("replay", *words, "--home", tmp_path), "name it in --policies")
