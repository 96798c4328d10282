"""The comparison of twin and real years: its figures and tables."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from support.real_data import DATA, needs_data
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
    """Ireland from 2009 on; its local clock is UTC. A year's temperature lies around the year's last digit."""
    time_utc = np.datetime64("2009-01-01T00", "h") + np.arange(hours)
    digit = time_utc.astype("datetime64[Y]").astype(np.int64) % 10
    # A daily cycle of 3 K gives each year a standard deviation above zero.
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


def test_a_year_outside_the_range_of_the_twin_is_named(tables: ModuleType) -> None:
    # Of 0, 1, ..., 40, 95 % lie in [1, 39], because 0.025 x 40 = 1.
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


def test_real_years_are_named_and_an_incomplete_one_has_no_figures(likeness: ModuleType) -> None:
    # 2009 and 2010 have 365 days each. The 100 days of 2011 are less than nine tenths of a year.
    errors = likeness.real_years(observed((365 + 365 + 100) * 24))
    assert list(errors) == ["2009", "2010"]
    difference = errors["2010"]["quantile 99 %"] - errors["2009"]["quantile 99 %"]
    assert difference == pytest.approx(0 - 9, abs=0.1)


def test_the_counts_are_summed_over_places_and_the_worst_month_is_named(tables: ModuleType) -> None:
    names = [f"{quantity} {month}" for quantity in tables.MONTHLY for month in MONTH_NAMES]
    twin = np.arange(41.0)  # mean 20, range 1 to 39
    rows = [tables.Row.of(name, {"2001": 20.0, "2002": 20.0}, twin) for name in names[:-1]]
    rows.append(tables.Row.of(names[-1], {"2001": 40.0, "2002": 20.0}, twin))
    text = tables.counts_table({"phoenix": rows, "dublin": rows})
    *_, first, second, total = text.splitlines()
    # 48 figures of two years are 96, of which one lies outside. Twin less real: 20 - (40 + 20) / 2 = -10.
    assert first.startswith("| Phoenix | 2 | 96 | 1 | 1 % | 5 % |")
    assert first.endswith("-10.0 K in Dec |")
    assert second.startswith("| Dublin")
    assert total.startswith("| all | 4 | 192 | 2 | 1 % | 5 % |")


def test_a_twin_that_is_a_fifth_easier_is_marked(tables: ModuleType) -> None:
    errors = tables.Difficulty(
        origins=8_736, first_origin="2018-01-01T00", ridge=2.0, naive=3.0, twin_ridge=(1.5, 1.7), twin_naive=(2.9, 3.1)
    )
    line = tables.forecast_table({"phoenix": errors}).splitlines()[-1]
    # (1.5 + 1.7) / 2 / 2 = 0.80; (2.9 + 3.1) / 2 / 3 = 1.
    assert line.endswith("| 2.00 | 1.60 (1.50 to 1.70) | 0.80, beyond 15 % |")
    assert "| 3.00 (2.90 to 3.10) | 1.00 |" in line


@pytest.mark.slow
@needs_data
def test_the_twin_is_as_hard_to_forecast_as_the_real_series_within_fifteen_percent(likeness: ModuleType) -> None:
    regions = {region.id: region for region in load_fleet().regions}
    for place, (region_id, file, read) in likeness.PLACES.items():
        errors = likeness.difficulty(place, read(DATA / "weather" / file, regions[region_id]), (1, 2, 3), step_h=24)
        for real, twin in ((errors.ridge, errors.twin_ridge), (errors.naive, errors.twin_naive)):
            # The ratio on the page is that of the mean of three series. Each has one test year, with a standard error
            # of a tenth.
            assert 0.85 <= np.mean(twin) / real <= 1.15, place


def test_the_outlooks_of_each_city_are_shown_beside_the_records(tables: ModuleType) -> None:
    figures = {name: {"real": 2.0, "twin": [1.0, 3.0, 5.0]} for name in tables.OUTLOOK_LABELS}
    text = tables.outlooks_page({"PHOENIX": {"forecasts": 1_090, "days": 274, "figures": figures}}, 12, [1, 2, 3])
    assert "Phoenix: 1,090 forecasts of 274 days" in text
    assert "3 series of 12 years" in text
    # (1 + 3 + 5) / 3 = 3.
    assert text.splitlines()[-1].endswith("| 2.00 | 3.00 (1.00 to 5.00) |")
    assert len(text.splitlines()) == 4 + len(tables.OUTLOOK_LABELS)
