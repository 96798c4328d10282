"""`fleet explain-forecast`: why a value is expected."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fleet.cli.options import HOME, HomeOption, JsonOption, OutlooksOption
from fleet.cli.output import console, print_table
from fleet.domain.clock import iso, parse_hour
from fleet.errors import DataError
from fleet.forecasting import Series
from fleet.forecasting.explain import Explanation, explain
from fleet.sources import table
from fleet.storage.files import write_json
from fleet.storage.telemetry_store import read_outlooks, read_telemetry
from fleet.storage.workspace import Workspace

_LEAST_SHOWN = 0.005


def command(
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Any numeric column.")],
    lead: Annotated[int, typer.Option(min=1, max=168, help="Hours after the last known one.")] = 24,
    at: Annotated[
        str | None, typer.Option(metavar="T", help="Last hour that counts as known; default the last.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Needed where there are several.")] = None,
    telemetry: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Parquet or CSV; default what the workspace holds.")
    ] = None,
    outlooks: OutlooksOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Say why the default forecaster expects a value: what it starts from, and what moves it."""
    workspace = Workspace(home)
    if telemetry:
        observed = table.read(telemetry, region=region)
        foreseen = None if outlooks is None else table.read_outlooks(outlooks, region=region)
    else:
        observed = read_telemetry(workspace.require(workspace.telemetry, "fleet demo` or `fleet ingest"))
        foreseen = (
            read_outlooks(workspace.outlooks) if outlooks is None else table.read_outlooks(outlooks, region=region)
        )
    if region is None and len(observed.regions) > 1:
        raise DataError(f"found regions {', '.join(observed.regions)}, expected one: name it with --region")
    alone = observed.own_span(region or observed.regions[0])
    origin = len(alone.time_utc) - 1 if at is None else alone.position(parse_hour(at))
    series = Series.of(alone.hours(0, origin + 1), target, foreseen)
    told = explain(series, 0, origin, lead, name=alone.regions[0])
    if json is not None:
        write_json(json, _content(told, target))
    _print(told, target)


def _content(told: Explanation, target: str) -> dict[str, object]:
    return {
        "target": target,
        "region": told.region,
        "origin_utc": iso(told.origin_utc),
        "target_utc": iso(told.target_utc),
        "forecast": told.forecast,
        "anchor": told.anchor,
        "anchor_utc": iso(told.anchor_utc),
        "parts": dict(told.parts),
        "experts": {name: {"share": share, "forecast": own} for name, (share, own) in told.experts.items()},
    }


def _print(told: Explanation, target: str) -> None:
    console.print(
        Text(
            f"{target} in {told.region} is expected to be {told.forecast:.4g} at {iso(told.target_utc)}, as known at "
            f"{iso(told.origin_utc)}. It was {told.anchor:.4g} at that hour of the latest day, {iso(told.anchor_utc)}; "
            f"{'; '.join(_moved(told))}."
        )
    )
    rows: list[tuple[object, ...]] = [("the latest value of that hour of day", f"{told.anchor:.4g}")]
    rows += [(part, f"{amount:+.3g}") for part, amount in told.parts.items() if _matters(told, amount)]
    print_table("what it is made of", ("", target), [*rows, ("expected", f"{told.forecast:.4g}")])
    print_table(
        "who was believed, by what each recently earned",
        ("forecaster", "share %", "its own forecast"),
        [(name, 100 * share, own) for name, (share, own) in told.experts.items()],
    )


def _matters(told: Explanation, amount: float) -> bool:
    return abs(amount) > _LEAST_SHOWN * max(abs(part) for part in told.parts.values())


def _moved(told: Explanation) -> list[str]:
    """The two largest parts in words."""
    largest = [(part, amount) for part, amount in told.parts.items() if _matters(told, amount)][:2]
    return [f"{part} {'raises' if amount > 0 else 'lowers'} it by {abs(amount):.3g}" for part, amount in largest] or [
        "nothing moves it from there"
    ]
