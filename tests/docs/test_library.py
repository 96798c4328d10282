"""The examples of docs/library.md run as they stand, on files made by the twin."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

import fleet
from fleet.fleets import dump_fleet, load_fleet
from fleet.twin import make_twin

PAGE = (Path(__file__).parents[2] / "docs/library.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
START = np.datetime64("2024-01-01T00", "h")
DAYS = 140


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with the files that the examples name: a site, its telemetry, its jobs and a load."""
    folder = tmp_path_factory.mktemp("library")
    regions = load_fleet()
    site = yaml.safe_load(dump_fleet(regions.model_copy(update={"regions": regions.regions[:1]})))
    (folder / "site.yaml").write_text(yaml.safe_dump(site), encoding="utf-8")
    twin = make_twin(load_fleet(folder / "site.yaml"), start=START, hours=24 * DAYS, seed=3)
    rows = twin.telemetry.to_frame()
    rows.with_columns(pl.col("time_utc").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(folder / "site.csv")
    load = rows.select("time_utc", demand_mw="it_load_mw")
    load.with_columns(pl.col("time_utc").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(folder / "load.csv")
    last = twin.telemetry.time_utc[-1]
    jobs = {
        "id": ["small", "huge"],
        "power_mw": [1.0, 1_000.0],
        "duration_h": [2, 2],
        "earliest_utc": [f"{last + 1}:00Z"] * 2,
        "deadline_utc": [f"{last + 20}:00Z"] * 2,
        "home_region": [site["regions"][0]["id"]] * 2,
    }
    pl.DataFrame(jobs).write_csv(folder / "jobs.csv")
    return folder


def run(example: str, folder: Path, monkeypatch, capsys) -> str:
    monkeypatch.chdir(folder)
    exec(compile(example, "docs/library.md", "exec"), {})  # noqa: S102
    return capsys.readouterr().out


def test_there_are_six_examples_of_at_most_thirty_lines():
    assert len(EXAMPLES) == 6
    assert all(len(example.splitlines()) <= 30 for example in EXAMPLES)


def test_a_column_is_forecast_with_a_band(folder, monkeypatch, capsys):
    lines = run(EXAMPLES[0], folder, monkeypatch, capsys).splitlines()
    assert len(lines) == 25
    for line in lines[:24]:
        forecast, lower, upper = re.search(r"([\d.]+) MW, 90 % band ([\d.]+) to ([\d.]+)", line).groups()
        assert float(lower) <= float(forecast) <= float(upper)


def test_a_site_has_headroom(folder, monkeypatch, capsys):
    lines = run(EXAMPLES[1], folder, monkeypatch, capsys).splitlines()
    assert len(lines) == 24
    assert all(re.search(r"may add [\d.]+ MW; (the|no) .* binds$", line) for line in lines)


def test_jobs_are_decided(folder, monkeypatch, capsys):
    out = run(EXAMPLES[2], folder, monkeypatch, capsys)
    assert out.startswith("huge is refused: power_mw is 1000")
    assert re.search(r"small: (approve|defer)", out)


def test_jobs_are_placed_into_arrays(folder, monkeypatch, capsys):
    lines = run(EXAMPLES[3], folder, monkeypatch, capsys).splitlines()
    assert len(lines) == 8
    assert all(re.fullmatch(r"train-\d: (approve|defer) (dallas|oslo) \d\d:00", line) for line in lines[:6])
    cost, bound = re.search(r"cost ([\d.]+) USD; no plan costs less than ([\d.]+) USD", lines[6]).groups()
    assert 0 < float(bound) <= float(cost)


def test_a_queue_is_planned_in_steps_of_a_quarter_of_an_hour(folder, monkeypatch, capsys):
    lines = run(EXAMPLES[4], folder, monkeypatch, capsys).splitlines()
    assert [line[:5] for line in lines] == [f"{hour:02d}:{minute:02d}" for hour in (0, 1) for minute in (0, 15, 30, 45)]
    assert any("begin ['job-" in line for line in lines)
    assert "'job-2'" in lines[2]
    assert all("'job-2'" not in line for line in lines[3:])


def test_own_forecasts_of_the_page_get_bands(folder, monkeypatch, capsys):
    lines = run(EXAMPLES[5], folder, monkeypatch, capsys).splitlines()
    assert len(lines) == 7
    for line in lines[:6]:
        middle, low, high = map(int, re.search(r"(\d+) USD/MWh, 90 % band (\d+) to (\d+)", line).groups())
        assert low < middle < high
    assert 87 <= int(re.match(r"\d+", lines[6])[0]) <= 93


def test_every_public_name_is_on_the_page_and_exists():
    for name in fleet.__all__:
        assert getattr(fleet, name) is not None
        assert name == "__version__" or f"`{name}" in PAGE or f" `{name}`" in PAGE


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="magic"):
        fleet.magic  # noqa: B018


def test_own_forecasts_get_bands():
    draw = np.random.default_rng(0)
    origin_utc = START + np.arange(24 * 100)
    forecast = np.full((len(origin_utc), 3), 10.0)
    actual = forecast + draw.normal(0, 1, forecast.shape)
    bands = fleet.bands(forecast, actual, origin_utc, confidence=0.9)
    assert np.isinf(bands.upper[:24]).all()
    late = slice(24 * 80, None)
    coverage = ((actual >= bands.lower) & (actual <= bands.upper))[late].mean()
    assert 0.85 < coverage < 0.95


def test_own_forecasts_of_another_shape_are_refused():
    with pytest.raises(fleet.FleetError, match=r"expected \(origin, lead\) twice"):
        fleet.bands(np.ones((2, 3)), np.ones((2, 2)), START + np.arange(2))
