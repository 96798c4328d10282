"""Replays 2023 on four real grid zones: python examples/four_zones.py DATA OUT [servers]

DATA holds the public series `weather/openmeteo_*`, `carbon/em_*` and `prices/price_*` as Parquet. The script writes the
fleet, the joined telemetry and the jobs into OUT. Then `fleet replay` prints its tables and writes OUT/replay.json.

The base load is that of the twin. With `servers` it is the measured power of GPU servers, `workload/gpu_*`, which comes
in bursts. They were measured in 2024, so their hours are moved by 52 weeks, and the load is known from 21 January 2023
on, and the replay begins in July. A server at its highest power fills PEAK_SHARE of the capacity.
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
# The mean of several servers is smoother than one of them.
SERVERS = {"ciso": ("08",), "erco": ("05",), "de-lu": ("07",), "gb": ("05", "07", "08")}
MEASURED_FROM, MOVED = "2024-01-20T15:00", "-52w"
PEAK_SHARE = 0.9
# From then on there are bounds for the whole week ahead: they need half a year of load.
SERVERS_FROM = "2023-07-10T00:00"


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


def server_load(data: Path, region: str, capacity_mw: float) -> pl.DataFrame:
    """Return the load of a zone whose base load is that of scaled GPU servers. An hour without a value stays null."""
    shares = []
    for server in SERVERS[region]:
        table = pl.read_parquet(data / f"workload/gpu_cbsugpu{server}_to-2024.parquet")
        hours = table.filter(pl.col("time_utc") >= pl.lit(MEASURED_FROM).str.to_datetime(time_zone="UTC"))
        power_w = pl.col("gpu_power_w_mean")
        shares.append(hours.select(pl.col("time_utc").dt.offset_by(MOVED), (power_w / power_w.max()).alias(server)))
    joined = pl.concat(shares, how="align")
    load_mw = PEAK_SHARE * capacity_mw * pl.mean_horizontal(*SERVERS[region], ignore_nulls=False)
    return joined.select("time_utc", it_load_mw=load_mw, region=pl.lit(region))


def main(data: Path, out: Path, *, has_servers: bool) -> int:
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
    if has_servers:
        load = pl.concat(server_load(data, region["id"], region["it_capacity_mw"]) for region in fleet["regions"])
    observed = pl.concat(tables.values(), how="diagonal").join(load, on=["region", "time_utc"], how="left")
    observed.write_parquet(out / "telemetry.parquet")
    files = ["--telemetry", str(out / "telemetry.parquet"), "--jobs", str(out / "made/jobs.parquet")]
    options = ["--test-start", SERVERS_FROM, "--full"] if has_servers else ["--ablate"]
    return run("replay", "--fleet", str(out / "fleet.yaml"), *files, *options, "--json", str(out / "replay.json"))


def run(*arguments: str) -> int:
    """Run the `fleet` command of the environment that runs this script. Return its exit code."""
    return subprocess.run([Path(sys.executable).with_name("fleet"), *arguments], check=True).returncode  # noqa: S603


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["servers"]):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), has_servers=len(sys.argv) == 4))
