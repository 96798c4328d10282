"""Hot windows: how many of the safe ones the gate opens, and how many of the open ones are unsafe.

    python benchmarks/hot_windows.py FLEET.yaml TELEMETRY.parquet YEAR [OUTLOOKS.parquet]

A window is hot if its forecast comes within 3 K of a limit of temperature, in one of its hours. It is open if the gate
leaves some power in each of its hours, and safe if the actual weather and load left some. The controller is off. Beside
the gate stands a fixed margin: open is what leaves some power if the weather is 2.5 K warmer and more humid than
forecast. The hours of YEAR but those of its last day are decided from what was known before them.
"""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from harness import show
from numpy.typing import NDArray

from fleet.actuals.actual_hours import ActualHours
from fleet.fleets import load_fleet
from fleet.physics.headroom import headroom
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.prepare import advance
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.quality.gate import hold
from fleet.sources import table
from fleet.units import FloatArray

MARGIN_K = 2.5
DURATIONS_H = (1, 4)
# Hours from the origin to the first hour of the window.
LEADS = {"1 to 3": (1, 3), "4 to 12": (4, 12), "13 to 24": (13, 24)}
CHUNK_H, YEAR_H = 720, 8_760
HEADS = [
    *("window, h", "begins after, h", "rule", "hot windows", "safe, %"),
    *("open, % of the safe", "unsafe, % of the open"),
]
Counts = dict[tuple[str, ...], NDArray[np.int64]]


def main() -> None:
    """Print one row for each window length, lead and rule."""
    files = [Path(name) for name in sys.argv[1:]]
    fleet = load_fleet(files[0])
    stored = table.read([files[1]]).of_regions(fleet.region_ids)
    outlooks = table.read_outlooks(files[3]) if len(files) > 3 else None
    checked = hold(stored, fleet=fleet, outlooks=outlooks)
    telemetry = checked.telemetry
    actuals = ActualHours.of(telemetry, fleet)
    left_mw = actuals.safe_load_mw - actuals.base_load_mw
    first = telemetry.position(np.datetime64(f"{sys.argv[3]}-01-01T00", "h"))
    settings, counts = Settings(), defaultdict(lambda: np.zeros(4, dtype=np.int64))
    last = min(first + YEAR_H, len(telemetry.time_utc)) - settings.horizon - 1
    state = None
    for begin in range(first - 1, last, CHUNK_H):
        origins = np.arange(begin, min(begin + CHUNK_H, last))
        state, prepared = advance(state, telemetry, fleet, origins, settings, outlooks=checked.outlooks)
        actual_mw = np.stack([left_mw[:, origin + 1 : origin + 1 + settings.horizon] for origin in origins])
        for hours in DURATIONS_H:
            count(counts, prepared, actual_mw, hours)
    show("Hot windows", HEADS, [cells(key, number) for key, number in counts.items()])


def count(counts: Counts, prepared: Prepared, actual_mw: FloatArray, hours: int) -> None:
    """Add the hot windows of some origins: all, the safe, the open, and those that are both, for each lead and rule.

    Args:
        actual_mw: (origin, region, lead) power that the actual weather and load left.
    """
    near = prepared.near.table[prepared.near.QUANTITIES.index("near_limit")] > 0
    starts = np.arange(prepared.settings.horizon - hours + 1)
    worst_mw = _worst(actual_mw, starts, hours)
    is_hot = (_worst(-near.astype(float), starts, hours) < 0) & ~np.isnan(worst_mw)
    is_safe = worst_mw > 0
    is_open = {
        "gate": _worst_of_gate(prepared, starts, hours) > 0,
        f"{MARGIN_K:g} K": _worst(_with_margin(prepared), starts, hours) > 0,
    }
    for lead, (least, most) in LEADS.items():
        within = (starts + 1 >= least) & (starts + 1 <= most)
        for rule, opened in is_open.items():
            sets = (is_hot, is_hot & is_safe, is_hot & opened, is_hot & is_safe & opened)
            counts[str(hours), lead, rule] += [int(one[..., within].sum()) for one in sets]


def _worst(values: FloatArray, starts: NDArray[np.int64], hours: int) -> FloatArray:
    """Return the least value of each window: (origin, region, start)."""
    return np.min([values[..., starts + hour] for hour in range(hours)], axis=0)


def _worst_of_gate(prepared: Prepared, starts: NDArray[np.int64], hours: int) -> FloatArray:
    """Return the least power that the gate leaves in each window, at the levels that the window requires."""
    levels, bucket = prepared.levels, prepared.levels.bucket_of(hours)[starts]
    weather, load = (
        levels.index_of(required[:, :, starts, bucket]) for required in (levels.weather_required, levels.load_required)
    )
    origins, regions, _ = weather.shape
    highest = len(levels.levels) - 1
    origin, region = np.arange(origins)[:, None, None], np.arange(regions)[None, :, None]
    spare_mw = [
        levels.bound_at((origin, region, starts + hour), np.minimum(weather, highest), np.minimum(load, highest))
        for hour in range(hours)
    ]
    worst_mw = np.min([bound.spare_mw for bound in spare_mw], axis=0)
    return np.where(np.maximum(weather, load) > highest, -np.inf, worst_mw)


def _with_margin(prepared: Prepared) -> FloatArray:
    """Return the (origin, region, lead) power that is left if the weather is warmer and more humid than forecast."""
    temperature_c, dew_point_c, it_load_mw = (
        prepared.residuals[name].forecast[prepared.residuals[name].since :]
        for name in ("temperature_c", "dew_point_c", "it_load_mw")
    )
    grid_limit_mw = prepared.grid_limit_mw[prepared.residuals["it_load_mw"].since :]
    power_mw = [
        headroom(
            region,
            PlantWeather.at(region, temperature_c[:, index] + MARGIN_K, dew_point_c[:, index] + MARGIN_K),
            it_load_mw[:, index],
            grid_limit_mw[:, index],
        ).mw
        for index, region in enumerate(prepared.fleet.regions)
    ]
    return np.stack(power_mw, axis=1)


def cells(key: tuple[str, ...], number: NDArray[np.int64]) -> list[str]:
    """Return the cells of one row."""
    hot, safe, opened, both = number.tolist()
    rates = (100 * safe / max(hot, 1), 100 * both / max(safe, 1), 100 * (opened - both) / max(opened, 1))
    return [*key, f"{hot:,}", *(f"{rate:.1f}" for rate in rates)]


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main()
