"""Replays 2023 on four real grid zones: python examples/four_zones.py DATA OUT

DATA holds the public series `weather/openmeteo_*`, `carbon/em_*` and `prices/price_*` as Parquet. The script writes the
fleet, the joined telemetry and the jobs into OUT. Then `fleet replay` prints its tables and writes OUT/replay.json.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from fleet.physics.psychrometrics import dew_point_c

ZONES = {"ciso": "us-cal-ciso", "erco": "us-tex-erco", "de-lu": "de-lu", "gb": "gb"}
PRICED_IN_USD = ("ciso", "erco")
YEARS = ("2021-01-01T00:00", "2023-12-31T23:00")
LIMIT_YEARS = (2021, 2022)
LIMIT_QUANTILE = 0.98
HOURS = 26_280


def zone(data: Path, region: str) -> pl.DataFrame:
    """Read weather, carbon and price of a zone, one row per hour. A price in another currency than USD is left null."""
    name = ZONES[region]
    carbon = pl.read_parquet(data / f"carbon/em_{name}_2021-2023.parquet").select(
        "time_utc", carbon_g_per_kwh="ci_direct_gco2eq_per_kwh"
    )
    weather = pl.read_parquet(data / f"weather/openmeteo_{name}_2020-2023.parquet").select(
        "time_utc", "rel_humidity_pct", "wind_speed_m_s", temperature_c="temp_c"
    )
    rows = carbon.join(weather, on="time_utc", how="left")
    if region in PRICED_IN_USD:
        prices = pl.read_parquet(data / f"prices/price_{name}_2020-2023.parquet")
        rows = rows.join(prices.select("time_utc", "price_usd_per_mwh"), on="time_utc", how="left")
    else:
        rows = rows.with_columns(price_usd_per_mwh=pl.lit(None, dtype=pl.Float32))
    dew_point = dew_point_c(rows["temperature_c"].to_numpy(), rows["rel_humidity_pct"].to_numpy())
    return rows.drop("rel_humidity_pct").with_columns(
        pl.Series("dew_point_c", dew_point).fill_nan(None), region=pl.lit(region)
    )


def main(data: Path, out: Path) -> int:
    """Join the series, make load and jobs, and replay the year. Return the exit code of the replay."""
    fleet_file = Path(__file__).with_suffix(".yaml")
    fleet = yaml.safe_load(fleet_file.read_text(encoding="utf-8"))
    tables = {region: zone(data, region) for region in ZONES}
    for region in fleet["regions"]:
        years = tables[region["id"]].filter(pl.col("time_utc").dt.year().is_in(LIMIT_YEARS))
        limit = np.nanquantile(years["temperature_c"].drop_nulls().to_numpy(), LIMIT_QUANTILE)
        region["outdoor_limit_c"] = round(float(limit), 1)
    out.mkdir(parents=True, exist_ok=True)
    (out / "fleet.yaml").write_text(yaml.safe_dump(fleet, sort_keys=False), encoding="utf-8")
    twin_options = ["--out", str(out / "made"), "--start", YEARS[0], "--hours", str(HOURS), "--only", "load,jobs"]
    run("twin", "--fleet", str(out / "fleet.yaml"), *twin_options)
    load = pl.read_parquet(out / "made/telemetry.parquet")
    observed = pl.concat(tables.values(), how="diagonal").join(load, on=["region", "time_utc"], how="left")
    observed.write_parquet(out / "telemetry.parquet")
    files = ["--telemetry", str(out / "telemetry.parquet"), "--jobs", str(out / "made/jobs.parquet")]
    return run("replay", "--fleet", str(out / "fleet.yaml"), *files, "--ablate", "--json", str(out / "replay.json"))


def run(*arguments: str) -> int:
    """Run the `fleet` command of the environment that runs this script. Return its exit code."""
    return subprocess.run([Path(sys.executable).with_name("fleet"), *arguments], check=True).returncode  # noqa: S603


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
