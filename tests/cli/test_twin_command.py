"""`fleet twin`."""

import json

import polars as pl
import pytest
import yaml
from support.commands import assert_refused, runner
from support.sites import fleet_of, region

from fleet.fleets import load_fleet

FILES = ("telemetry.parquet", "outlooks.parquet", "jobs.parquet")


@pytest.fixture
def fleet(monkeypatch, capsys):
    return runner(monkeypatch, capsys)


@pytest.fixture
def plain(tmp_path):
    """A fleet without climate and grid, as for regions whose weather and grid are observed."""
    path = tmp_path / "plain.yaml"
    path.write_text(yaml.safe_dump(fleet_of(region("alpha")).model_dump(mode="json")))
    return path


def made(fleet, out, *words):
    result = fleet("twin", "--out", out, "--hours", 240, *words)
    assert result.code == 0, result
    return [(out / name).read_bytes() for name in FILES if (out / name).exists()]


def test_the_same_seed_gives_the_same_files(fleet, tmp_path):
    first, again, other = (
        made(fleet, tmp_path / name, "--seed", seed) for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert len(first) == 3
    assert first == again
    assert all(one != two for one, two in zip(first, other, strict=True))


def test_telemetry_has_every_column_of_the_contract(fleet, tmp_path):
    made(fleet, tmp_path, "--json", tmp_path / "x.json")
    frame = pl.read_parquet(tmp_path / "telemetry.parquet")
    assert set(frame.columns) == {
        "region", "time_utc", "temperature_c", "dew_point_c", "wind_speed_m_s", "pressure_hpa", "carbon_g_per_kwh",
        "it_load_mw", "price_usd_per_mwh", "grid_limit_mw", "grid_wind_mw", "grid_solar_mw",
    }  # fmt: skip
    assert frame.height == 3 * 240
    content = json.loads((tmp_path / "x.json").read_text())
    assert content["regions"] == ["arizona", "ireland", "wyoming"]
    assert (content["start"], content["hours"], content["seed"]) == ("2024-01-01T00:00Z", 240, 7)
    assert json.loads((tmp_path / "twin.json").read_text()) == content
    rows = content["rows"]
    assert rows["telemetry.parquet"] == 720
    assert set(rows) == set(FILES)
    # 40 issues of 48 h in three regions. The last seven issues lack 6 + 12 + ... + 42 = 168 h.
    assert rows["outlooks.parquet"] == 3 * (40 * 48 - 168)
    assert pl.read_parquet(tmp_path / "outlooks.parquet").height == rows["outlooks.parquet"]
    jobs = pl.read_parquet(tmp_path / "jobs.parquet")
    assert jobs.columns == [
        "id", "name", "power_mw", "duration_h", "earliest_utc", "deadline_utc", "regions", "home_region", "priority",
        "data_gb",
    ]  # fmt: skip


def test_the_rows_of_many_regions_are_in_the_order_of_the_fleet(fleet, tmp_path):
    small = load_fleet()
    ids = [f"site-{index:02d}" for index in range(20)]
    many = [small.regions[index % 3].model_copy(update={"id": name}) for index, name in enumerate(ids)]
    path = tmp_path / "many.yaml"
    path.write_text(yaml.safe_dump(small.model_copy(update={"regions": tuple(many)}).model_dump(mode="json")))
    made(fleet, tmp_path, "--fleet", path)
    for name in FILES:
        column = "home_region" if name == "jobs.parquet" else "region"
        assert pl.read_parquet(tmp_path / name)[column].unique(maintain_order=True).to_list() == ids


def test_a_drawn_fleet_is_reproducible_and_can_be_read(fleet, tmp_path):
    first, again = (made(fleet, tmp_path / name, "--regions", 3) for name in "ab")
    assert first == again
    written = [(tmp_path / name / "fleet.yaml").read_bytes() for name in "ab"]
    assert written[0] == written[1]
    assert load_fleet(tmp_path / "a" / "fleet.yaml").region_ids == ("r001", "r002", "r003")
    assert made(fleet, tmp_path / "read", "--fleet", tmp_path / "a" / "fleet.yaml") == first


def test_a_larger_drawn_fleet_begins_with_the_regions_of_a_smaller_one(fleet, tmp_path):
    for count in (3, 5):
        made(fleet, tmp_path / str(count), "--regions", count)
    smaller, larger = (load_fleet(tmp_path / name / "fleet.yaml").regions for name in "35")
    assert larger[:3] == smaller
    assert len(larger) == 5
    for name in FILES:
        column = "home_region" if name == "jobs.parquet" else "region"
        few, more = (pl.read_parquet(tmp_path / count / name) for count in "35")
        assert more.filter(pl.col(column).is_in(["r001", "r002", "r003"])).equals(few)


def test_the_fleet_of_the_run_is_written_too(fleet, tmp_path):
    made(fleet, tmp_path)
    assert load_fleet(tmp_path / "fleet.yaml") == load_fleet()


def test_a_file_with_the_same_fleet_keeps_its_comments(fleet, tmp_path, plain):
    written = tmp_path / "fleet.yaml"
    written.write_text("# ours\n" + plain.read_text())
    made(fleet, tmp_path, "--fleet", written, "--only", "load")
    assert written.read_text().startswith("# ours\n")


def test_a_run_replaces_a_run_with_the_same_files(fleet, tmp_path):
    made(fleet, tmp_path / "old", "--seed", 8)
    assert made(fleet, tmp_path / "old", "--seed", 7) == made(fleet, tmp_path / "new", "--seed", 7)
    assert json.loads((tmp_path / "old" / "twin.json").read_text())["seed"] == 7


def test_a_run_is_not_mixed_with_tables_of_another_run(fleet, tmp_path):
    made(fleet, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    result = fleet("twin", "--out", tmp_path, "--hours", 48, "--only", "load,jobs")
    assert_refused(result, "outlooks.parquet belongs to another run", "remove it or name another --out")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", [*FILES, "fleet.yaml"])
def test_a_file_that_the_twin_did_not_make_is_not_replaced(fleet, tmp_path, name):
    (tmp_path / name).write_text("precious")
    result = fleet("twin", "--out", tmp_path, "--hours", 48)
    assert_refused(result, f"{name} was not made by the twin", "name another --out")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]


def test_regions_and_fleet_together_are_wrong_usage(fleet, tmp_path, plain):
    result = fleet("twin", "--out", tmp_path / "out", "--regions", 3, "--fleet", plain)
    assert result.code == 2
    assert "leave out --fleet" in result.err
    assert not (tmp_path / "out").exists()


def test_load_and_jobs_are_made_for_a_fleet_without_climates(fleet, tmp_path, plain):
    made(fleet, tmp_path / "out", "--fleet", plain, "--only", "load,jobs")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "fleet.yaml", "jobs.parquet", "telemetry.parquet", "twin.json",
    ]  # fmt: skip
    frame = pl.read_parquet(tmp_path / "out" / "telemetry.parquet")
    assert frame.columns == ["region", "time_utc", "it_load_mw"]


@pytest.mark.parametrize("parts", ["weather", "grid", "weather,load"])
def test_weather_and_grid_need_a_climate(fleet, tmp_path, plain, parts):
    result = fleet("twin", "--out", tmp_path / "out", "--fleet", plain, "--only", parts)
    assert_refused(result, "region alpha: twin.climate is missing")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "rain"), "part 'rain'"),
        (("--only", ""), "part ''"),
        (("--start", "soon"), "ISO date"),
        (("--start", "2024-01-01T00:30"), "full hour"),
        (("--fleet", "none.yaml"), "cannot be read"),
    ],
)
def test_a_run_that_cannot_be_made_is_refused(fleet, tmp_path, words, message):
    assert_refused(fleet("twin", "--out", tmp_path / "out", "--hours", 48, *words), message)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--hours", 0),
        ("--hours", 876_601),  # an hour more than a century
        ("--hours", "many"),
        ("--regions", 0),
        ("--regions", 10_001),
        ("--seed", -1),
        ("--magic",),
    ],
)
def test_wrong_usage_ends_with_two_and_writes_nothing(fleet, tmp_path, words):
    assert fleet("twin", "--out", tmp_path / "out", *words).code == 2
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_refused(fleet, tmp_path):
    (tmp_path / "file").write_text("")
    assert_refused(fleet("twin", "--out", tmp_path / "file", "--hours", 48), "choose another place")
