"""`fleet explain-forecast`: the parts of a forecast, in words and numbers."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from fleet.cli.options import HOME, HomeOption, JsonOption, OutlooksOption
from fleet.cli.output import print_line, print_table
from fleet.domain.clock import iso, parse_hour
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.forecasting import Series
from fleet.forecasting.explain import Explanation, explain
from fleet.quality.gate import hold
from fleet.sources import table
from fleet.storage.files import write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_stored
from fleet.workflows.open_workspace import fleet_of

# A part is printed only if it is above this share of the largest part.
_MIN_SHARE = 0.005
_NAMED_PARTS = 2


def command(
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Any numeric column.")],
    lead: Annotated[
        int, typer.Option(min=1, max=168, help="Hours from the origin (see --at) to the forecast hour.")
    ] = 24,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="T",
            help="The origin, UTC: the last hour that counts as known. Default: the last hour in which the column has "
            "a value.",
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="ID", help="Region to explain. Needed if the telemetry has several.")
    ] = None,
    telemetry: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Parquet or CSV. Default: the telemetry of the workspace.")
    ] = None,
    outlooks: OutlooksOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Explain a forecast: what raises or lowers it.

    The default forecaster makes the forecast from the values up to the origin, the last known hour. The explanation
    starts from the latest known value at the same hour of day as the forecast hour. Each part of the model adds an
    amount, which may be negative. That value and all parts add up to the forecast.
    """
    observed, issued = _read(Workspace(home), telemetry, outlooks, region)
    if region is None and len(observed.regions) > 1:
        raise DataError(f"found regions {', '.join(observed.regions)}, expected one: name it with --region")
    own_hours = observed.own_span(region or observed.regions[0])
    origin = _last_value(own_hours, target) if at is None else own_hours.position(parse_hour(at))
    series = Series.of(own_hours.hours(0, origin + 1), target, issued)
    explanation = explain(series, 0, origin, lead, name=own_hours.regions[0])
    if json is not None:
        write_json(json, _content(explanation, target))
    _print(explanation, target)


def _read(
    workspace: Workspace, telemetry: list[Path] | None, outlooks: Path | None, region: str | None
) -> tuple[Telemetry, Outlooks | None]:
    """Read the given files, or else the workspace. Given telemetry is never joined with the workspace's outlooks."""
    given_outlooks = None if outlooks is None else table.read_outlooks(outlooks, region=region)
    if telemetry:
        given = hold(table.read(telemetry, region=region), outlooks=given_outlooks)
        return given.telemetry, given.outlooks
    workspace.require(workspace.telemetry, "fleet demo` or `fleet ingest")
    stored = check_stored(workspace, fleet_of(workspace, None))
    if given_outlooks is None:
        return stored.telemetry, stored.outlooks
    return stored.telemetry, hold(stored.telemetry, outlooks=given_outlooks).outlooks


def _last_value(telemetry: Telemetry, target: str) -> int:
    """Return the position of the last hour with a value. Prices may be stored for later hours than other columns."""
    return int(np.flatnonzero(np.isfinite(telemetry.column(target)[0]))[-1])


def _content(explanation: Explanation, target: str) -> dict[str, object]:
    return {
        "target": target,
        "region": explanation.region,
        "origin_utc": iso(explanation.origin_utc),
        "target_utc": iso(explanation.target_utc),
        "forecast": explanation.forecast,
        "anchor": explanation.anchor,
        "anchor_utc": iso(explanation.anchor_utc),
        "parts": dict(explanation.parts),
        "experts": {
            name: {"share": share, "forecast": forecast} for name, (share, forecast) in explanation.experts.items()
        },
    }


def _print(explanation: Explanation, target: str) -> None:
    parts = _large_parts(explanation)
    largest = [f"{name} {amount:+.3g}" for name, amount in parts[:_NAMED_PARTS]]
    sentence = (
        f"{target} in {explanation.region}: the forecast for {iso(explanation.target_utc)} is "
        f"{explanation.forecast:.4g}, made from the values up to {iso(explanation.origin_utc)}. The latest value at "
        f"this hour of day is {explanation.anchor:.4g}, at {iso(explanation.anchor_utc)}. "
        f"{'Largest changes: ' + ', '.join(largest) if largest else 'No part changes this value'}."
    )
    print_line(sentence)
    print_table(
        "parts of the forecast",
        ("", target),
        [
            ("latest value at this hour of day", f"{explanation.anchor:.4g}"),
            *((name, f"{amount:+.3g}") for name, amount in parts),
            ("forecast", f"{explanation.forecast:.4g}"),
        ],
    )
    print_table(
        "forecasters in the blend; recent errors set their shares",
        ("forecaster", "share %", "forecast"),
        [(name, 100 * share, forecast) for name, (share, forecast) in explanation.experts.items()],
    )


def _large_parts(explanation: Explanation) -> list[tuple[str, float]]:
    """Return the parts that are large enough to print, the largest first."""
    largest = max(abs(amount) for amount in explanation.parts.values())
    return [(name, amount) for name, amount in explanation.parts.items() if abs(amount) > _MIN_SHARE * largest]
