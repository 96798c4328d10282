"""The pure parts of the comparison of twin and real years."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from support.shared import DATA, needs_data
from twin_study.fit import Observed
from twin_study.likeness import MONTH_NAMES

from fleet.fleets import load_fleet

EXAMPLES = Path(__file__).parents[2] / "examples"
NAN = float("nan")


@pytest.fixture
def likeness(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("twin_likeness")


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("likeness_page")


def observed(hours: int) -> Observed:
    """Ireland from 2009 on: its local clock is UTC. The temperature is the year's last digit."""
    time_utc = np.datetime64("2009-01-01T00", "h") + np.arange(hours)
    digit = time_utc.astype("datetime64[Y]").astype(np.int64) % 10
    # A day of three kelvins about it, so that a year has a spread to divide by.
    values = digit + 1.5 * np.cos(2 * np.pi * np.arange(hours) / 24) + np.arange(hours) % 7
    nothing = np.full(hours, np.nan)
    return Observed(
        region=load_fleet().regions[1],
        time_utc=time_utc,
        temperature_c=values,
        dew_point_c=values,
        wind_speed_m_s=nothing,
        cloud_cover=nothing,
        pressure_ratio=nothing,
    )


def test_a_year_outside_the_twins_spread_is_named(tables: ModuleType) -> None:
    # 0, 1, ..., 40: 95 % of them lie in [1, 39], as 0.025 x 40 = 1.
    row = tables.Row.of("x", {"2001": 0.9, "2002": 1.0, "2003": 39.0, "2004": 39.1}, np.arange(41.0))
    assert (row.twin_low, row.twin_high, row.twin_mean) == pytest.approx((1, 39, 20))
    assert row.outside == ("2001", "2004")
    assert row.real_mean == pytest.approx((0.9 + 1 + 39 + 39.1) / 4)


def test_a_year_without_the_figure_is_neither_counted_nor_outside(tables: ModuleType) -> None:
    row = tables.Row.of("x", {"2001": NAN, "2002": 50.0}, np.arange(41.0))
    assert dict(row.real) == {"2002": 50.0}
    assert row.outside == ("2002",)
    assert np.isnan(row.real_sd)
    assert np.isnan(tables.Row.of("x", {"2001": NAN}, np.arange(41.0)).real_mean)


def test_real_years_have_their_names_and_one_cut_short_has_no_figures(likeness: ModuleType) -> None:
    # 2009 and 2010 have 365 days each, and 100 days of 2011 are less than nine tenths of it.
    found = likeness.real_years(observed((365 + 365 + 100) * 24))
    assert list(found) == ["2009", "2010"]
    difference = found["2010"]["quantile 99 %"] - found["2009"]["quantile 99 %"]
    assert difference == pytest.approx(0 - 9, abs=0.1)


def test_the_counts_add_up_over_places_and_name_the_worst_month(tables: ModuleType) -> None:
    names = [f"{quantity} {month}" for quantity in tables.MONTHLY for month in MONTH_NAMES]
    twin = np.arange(41.0)  # mean 20, inside is [1, 39]
    rows = [tables.Row.of(name, {"2001": 20.0, "2002": 20.0}, twin) for name in names[:-1]]
    rows.append(tables.Row.of(names[-1], {"2001": 40.0, "2002": 20.0}, twin))
    text = tables.counts_table({"phoenix": rows, "dublin": rows})
    *_, first, second, total = text.splitlines()
    # 48 figures of two years; one lies outside. Twin less real: 20 - (40 + 20) / 2 = -10.
    assert first.startswith("| Phoenix | 2 | 96 | 1 | 1 % | 5 % |")
    assert first.endswith("-10.0 K in Dec |")
    assert second.startswith("| Dublin")
    assert total.startswith("| all | 4 | 192 | 2 | 1 % | 5 % |")


def test_a_twin_that_is_a_fifth_easier_is_marked(tables: ModuleType) -> None:
    each = tables.Difficulty(
        origins=8_736, first_origin="2018-01-01T00", ridge=2.0, naive=3.0, twin_ridge=(1.5, 1.7), twin_naive=(2.9, 3.1)
    )
    line = tables.forecast_table({"phoenix": each}).splitlines()[-1]
    # (1.5 + 1.7) / 2 / 2 = 0.80; (2.9 + 3.1) / 2 / 3 = 1.
    assert line.endswith("| 2.00 | 1.60 (1.50 to 1.70) | 0.80, beyond 15 % |")
    assert "| 3.00 (2.90 to 3.10) | 1.00 |" in line


@pytest.mark.slow
@needs_data
def test_the_twin_is_as_hard_to_forecast_as_the_real_series_within_fifteen_percent(likeness: ModuleType) -> None:
    regions = {region.id: region for region in load_fleet().regions}
    for place, (region_id, file, read) in likeness.PLACES.items():
        found = likeness.difficulty(place, read(DATA / "weather" / file, regions[region_id]), (1, 2, 3), step_h=24)
        for real, twin in ((found.ridge, found.twin_ridge), (found.naive, found.twin_naive)):
            # The page's ratio: the mean of three series, whose one test year each scatters by a tenth.
            assert 0.85 <= np.mean(twin) / real <= 1.15, place


def test_the_outlooks_of_each_city_stand_beside_the_records(tables: ModuleType) -> None:
    figures = {name: {"real": 2.0, "twin": [1.0, 3.0, 5.0]} for name in tables.OUTLOOK_WORDS}
    text = tables.outlooks_page({"PHOENIX": {"forecasts": 1_090, "days": 274, "figures": figures}}, 12, [1, 2, 3])
    assert "Phoenix: 1,090 forecasts of 274 days" in text
    assert "3 series of 12 years" in text
    # (1 + 3 + 5) / 3 = 3.
    assert text.splitlines()[-1].endswith("| 2.00 | 3.00 (1.00 to 5.00) |")
    assert len(text.splitlines()) == 4 + len(tables.OUTLOOK_WORDS)
