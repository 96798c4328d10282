"""`fleet forecast`: the next hours of each column in each region, each hour with its band."""

import math
from pathlib import Path
from typing import Annotated

import typer

from fleet.cli.age_text import age_sentence
from fleet.cli.held_text import recent_sentence
from fleet.cli.options import (
    HOME,
    AtOption,
    FleetOption,
    HomeOption,
    JsonOption,
    now_utc,
    shown_regions,
)
from fleet.cli.output import print_line, print_table, progress_bar
from fleet.domain.clock import iso, parse_hour
from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.live.live_forecast import ForecastAhead
from fleet.preparation.settings import Settings
from fleet.storage.files import Write, json_writer, write_whole
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest, forecast_now
from fleet.workflows.open_workspace import fleet_of

# More panels than these are too small to read.
_MOST_PLOTTED = 4


def command(
    at: AtOption = None,
    region: Annotated[str | None, typer.Option(metavar="ID", help="Show only this region.")] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of each band.")] = 0.95,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the figure as an HTML page.")] = None,
    json: JsonOption = None,
) -> None:
    """Show the next 24 hours of each column, with bands.

    A band is a lower and an upper bound for its hour. Decisions use other bounds, which hold for all hours of a job;
    `fleet headroom` shows them. This command records nothing.
    """
    if plot is not None and plot.suffix not in {".html", ".htm"}:
        raise ConfigError(f"{plot} has suffix {plot.suffix or 'none'!r}, expected .html")
    workspace = Workspace(home)
    request = HourRequest(
        workspace=workspace,
        fleet=fleet_of(workspace, fleet),
        settings=Settings(confidence=confidence),
        now_utc=now_utc(),
        at=None if at is None else parse_hour(at),
    )
    shown = shown_regions(request.fleet, region)
    if plot is not None and len(shown) > _MOST_PLOTTED:
        raise ConfigError(f"a plot shows at most {_MOST_PLOTTED} regions, found {len(shown)}; name one with --region")
    request.require_telemetry()
    with progress_bar("forecasts") as progress:
        ahead = forecast_now(request, progress=progress)
    files: dict[Path, Write] = {}
    if json is not None:
        files[json] = json_writer(ahead.as_dict(shown))
    if plot is not None:
        files[plot] = _plot(ahead, request.fleet, shown)
    write_whole(files)
    for name in shown:
        _print(ahead, name)
    held = recent_sentence(request.checked, ahead.origin_utc)
    for sentence in (age_sentence(request), held, *request.engine.notes):
        if sentence:
            print_line(sentence)
    if plot is not None:
        print_line(f"plot: {plot}")


def _plot(ahead: ForecastAhead, fleet: Fleet, shown: tuple[str, ...]) -> Write:
    """Return the writer of the figure, for `write_whole`."""
    from fleet.dashboard.figures import forecast_figure  # slow to import, and most calls draw no figure
    from fleet.dashboard.page import figure_page

    page = figure_page(f"Forecast from {iso(ahead.time_utc[0])}", forecast_figure(ahead, fleet, shown))
    return lambda part: part.write_text(page, encoding="utf-8")


def _print(ahead: ForecastAhead, region: str) -> None:
    row, why_closed = ahead.region_ids.index(region), ahead.closed.get(region)
    cells = [
        [
            iso(hour),
            *(
                _cell(band.forecast[row, lead], band.lower[row, lead], band.upper[row, lead])
                for band in ahead.columns.values()
            ),
        ]
        for lead, hour in enumerate(ahead.time_utc)
    ]
    closed = f"{region} gets no bound for jobs: {why_closed}; " if why_closed else ""
    print_table(
        f"{region}: the next {len(ahead.time_utc)} h, origin {iso(ahead.origin_utc)}",
        ["hour", *ahead.columns],
        cells,
        note=f"{closed}in brackets: the band, {100 * ahead.confidence:g} % sure for each hour; -: not known",
    )


def _cell(forecast: float, lower: float, upper: float) -> str:
    if not math.isfinite(forecast):
        return "-"
    has_band = math.isfinite(lower) and math.isfinite(upper)
    return f"{forecast:.1f} [{lower:.1f}, {upper:.1f}]" if has_band else f"{forecast:.1f} [-]"
