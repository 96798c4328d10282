"""What the outdoor and inlet temperatures really were, from the stored telemetry."""

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.storage.telemetry_store import read_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows.live_hours import INLET_INPUTS, inlets_c

_SCHEMA = pl.Schema(
    {"quantity": pl.String(), "region": pl.String(), "time_utc": pl.Datetime("ms", "UTC"), "actual": pl.Float64()}
)


def actual_temperatures(workspace: Workspace, fleet: Fleet, first: Hour, end: Hour) -> pl.DataFrame:
    """Return the stored temperatures from an hour up to another, which is left out.

    The inlet temperature is that of the load without jobs, as in the forecasts.

    Returns: a row per quantity (`outdoor` or `inlet`), region and stored hour, with the columns quantity, region,
        time_utc and actual [degC]; null where the value is not known. No rows where nothing is stored.
    """
    if not workspace.telemetry.exists():
        return pl.DataFrame(schema=_SCHEMA)
    stored = read_telemetry(workspace.telemetry).renamed(fleet.current_ids)
    if not set(INLET_INPUTS) <= stored.values.keys():
        return pl.DataFrame(schema=_SCHEMA)
    regions = tuple(region for region in fleet.regions if region.id in stored.regions)
    rows = [stored.regions.index(region.id) for region in regions]
    (at,) = np.nonzero((stored.time_utc >= first) & (stored.time_utc < end))
    if not rows or not at.size:
        return pl.DataFrame(schema=_SCHEMA)
    inputs = [stored.values[name][rows][:, at] for name in INLET_INPUTS]
    values = {"outdoor": inputs[0], "inlet": inlets_c(regions, inputs)}
    times = clock.to_series(stored.time_utc[at], "time_utc")
    frames = [
        pl.DataFrame(
            {"quantity": [quantity] * len(at), "region": [region.id] * len(at), "time_utc": times, "actual": value},
            schema=_SCHEMA,
        )
        for quantity, of_regions in values.items()
        for region, value in zip(regions, of_regions, strict=True)
    ]
    return pl.concat(frames).with_columns(pl.col("actual").fill_nan(None))
