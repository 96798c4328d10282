"""`fleet forecast`: the next hours of each column in each region, each hour with its band."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.hour_request import (
    hour_request,
    naming_packaged_fleet,
    print_notes,
    print_packaged_fleet,
    print_regions,
    require_page,
)
from fleet.cli.options import (
    HOME,
    AtOption,
    FleetOption,
    HomeOption,
    JsonOption,
    shown_regions,
)
from fleet.cli.output import print_line, print_table, progress_bar, table_width
from fleet.domain.clock import iso
from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.live.live_forecast import ForecastAhead
from fleet.storage.files import Write, json_writer, write_whole
from fleet.workflows.decide_hour import forecast_now

# More panels than these are too small to read.
_MOST_PLOTTED = 4
# A tenth of a gram is much less than any error.
_DIGITS = {"carbon_g_per_kwh": 0}
# A column of a table has a space on each side and a line.
_BORDER = 3


def command(
    at: AtOption = None,
    region: Annotated[str | None, typer.Option(metavar="ID", help="Show only this region.")] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of each band.")] = 0.95,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figure as an HTML page.")] = None,
    json: JsonOption = None,
) -> None:
    """Forecast weather, load, carbon and price for 24 hours.

    Shows temperature, dew point, IT load, carbon and price of each hour. A band is a lower and an upper bound of a
    single hour. Decisions do not use these bands, because a job runs for several hours. A decision adds a
    multiple of the margin (the distance from forecast to bound) to the forecasts. In nearly all past windows of about
    the job's length, the headroom predicted with this multiple was at most the actual one. `fleet headroom`
    shows this multiple in its column "level".

    A column of a region has no band if it has too few past errors, if its last value is more than 24 hours old, or if
    no telemetry of it is stored. In the last case the constant of the fleet file is shown, if there is one. If one
    of temperature, dew point and load has been missing for too long (2 to 12 hours, learnt from the series), none of
    the three has a band in that region. The command prints the reason. It records nothing.
    """
    require_page(plot)
    request = hour_request(home, fleet, confidence, at)
    with naming_packaged_fleet(home, fleet), progress_bar("forecasts") as progress:
        shown = _shown_in(request.fleet, region, plot)
        request.require_telemetry()
        ahead = forecast_now(request, progress=progress)
    files: dict[Path, Write] = {}
    if json is not None:
        files[json] = json_writer(ahead.as_dict(shown))
    if plot is not None:
        files[plot] = _plot(ahead, request.fleet, shown)
    write_whole(files)
    print_packaged_fleet(request, fleet)
    print_regions(shown, partial(_print, ahead))
    print_notes(request, ahead.origin_utc, {})
    if plot is not None:
        print_line(f"plot: {plot}")


def _shown_in(fleet: Fleet, region: str | None, plot: Path | None) -> tuple[str, ...]:
    """Return the regions to show. Raises: ConfigError as `shown_regions`, or if a plot cannot show so many."""
    shown = shown_regions(fleet, region)
    if plot is not None and len(shown) > _MOST_PLOTTED:
        raise ConfigError(f"a plot shows at most {_MOST_PLOTTED} regions, found {len(shown)}; name one with --region")
    return shown


def _plot(ahead: ForecastAhead, fleet: Fleet, shown: tuple[str, ...]) -> Write:
    """Return the writer of the figure, for `write_whole`."""
    from fleet.dashboard.figures import forecast_figure  # slow to import, and most calls draw no figure
    from fleet.dashboard.page import figure_page

    page = figure_page(f"Forecast from {iso(ahead.time_utc[0])}", forecast_figure(ahead, fleet, shown))
    return lambda part: part.write_text(page, encoding="utf-8")


def _print(ahead: ForecastAhead, region: str) -> None:
    row = ahead.region_ids.index(region)
    hours = [f"{hour.item():%d %b %H:%M}" for hour in ahead.time_utc]
    cells = {
        name: [
            _cell(*values, digits=_DIGITS.get(name, 1))
            for values in zip(band.forecast[row], band.lower[row], band.upper[row], strict=True)
        ]
        for name, band in ahead.columns.items()
    }
    title = f"{region}: the {len(hours)} h after the last known hour {iso(ahead.origin_utc)}"
    for names in _groups(cells, len(hours[0]), table_width()):
        rows = list(zip(hours, *(cells[name] for name in names), strict=True))
        print_table(title, ["hour (UTC)", *names], rows)
        title = f"{region}, continued"
    print_line(f"in brackets: the band, {100 * ahead.confidence:g} % sure for each hour; -: not known")
    columns_of: dict[str, list[str]] = {}
    for name, why in ahead.no_band.get(region, {}).items():
        columns_of.setdefault(why, []).append(name)
    for why, names in columns_of.items():
        is_closed = why == ahead.closed.get(region)
        print_line(f"{region}: no band of {', '.join(names)}{', and no bound for jobs' if is_closed else ''}: {why}")


def _groups(cells: Mapping[str, Sequence[str]], first: int, width: int) -> list[list[str]]:
    """Divide the columns into tables that fit the width. A table has at least one column beside the hour.

    Args:
        first: width of the first column, the hours.
    """
    begin = first + 2 * _BORDER
    groups: list[list[str]] = []
    used = width
    for name, texts in cells.items():
        needed = max(len(name), *map(len, texts)) + _BORDER
        if used + needed > width:
            groups.append([])
            used = begin
        groups[-1].append(name)
        used += needed
    return groups


def _cell(forecast: float, lower: float, upper: float, *, digits: int) -> str:
    """Return a forecast and its band, whose ends are rounded outwards."""
    if not math.isfinite(forecast):
        return "-"
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return f"{forecast:.{digits}f} [-]"
    steps = 10**digits
    low, high = math.floor(lower * steps) / steps, math.ceil(upper * steps) / steps
    return f"{forecast:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
