"""`fleet replay`."""

import json

import polars as pl
import pytest
import yaml
from support.commands import assert_refused, runner
from support.sites import calm, fleet_of, hour, job, region

from fleet.domain.job_table import jobs_to_frame
from fleet.replay import breakdown, closed_loop
from fleet.storage.files import write_frame

FLEET = fleet_of(region("alpha"), region("beta"))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    where = tmp_path_factory.mktemp("replay")
    write_frame(where / "telemetry.parquet", calm(FLEET).to_frame())
    write_frame(where / "jobs.parquet", jobs_to_frame([job(f"j{index}") for index in range(3)]))
    (where / "fleet.yaml").write_text(yaml.safe_dump(FLEET.model_dump(mode="json")))
    return where


@pytest.fixture
def replayed(monkeypatch, capsys, files):
    run = runner(monkeypatch, capsys)

    def with_words(*words, telemetry=files / "telemetry.parquet"):
        own = (
            "--telemetry",
            telemetry,
            "--jobs",
            files / "jobs.parquet",
            "--fleet",
            files / "fleet.yaml",
        )
        return run("replay", *own, *words)

    return with_words


def test_policies_stand_side_by_side_with_the_oracle(replayed, tmp_path):
    said = replayed("--policies", "greedy, home_region", "--test-start", "2024-05-10", "--json", tmp_path / "x.json")
    assert said.code == 0, said
    content = json.loads((tmp_path / "x.json").read_text())
    assert list(content["policies"]) == ["greedy", "home_region", "oracle"]
    assert content["policies"]["greedy"]["approved"] == 3
    # Three approvals are too few for a bound that says anything.
    assert content["policies"]["greedy"]["breach_bound"] == 1.0
    assert content["policies"]["home_region"]["breach_bound"] is None
    assert content["policies"]["greedy"]["controller"]["alpha"]["resolved"] == 3
    assert content["policies"]["home_region"]["controller"] is None
    assert content["test_start_utc"] == "2024-05-10T00:00Z"
    for words in ("greedy", "oracle", "3 / 3", "breached / ran", "carbon and water", "times the"):
        assert words in said.out


def test_refused_jobs_are_told_and_the_others_replayed(replayed, tmp_path):
    large = [job(f"large{index}", power_mw=11.0) for index in range(4)]
    write_frame(tmp_path / "some.parquet", jobs_to_frame([job("a"), *large]))
    words = ("--jobs", tmp_path / "some.parquet", "--policies", "home_region", "--test-start", "2024-05-10")
    said = replayed(*words, "--json", tmp_path / "x.json")
    assert said.code == 0, said
    content = json.loads((tmp_path / "x.json").read_text())
    assert content["policies"]["home_region"]["jobs"] == 1
    assert [each["job_id"] for each in content["refused"]] == ["large0", "large1", "large2", "large3"]
    assert "4 refused: job large0: power_mw is 11, expected at most 10" in said.out
    assert "and 1 more" in said.out


def test_a_table_of_refused_jobs_alone_is_not_replayed(replayed, tmp_path):
    write_frame(tmp_path / "none.parquet", jobs_to_frame([job("large", power_mw=11.0)]))
    assert_refused(replayed("--jobs", tmp_path / "none.parquet"), "every job is refused; job large: power_mw is 11")


def test_contested_approvals_are_told_by_region_and_season_and_the_weakest_place_in_words(
    replayed, tmp_path, monkeypatch
):
    monkeypatch.setattr(breakdown, "LEAST_JOBS", 3)
    # Six of 10 MW are taken and 3.9 more leave less than 5 % to the limit: contested, and with no surprise no breach.
    full = [job(f"j{index}", power_mw=1.3, deadline_utc=hour("2024-05-20T03")) for index in range(3)]
    write_frame(tmp_path / "full.parquet", jobs_to_frame(full))
    words = ("--jobs", tmp_path / "full.parquet", "--policies", "home_region,greedy", "--test-start", "2024-05-10")
    said = replayed(*words, "--json", tmp_path / "x.json")
    assert "alpha, Mar-May" in said.out
    assert "0 / 3" in said.out
    assert "greedy is weakest in alpha, Mar-May: 0 of 3 contested approvals breached" in " ".join(said.out.split())
    cells = json.loads((tmp_path / "x.json").read_text())["policies"]["greedy"]["contested_cells"]
    assert [(each["region"], each["season"], each["approved"], each["mwh"]) for each in cells] == [
        ("alpha", "Mar-May", 3, pytest.approx(3 * 1.3 * 2))
    ]


@pytest.fixture
def crowded(replayed, tmp_path):
    """Forty jobs of 1 MW in the same two hours at alpha, which has 4 MW left."""
    many = [job(f"j{index:02}", deadline_utc=hour("2024-05-20T03")) for index in range(40)]
    write_frame(tmp_path / "many.parquet", jobs_to_frame(many))

    def with_words(*words):
        return replayed("--jobs", tmp_path / "many.parquet", "--test-start", "2024-05-10", *words)

    return with_words


def test_what_is_not_served_waits_or_costs_is_told_of_each_policy(crowded):
    said = crowded("--policies", "home_region,priced")
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in said.out.splitlines() if "│" in line]
    of = [row[1:] for row in cells if row[0] == "priced"]
    # Four jobs in each region run at once; 32 of 2 MWh each do not.
    assert of[0] == ["8", "0", "0", "32", "0", "0", "0.0", "0"]
    assert of[1][0] == "0 / 8"
    assert of[3] == ["32 / 64", "0 / 0", "32 / 64", "0 / 0", "0 / 0"]
    home = [row[1:] for row in cells if row[0] == "home_region"]
    assert home[1][0] == "40 / 40"
    # Without anything saved against itself, and with nothing that is not served.
    assert (home[4][3:5], home[5][2:4]) == (["0", "0.0"], ["0", "0.0"])
    assert "USD for each MWh that is not served" in said.out
    words = " ".join(said.out.split())
    assert "than home_region [" in words
    assert "and breaches 100.00 points less of contested jobs [" in words


def test_without_the_default_policy_nothing_is_compared_and_without_home_nothing_is_saved(replayed):
    said = replayed("--policies", "greedy", "--test-start", "2024-05-10")
    assert "priced costs" not in said.out
    assert "at the rates of home_region" not in said.out


@pytest.mark.parametrize("name", ["jobs.parquet", "jobs.csv"])
def test_every_job_of_every_policy_can_be_dumped(crowded, tmp_path, name):
    said = crowded("--policies", "home_region", "--dump", tmp_path / name)
    assert said.code == 0, said
    read = pl.read_parquet if name.endswith("parquet") else pl.read_csv
    frame = read(tmp_path / name)
    assert frame["policy"].value_counts().sort("policy").rows() == [("home_region", 40), ("oracle", 40)]
    home = frame.filter(policy="home_region")
    assert home["breached"].all()
    assert home["breach_limit"].unique().to_list() == ["it"]


def test_a_cell_is_drilled_down_to_its_jobs_and_what_they_share(crowded):
    said = crowded("--policies", "home_region", "--drill", "home_region:alpha:Mar-May")
    assert said.code == 0, said
    assert "home_region, alpha, Mar-May: 40 of 40 jobs that ran breached, 40 of 40 contested ones" in said.out
    # 6 + 40 MW where 10 are safe, in both hours of each job.
    first = next(line for line in said.out.splitlines() if "j00" in line)
    for word in ("2024-05-20T01:00Z", "alpha", "1.00 x 2", " it ", "36.00", "2 │"):
        assert word in first
    assert "j29" in said.out
    assert "j30" not in said.out
    assert "and 10 more" in said.out
    shared = next(line for line in said.out.splitlines() if "2024-05-20 " in line)
    assert [cell.strip() for cell in shared.strip("│").split("│")] == ["2024-05-20", "alpha", "it", "40", "80"]


def test_an_empty_cell_says_so(crowded):
    said = crowded("--policies", "home_region", "--drill", "home_region:beta")
    assert said.code == 0, said
    assert "home_region, beta: 0 of 0 jobs that ran breached" in said.out
    assert "that they share" not in said.out


def test_variants_of_the_default_policy_are_tabulated(replayed, tmp_path, monkeypatch):
    every = closed_loop.variants
    few = ("no deferral", "no other regions")
    monkeypatch.setattr(closed_loop, "variants", lambda settings: {name: every(settings)[name] for name in few})
    words = ("--policies", "home_region", "--test-start", "2024-05-19", "--ablate", "--json", tmp_path / "x.json")
    said = replayed(*words)
    assert "priced, an ingredient changed at a time" in said.out
    assert list(json.loads((tmp_path / "x.json").read_text())["ablation"]) == list(few)
    for name in few:
        assert name in said.out


def test_the_help_names_every_policy_and_says_that_the_oracle_is_added(replayed):
    said = " ".join(replayed("--help").out.replace("│", " ").split())
    assert "current_conditions, point_forecast, fixed_margin, greedy, priced; default all." in said
    assert "The oracle is always added." in said


def test_a_history_too_short_for_any_bound_is_told_beside_what_it_denies(replayed, tmp_path):
    short = tmp_path / "short.parquet"
    write_frame(short, calm(FLEET, 70).to_frame())
    arriving = [job("j", earliest_utc=hour("2024-03-05T01"), deadline_utc=hour("2024-03-05T07"))]
    write_frame(tmp_path / "jobs.parquet", jobs_to_frame(arriving))
    words = ("--jobs", tmp_path / "jobs.parquet", "--test-start", "2024-03-05", "--policies", "greedy")
    said = replayed(*words, "--json", tmp_path / "x.json", telemetry=short)
    assert said.code == 0, said
    content = json.loads((tmp_path / "x.json").read_text())
    assert content["policies"]["greedy"]["denied_by_limit"]["unknown"] == 1
    # From 5 March on, six days of origins but the last hour, in two regions, each 24 hours ahead.
    assert content["unbounded"]["region_hours"] == (6 * 24 - 1) * 2 * 24
    assert "no finite bound in 6,864 of 6,864 region-hours up to 24 h ahead" in said.out
    assert "a bound needs more history" in said.out


@pytest.mark.parametrize(
    ("words", "says"),
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
def test_what_cannot_be_replayed_is_refused(replayed, tmp_path, words, says):
    assert_refused(replayed(*words, "--json", tmp_path / "x.json"), says)
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_ends_with_two(replayed, monkeypatch, capsys):
    assert replayed("--magic").code == 2
    assert runner(monkeypatch, capsys)("replay").code == 2
