"""`fleet headroom`: the MW that may still be added in each region and hour, and the limit that sets them."""

import math
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fleet.cli.hour_request import (
    hour_request,
    naming_packaged_fleet,
    print_notes,
    print_packaged_fleet,
    print_regions,
    require_page,
)
from fleet.cli.limit_text import print_limits
from fleet.cli.options import (
    HOME,
    AtOption,
    ConfidenceOption,
    FleetOption,
    HomeOption,
    JsonOption,
    shown_regions,
)
from fleet.cli.output import print_line, print_table, progress_bar
from fleet.domain.clock import iso
from fleet.domain.decision import Binding
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.region import Fleet
from fleet.preparation.observed_limit import limits_seen_at
from fleet.storage.files import Write, json_writer, write_whole
from fleet.units import ROUNDING_MW
from fleet.workflows.decide_hour import headroom_now, record_hour
from fleet.workflows.open_workspace import remember_fleet


def command(
    at: AtOption = None,
    region: Annotated[str | None, typer.Option(metavar="ID", help="Show only this region.")] = None,
    duration: Annotated[int, typer.Option(metavar="HOURS", help="How long the job would run.")] = 1,
    confidence: ConfidenceOption = 0.95,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figure as an HTML page.")] = None,
    json: JsonOption = None,
) -> None:
    """Show how many MW a job may still add.

    The headroom of a start is the power that is left in the tightest hour of the job, if the weather is worse than
    forecast by "weather level" margins and the load by "load level" margins. A margin is the distance from forecast to
    bound. The grid limit is computed with 2.5 margins of weather and at least 2.5 of load. "At forecast" is the power
    that would be left if the forecasts were right. The power of jobs that already have a place (reserved power) is
    already subtracted from both.

    `fleet decide` starts from this headroom if it runs in the same hour, with the same --confidence and --fleet, and
    with a policy that uses bounds (greedy, priced). This command records nothing in the ledger. The pages of
    `fleet serve` show the hour.
    """
    require_page(plot)
    request = hour_request(home, fleet, confidence, at)
    with naming_packaged_fleet(home, fleet), progress_bar("forecasts") as progress:
        shown = shown_regions(request.fleet, region)
        request.require_telemetry()
        curve = headroom_now(request, duration_h=duration, progress=progress)
    limits = [
        limit
        for limit in limits_seen_at(request.checked.telemetry, request.fleet, curve.origin_utc)
        if limit.region in shown
    ]
    files: dict[Path, Write] = {}
    if json is not None:
        files[json] = json_writer(curve.as_dict(shown) | {"grid_limits": [limit.as_dict() for limit in limits]})
    if plot is not None:
        files[plot] = _plot(curve, request.fleet, shown)
    write_whole(files)
    record_hour(request, curve if duration == 1 else None)
    remembered = remember_fleet(request.workspace, fleet)
    print_packaged_fleet(request, fleet)
    print_regions(shown, partial(_print, curve))
    print_limits(limits)
    print_notes(request, curve.origin_utc, {name: why for name, why in curve.why_unbounded.items() if name in shown})
    if remembered:
        print_line(remembered)
    if plot is not None:
        print_line(f"plot: {plot}")


def _plot(curve: HeadroomCurve, fleet: Fleet, shown: tuple[str, ...]) -> Write:
    """Return the writer of the figure, for `write_whole`."""
    from fleet.dashboard.figures import headroom_figure  # slow to import, and most calls draw no figure
    from fleet.dashboard.page import figure_page

    page = figure_page(f"Headroom from {iso(curve.start_utc[0])}", headroom_figure(curve, fleet, shown))
    return lambda part: part.write_text(page, encoding="utf-8")


def _print(curve: HeadroomCurve, region: str) -> None:
    row = curve.region_ids.index(region)
    rows = []
    for hour, (start, binding) in enumerate(zip(curve.start_utc, curve.binding[row], strict=True)):
        style, levels = binding.limit.colour, (curve.weather_level[row, hour], curve.load_level[row, hour])
        rows.append(
            (
                iso(start),
                Text(f"{curve.headroom_mw[row, hour]:.1f}", style=style),
                f"{curve.forecast_headroom_mw[row, hour]:.1f}",
                f"{curve.reserved_mw[row, hour]:.1f}",
                Text(binding.limit.label, style=style),
                _bound_and_limit(binding) if binding.is_stated else None,
                *(f"{level:.2f}" if math.isfinite(level) else None for level in levels),
            )
        )
    print_table(
        f"{region}: headroom for a job of {curve.duration_h} h, {100 * curve.confidence:g} % sure, last known hour "
        f"{iso(curve.origin_utc)}",
        (
            "start",
            "headroom MW",
            "at forecast MW",
            "reserved MW",
            "binding limit",
            "bound / limit",
            "weather level",
            "load level",
        ),
        rows,
        spare=("load level", "weather level", "reserved MW", "at forecast MW"),
        note="headroom and limit are rounded down, the bound is rounded up; levels: margins added to the forecast",
    )


def _bound_and_limit(binding: Binding) -> str:
    """Round the bound up and the limit down to tenths. A floating-point error of a sum does not add a tenth."""
    bound = math.ceil(10 * (binding.bound - ROUNDING_MW)) / 10
    limit = math.floor(10 * (binding.limit_value + ROUNDING_MW)) / 10
    return f"{bound:.1f} / {limit:.1f} {binding.unit}"
