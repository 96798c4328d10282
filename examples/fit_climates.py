"""Fit the twin's climates to real observations: python examples/fit_climates.py DATA [OUT]

DATA holds the public series as Parquet: NOAA ISD-Lite of Phoenix and Cheyenne, Met Eireann's Phoenix Park, and
Open-Meteo's grid cell in London. The script writes one table per place to OUT, by default the folder of the package.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from twin_study.fit import Observed, fit_climate

from fleet.domain.region import Region
from fleet.fleets import load_fleet
from fleet.physics.psychrometrics import dew_point_c
from fleet.storage.files import write_whole
from fleet.twin.climate import Climate
from fleet.twin.climates import dump_climate
from fleet.units import FloatArray

OUT = Path(__file__).parents[1] / "src" / "fleet" / "twin" / "climates"
COMMAND = "python examples/fit_climates.py DATA"
PHOENIX = "isd_us-az-phoenix_2017-2018.parquet"
CHEYENNE = "isd_us-wy-cheyenne_2017-2018.parquet"
DUBLIN = "metie_ie-dublin-phoenix-park_2007-2014.parquet"
LONDON = "openmeteo_gb_2020-2023.parquet"
DUBLIN_WIND_M_S = 5.2  # assumed: the airport's long-term mean


def main(data: Path, out: Path) -> None:
    """Fit three climates and write their tables."""
    arizona, ireland, wyoming = load_fleet().regions
    phoenix = station(data / "weather" / PHOENIX, arizona)
    cheyenne = station(data / "weather" / CHEYENNE, wyoming)
    dublin = met_eireann(data / "weather" / DUBLIN, ireland)
    london = grid_cell(data / "weather" / LONDON, ireland)

    tables = {"phoenix": fit_climate(phoenix), "cheyenne": fit_climate(cheyenne)}
    london_climate = fit_climate(london, like=tables["cheyenne"])
    tables["dublin"] = fit_climate(dublin, like=with_mean_wind(london_climate, DUBLIN_WIND_M_S))
    sources = {
        "phoenix": source_of("NOAA ISD-Lite 722780-23183", phoenix),
        "cheyenne": source_of("NOAA ISD-Lite 725640-24018", cheyenne),
        "dublin": source_of("Met Eireann, Phoenix Park", dublin)
        + f"\nWind and cloud, which this record lacks: {source_of('Open-Meteo archive, London', london)};"
        + f"\nthe wind is scaled to {DUBLIN_WIND_M_S} m/s (assumed).",
    }
    for name, climate in tables.items():
        text = dump_climate(climate, source=f"{sources[name]}\nWritten by `{COMMAND}`; see fleet/twin/climate.py.")
        write_whole({out / f"{name}.yaml": lambda path, text=text: path.write_text(text, encoding="utf-8")})
        print(f"{out / name}.yaml")


def station(path: Path, region: Region) -> Observed:
    """Read an ISD-Lite station.

    Its sky cover is reliable only at 0, 6, 12 and 18 h UTC. At other hours, too many clear skies are reported.
    """
    time_utc, columns = hours_of(path)
    is_synoptic = time_utc.astype(np.int64) % 6 == 0
    oktas = np.minimum(columns["sky_cover_code"], 8)
    return Observed(
        region=region,
        time_utc=time_utc,
        temperature_c=columns["temp_c"],
        dew_point_c=columns["dew_point_c"],
        wind_speed_m_s=columns["wind_speed_m_s"],
        cloud_cover=np.where(is_synoptic, oktas / 8, np.nan),
        pressure_ratio=columns["sea_level_pressure_hpa"] / np.nanmean(columns["sea_level_pressure_hpa"]),
    )


def met_eireann(path: Path, region: Region) -> Observed:
    """Read a station of Met Eireann, without wind and sky cover."""
    time_utc, columns = hours_of(path)
    missing = np.full(len(time_utc), np.nan)
    return Observed(
        region=region,
        time_utc=time_utc,
        temperature_c=columns["temp_c"],
        dew_point_c=columns["dew_point_c"],
        wind_speed_m_s=missing,
        cloud_cover=missing,
        pressure_ratio=columns["sea_level_pressure_hpa"] / np.nanmean(columns["sea_level_pressure_hpa"]),
    )


def grid_cell(path: Path, region: Region) -> Observed:
    """Read a grid cell of a reanalysis, without pressure."""
    time_utc, columns = hours_of(path)
    humidity = np.clip(columns["rel_humidity_pct"], 1, 100)
    return Observed(
        region=region,
        time_utc=time_utc,
        temperature_c=columns["temp_c"],
        dew_point_c=dew_point_c(columns["temp_c"], humidity),
        wind_speed_m_s=columns["wind_speed_m_s"],
        cloud_cover=columns["cloud_cover_pct"] / 100,
        pressure_ratio=np.full(len(time_utc), np.nan),
    )


def hours_of(path: Path) -> tuple[np.ndarray, dict[str, FloatArray]]:
    """Read all hours from the first to the last, (hour,), and the columns of a file, (hour,).

    A column is NaN where the file has no row or no value.
    """
    table = pl.read_parquet(path)
    stamped = table["time_utc"].dt.replace_time_zone(None).to_numpy().astype("datetime64[h]")
    time_utc = np.arange(stamped[0], stamped[-1] + 1)
    position = (stamped - stamped[0]).astype(np.int64)
    columns = {}
    for name in table.columns:
        if name != "time_utc":
            values = np.full(len(time_utc), np.nan)
            values[position] = table[name].cast(pl.Float64).to_numpy()
            columns[name] = values
    return time_utc, columns


def with_mean_wind(climate: Climate, mean_m_s: float) -> Climate:
    """Return the climate with its wind scaled to a mean."""
    regular = climate.wind.regular
    scale = mean_m_s / float(np.mean(regular.mean))
    scaled = {name: tuple(scale * value for value in getattr(regular, name)) for name in regular.__dataclass_fields__}
    return replace(climate, wind=replace(climate.wind, regular=replace(regular, **scaled)))


def source_of(station_name: str, observed: Observed) -> str:
    """Return a text with name, dates and number of known hours of a record."""
    first, last = (str(hour)[:10] for hour in (observed.time_utc[0], observed.time_utc[-1]))
    return f"{station_name}, {first} to {last}, {int(np.isfinite(observed.temperature_c).sum())} h"


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else OUT)
