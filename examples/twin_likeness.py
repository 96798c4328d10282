"""Fifty twin years beside the real ones: python examples/twin_likeness.py DATA [--years 50] [--seeds 1 2 3]

DATA holds the public series that the climates were fitted to, see examples/fit_climates.py, and forecasts of the US
weather service, see examples/fit_outlook_skill.py. First temperature and humidity of each year in figures, then how
hard the temperature is to forecast, then what the outlooks miss by. `--json FILE` writes all of it, `--into PAGE` puts
the tables between the page's marks.
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
from fleet.evaluation.rolling_origin import Protocol, evaluate
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
    """Compare every place, print, and write what was asked for."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("data", type=Path)
    words.add_argument("--years", type=int, default=50, help="of each seed")
    words.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    words.add_argument("--json", type=Path)
    words.add_argument("--into", type=Path, metavar="PAGE")
    asked = words.parse_args()
    regions = {region.id: region for region in load_fleet().regions}
    rows, forecasts = {}, {}
    for place, (region_id, file, read) in PLACES.items():
        observed = read(asked.data / "weather" / file, regions[region_id])
        rows[place] = compare(real_years(observed), twin_years(place, observed.region, asked.years, asked.seeds))
        forecasts[place] = difficulty(place, observed, asked.seeds)
    text = page(rows, forecasts, asked.years, asked.seeds)
    outlooks = {city: outlook_errors(asked.data, region, city, asked.seeds) for region, city in CITIES.items()}
    outlooks_text = outlooks_page(outlooks, OUTLOOK_YEARS, asked.seeds)
    print(f"{text}\n{outlooks_text}")
    if asked.json is not None:
        found = content(rows, forecasts, asked.years, asked.seeds) | {"outlooks": outlooks}
        write_whole({asked.json: json_writer(found)})
    if asked.into is not None:
        write_into(asked.into, MARK, text)
        write_into(asked.into, OUTLOOKS_MARK, outlooks_text)


def real_years(observed: Observed) -> Mapping[str, Mapping[str, float]]:
    """The figures of each observed year, by its name."""
    year = local_hours(observed.time_utc, observed.region.longitude_deg).astype("datetime64[Y]")
    found = {}
    for each in np.unique(year):
        inside = year == each
        hours = (observed.time_utc[inside], observed.temperature_c[inside], observed.dew_point_c[inside])
        figures = year_figures(*hours, observed.region)
        if figures:
            found[str(each)] = {name: float(values[0]) for name, values in figures.items()}
    return found


def twin_years(place: str, region: Region, years: int, seeds: Sequence[int]) -> Mapping[str, FloatArray]:
    """(year of every seed,) each figure of the place's climate."""
    time_utc = START + np.arange(round(years * HOURS_PER_YEAR))
    made = []
    for seed in seeds:
        weather = make_weather([region], [CLIMATES[place]], time_utc, seed)
        made.append(year_figures(time_utc, weather.temperature_c[0], weather.dew_point_c[0], region))
    return {name: np.concatenate([each[name] for each in made]) for name in made[0]}


def compare(real: Mapping[str, Mapping[str, float]], twin: Mapping[str, FloatArray]) -> list[Row]:
    """A row a figure."""
    return [Row.of(name, {year: each[name] for year, each in real.items()}, twin[name]) for name in twin]


def difficulty(place: str, observed: Observed, seeds: Sequence[int], step_h: int = 1) -> Difficulty:
    """The default test of `fleet evaluate`, on the real series and on twin series of the same hours and gaps.

    Args:
        step_h: from one origin to the next.
    """
    known = np.isfinite(observed.temperature_c)

    def errors(temperature_c: FloatArray) -> tuple[float, float, int, str]:
        telemetry = Telemetry(
            regions=(place,), time_utc=observed.time_utc, values={"temperature_c": temperature_c[None]}
        )
        part = evaluate(telemetry, Protocol(target="temperature_c", step=step_h)).regions[0]
        return part.scores.mae, part.scores.naive_mae, part.scores.origins, str(part.origin_utc[0])

    ridge, naive, origins, first = errors(observed.temperature_c)
    made = []
    for seed in seeds:
        twin = make_weather([observed.region], [CLIMATES[place]], observed.time_utc, seed).temperature_c[0]
        made.append(errors(np.where(known, twin, np.nan)))
    return Difficulty(
        origins=origins,
        first_origin=first,
        ridge=ridge,
        naive=naive,
        twin_ridge=tuple(each[0] for each in made),
        twin_naive=tuple(each[1] for each in made),
    )


def outlook_errors(data: Path, region_id: str, city: str, seeds: Sequence[int]) -> Mapping[str, Any]:
    """Errors of forecasts of daily highs: how many real ones, and each figure of the service and, by seed, the twin."""
    real = of_service(pl.read_parquet(data / "forecasts" / RECORDS), city)
    # The months that the records have, so that like is compared with like; of the first there are two days.
    months = np.unique(real.month)[1:]
    made = [summary(_within(twin_errors(region_id, seed), months)) for seed in seeds]
    figures = {name: {"real": value, "twin": [each[name] for each in made]} for name, value in summary(real).items()}
    return {"forecasts": len(real.error_k), "days": len(np.unique(real.day)), "figures": figures}


def twin_errors(region_id: str, seed: int) -> HighErrors:
    """The same of twin years."""
    fleet = load_fleet()
    hours = round(OUTLOOK_YEARS * HOURS_PER_YEAR)
    twin = make_twin(fleet, start=START, hours=hours, seed=seed, only=frozenset({"weather"}))
    row = fleet.region_ids.index(region_id)
    temperature_c = twin.telemetry.values["temperature_c"][row]
    return of_twin(twin.outlooks_of(slice(row, row + 1)), temperature_c, twin.telemetry.time_utc, fleet.regions[row])


def _within(errors: HighErrors, months: np.ndarray) -> HighErrors:
    kept = np.isin(errors.month, months)
    return HighErrors(**{field.name: getattr(errors, field.name)[kept] for field in fields(HighErrors)})


def content(
    rows: Mapping[str, Sequence[Row]], forecasts: Mapping[str, Difficulty], years: int, seeds: Sequence[int]
) -> dict[str, Any]:
    """What the JSON holds."""
    places = {
        place: {"figures": [asdict(row) for row in figures], "forecasts": asdict(forecasts[place])}
        for place, figures in rows.items()
    }
    return {"years": years, "seeds": list(seeds), "spread": list(SPREAD), "places": places}


if __name__ == "__main__":
    main()
