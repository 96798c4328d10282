"""Compare fifty twin years with the real ones: python examples/twin_likeness.py DATA [--years 50] [--seeds 1 2 3]

DATA holds the public series that the climates were fitted to (see examples/fit_climates.py) and forecasts of the US
weather service (see examples/fit_outlook_skill.py). The script compares figures of temperature and humidity of each
year, errors of temperature forecasts, and errors of the outlooks. `--json FILE` writes all figures. `--into PAGE`
writes the tables between the markers of the page.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import fit_climates
import numpy as np
import polars as pl
from likeness_page import SPREAD, Difficulty, Row, outlooks_page, page
from pages import write_into
from twin_study.fit import Observed
from twin_study.fit.skill import HighErrors, of_service, of_twin, summary
from twin_study.likeness import year_figures

from fleet.domain.region import Region
from fleet.domain.telemetry import Telemetry
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import evaluate
from fleet.fleets import load_fleet
from fleet.storage.files import json_writer, write_whole
from fleet.twin import make_twin
from fleet.twin.almanac import local_hours
from fleet.twin.climates import CLIMATES
from fleet.twin.weather import make_weather
from fleet.units import HOURS_PER_YEAR, FloatArray

MARK, OUTLOOKS_MARK = "likeness of the weather", "likeness of the outlooks"
RECORDS = "nws_daily_2021-01-30_2021-10-31.parquet"
CITIES = {"arizona": "PHOENIX", "wyoming": "CHEYENNE"}
OUTLOOK_YEARS = 12
START = np.datetime64("2000-01-01T00", "h")

PLACES: Mapping[str, tuple[str, str, Callable[[Path, Region], Observed]]] = {
    "phoenix": ("arizona", fit_climates.PHOENIX, fit_climates.station),
    "cheyenne": ("wyoming", fit_climates.CHEYENNE, fit_climates.station),
    "dublin": ("ireland", fit_climates.DUBLIN, fit_climates.met_eireann),
}


def main() -> None:
    """Compare every place, print the tables and write the requested files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--years", type=int, default=50, help="number of twin years for each seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--into", type=Path, metavar="PAGE")
    arguments = parser.parse_args()
    regions = {region.id: region for region in load_fleet().regions}
    rows, forecasts = {}, {}
    for place, (region_id, file, read) in PLACES.items():
        observed = read(arguments.data / "weather" / file, regions[region_id])
        twin = twin_years(place, observed.region, arguments.years, arguments.seeds)
        rows[place] = compare(real_years(observed), twin)
        forecasts[place] = difficulty(place, observed, arguments.seeds)
    text = page(rows, forecasts, arguments.years, arguments.seeds)
    outlooks = {city: outlook_errors(arguments.data, region, city, arguments.seeds) for region, city in CITIES.items()}
    outlooks_text = outlooks_page(outlooks, OUTLOOK_YEARS, arguments.seeds)
    print(f"{text}\n{outlooks_text}")
    if arguments.json is not None:
        figures = content(rows, forecasts, arguments.years, arguments.seeds) | {"outlooks": outlooks}
        write_whole({arguments.json: json_writer(figures)})
    if arguments.into is not None:
        write_into(arguments.into, MARK, text)
        write_into(arguments.into, OUTLOOKS_MARK, outlooks_text)


def real_years(observed: Observed) -> Mapping[str, Mapping[str, float]]:
    """Return the figures of each observed year, by year and name."""
    year_of_hour = local_hours(observed.time_utc, observed.region.longitude_deg).astype("datetime64[Y]")
    years = {}
    for year in np.unique(year_of_hour):
        is_inside = year_of_hour == year
        hours = (observed.time_utc[is_inside], observed.temperature_c[is_inside], observed.dew_point_c[is_inside])
        figures = year_figures(*hours, observed.region)
        if figures:
            years[str(year)] = {name: float(values[0]) for name, values in figures.items()}
    return years


def twin_years(place: str, region: Region, years: int, seeds: Sequence[int]) -> Mapping[str, FloatArray]:
    """Return figures of the place's climate by name, (year,). The years of all seeds follow each other."""
    time_utc = START + np.arange(round(years * HOURS_PER_YEAR))
    by_seed = []
    for seed in seeds:
        weather = make_weather([region], [CLIMATES[place]], time_utc, seed)
        by_seed.append(year_figures(time_utc, weather.temperature_c[0], weather.dew_point_c[0], region))
    return {name: np.concatenate([figures[name] for figures in by_seed]) for name in by_seed[0]}


def compare(real: Mapping[str, Mapping[str, float]], twin: Mapping[str, FloatArray]) -> list[Row]:
    """Return one row per figure."""
    return [Row.of(name, {year: figures[name] for year, figures in real.items()}, twin[name]) for name in twin]


def difficulty(place: str, observed: Observed, seeds: Sequence[int], step_h: int = 1) -> Difficulty:
    """Run the default test of `fleet evaluate` on the real series, and on twin series with the same hours and gaps.

    Args:
        place: name of the climate.
        observed: the real series.
        seeds: one twin series each.
        step_h: hours from one origin to the next.
    """
    is_known = np.isfinite(observed.temperature_c)

    def errors(temperature_c: FloatArray) -> tuple[float, float, int, str]:
        telemetry = Telemetry(
            regions=(place,), time_utc=observed.time_utc, values={"temperature_c": temperature_c[None]}
        )
        part = evaluate(telemetry, Protocol(target="temperature_c", step=step_h)).regions[0]
        return part.scores.mae, part.scores.naive_mae, part.scores.origins, str(part.origin_utc[0])

    ridge, naive, origins, first_origin = errors(observed.temperature_c)
    twin_errors_by_seed = []
    for seed in seeds:
        twin = make_weather([observed.region], [CLIMATES[place]], observed.time_utc, seed).temperature_c[0]
        twin_errors_by_seed.append(errors(np.where(is_known, twin, np.nan)))
    return Difficulty(
        origins=origins,
        first_origin=first_origin,
        ridge=ridge,
        naive=naive,
        twin_ridge=tuple(ridge_error for ridge_error, *_ in twin_errors_by_seed),
        twin_naive=tuple(naive_error for _, naive_error, *_ in twin_errors_by_seed),
    )


def outlook_errors(data: Path, region_id: str, city: str, seeds: Sequence[int]) -> Mapping[str, Any]:
    """Return figures of the errors of daily highs, real and for each seed, and the number of real forecasts."""
    real = of_service(pl.read_parquet(data / "forecasts" / RECORDS), city)
    # A fair comparison uses only the months of the records. The first month is left out, because it has only two days.
    months = np.unique(real.month)[1:]
    twin_figures = [summary(_within(twin_errors(region_id, seed), months)) for seed in seeds]
    figures = {
        name: {"real": value, "twin": [by_name[name] for by_name in twin_figures]}
        for name, value in summary(real).items()
    }
    return {"forecasts": len(real.error_k), "days": len(np.unique(real.day)), "figures": figures}


def twin_errors(region_id: str, seed: int) -> HighErrors:
    """Return errors of the twin's forecasts of daily highs."""
    fleet = load_fleet()
    hours = round(OUTLOOK_YEARS * HOURS_PER_YEAR)
    twin = make_twin(fleet, start=START, hours=hours, seed=seed, only=frozenset({"weather"}))
    row = fleet.region_ids.index(region_id)
    temperature_c = twin.telemetry.values["temperature_c"][row]
    return of_twin(twin.outlooks_of(slice(row, row + 1)), temperature_c, twin.telemetry.time_utc, fleet.regions[row])


def _within(errors: HighErrors, months: np.ndarray) -> HighErrors:
    is_kept = np.isin(errors.month, months)
    return HighErrors(**{field.name: getattr(errors, field.name)[is_kept] for field in fields(HighErrors)})


def content(
    rows: Mapping[str, Sequence[Row]], forecasts: Mapping[str, Difficulty], years: int, seeds: Sequence[int]
) -> dict[str, Any]:
    """Return the content of the JSON file, without the outlooks."""
    places = {
        place: {"figures": [asdict(row) for row in figures], "forecasts": asdict(forecasts[place])}
        for place, figures in rows.items()
    }
    return {"years": years, "seeds": list(seeds), "spread": list(SPREAD), "places": places}


if __name__ == "__main__":
    main()
