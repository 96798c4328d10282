"""`fleet init`: makes a fleet file with sources from a few questions or options."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.feed_tables import print_trials
from fleet.cli.options import HOME, HomeOption, now_utc
from fleet.cli.output import print_line
from fleet.domain.region import Fleet, Region
from fleet.errors import ConfigError
from fleet.fleets import dump_fleet, load_fleet
from fleet.sources.client import Limits
from fleet.storage.files import require_writable, write_text
from fleet.storage.workspace import Workspace
from fleet.workflows.feed_ingest import client_of
from fleet.workflows.feed_trial import try_feeds
from fleet.workflows.nearest_time_zone import nearest_time_zone
from fleet.workflows.new_region import SiteAnswers, extended

# Field of SiteAnswers -> the question, and the answer if the person gives none; None must be answered.
_QUESTIONS: dict[str, tuple[str, Any]] = {
    "region": ("Id of the region (lower-case letters, digits, - and _)", None),
    "name": ("Name for tables and figures", ""),
    "latitude_deg": ("Latitude, north positive [degrees]", None),
    "longitude_deg": ("Longitude, east positive [degrees]", None),
    "altitude_m": ("Altitude [m]", 0.0),
    "country": ("Country, two letters such as US, to propose a time zone; empty if unknown", ""),
    "time_zone": ("Time zone for local times", ""),
    "capacity_mw": ("Installed IT power [MW]", None),
    "pue": ("PUE of a year", 1.2),
    "cooling": ("Cooling: evaporative, outside_air or chiller", "evaporative"),
    "grid_limit_mw": ("Largest power from the grid [MW]; 0 takes the full load plus 10 %", 0.0),
    "outdoor_limit_c": ("Outdoor temperature above which the site throttles [degC]; 0 for none", 0.0),
    "price_usd_per_mwh": ("Flat price of energy [USD/MWh]; 0 for none", 0.0),
    "carbon": ("Source of carbon: electricity_maps, gb_carbon, eia, eirgrid, or none", "none"),
    "zone": ("Zone of that source, such as IE; empty for none", ""),
    "load_url": ("Address of a Prometheus server with the IT load; empty for none", ""),
    "load_query": ("Query of the IT load, one series", "sum(power_watts)"),
    "load_unit": ("Unit of that query", "W"),
}
_ZERO_IS_NONE = ("grid_limit_mw", "outdoor_limit_c", "price_usd_per_mwh")
# A person waits for the answer, so a service that cannot be reached is not asked again.
_ONE_SHORT_TRY = Limits(connect_s=3.0, read_s=10.0, total_s=12.0, attempts=1)
_ASKED_WITH = {"zone": "carbon", "load_query": "load_url", "load_unit": "load_url"}


def command(
    region: Annotated[str | None, typer.Option(metavar="ID", help="Id of the region.")] = None,
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="Name for tables. Default: the id.")] = None,
    latitude_deg: Annotated[float | None, typer.Option("--latitude", help="North positive.")] = None,
    longitude_deg: Annotated[float | None, typer.Option("--longitude", help="East positive.")] = None,
    altitude_m: Annotated[float | None, typer.Option("--altitude-m", help="Altitude. Default: 0.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters: prefers a time zone of this country.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="IANA name. Default: that of the nearest city.")] = None,
    capacity_mw: Annotated[float | None, typer.Option("--capacity-mw", help="Installed IT power.")] = None,
    pue: Annotated[float | None, typer.Option(help="PUE of a year. Default: 1.2.")] = None,
    cooling: Annotated[str | None, typer.Option(help="evaporative (default), outside_air or chiller.")] = None,
    grid_limit_mw: Annotated[
        float | None, typer.Option("--grid-limit-mw", help="Default: the power of the full IT load plus 10 %.")
    ] = None,
    outdoor_limit_c: Annotated[float | None, typer.Option("--outdoor-limit-c", help="Default: none.")] = None,
    price_usd_per_mwh: Annotated[float | None, typer.Option("--price-usd-per-mwh", help="Default: none.")] = None,
    carbon: Annotated[str | None, typer.Option(help="Source of carbon. Default: none.")] = None,
    zone: Annotated[str | None, typer.Option(help="Zone of that source.")] = None,
    load_url: Annotated[str | None, typer.Option("--load-url", help="Prometheus server with the IT load.")] = None,
    load_query: Annotated[str | None, typer.Option("--load-query", help="Its query; one series.")] = None,
    load_unit: Annotated[str | None, typer.Option("--load-unit", help="Unit of the query. Default: W.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take the defaults.")] = False,
    add: Annotated[bool, typer.Option("--add", help="Add the region to a fleet file; its comments are lost.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The fleet file. Default: fleet.yaml in the workspace.")
    ] = None,
    home: HomeOption = HOME,
) -> None:
    """Make a fleet file with sources from a few questions.

    What no option states is asked; press Enter to take the default. Fan and fixed power are derived, so that the usual
    load has the stated PUE. Then each source is tried once, as `fleet sources check` does. --add adds a region.
    """
    given = {key: value for key, value in locals().items() if key in _QUESTIONS and value is not None}
    workspace = Workspace(home)
    path = out or workspace.fleet
    if path.exists() and not add:
        raise ConfigError(f"{path} exists already; give --add to add a region, or another file with --out")
    fleet = extended(load_fleet(path) if add else None, _answers(given, asks=not yes))
    if out is None:
        workspace.make()
    require_writable(path)
    write_text(path, dump_fleet(fleet, with_defaults=False))
    new = fleet.regions[-1]
    for line in (f"{path} has region {new.id}: {_derived(new, given)}", *_assumed(new, given, asks=not yes)):
        print_line(line)
    _try_sources(fleet, new, workspace)


def _derived(new: Region, given: Mapping[str, Any]) -> str:
    """Say which values follow from the answers."""
    grid = "" if given.get("grid_limit_mw") else " (without an answer: the full IT load plus 10 %)"
    return (
        f"fans {new.plant.fan_reference_mw:g} MW at full flow and {new.plant.fixed_mw:g} MW fixed power, derived from "
        f"the PUE; grid limit {new.grid_limit_mw:g} MW{grid}; local times in {new.time_zone}"
    )


def _assumed(new: Region, given: Mapping[str, Any], *, asks: bool) -> list[str]:
    """Say what was assumed without a question: the time zone and the altitude, and how to state them."""
    lines = []
    if "time_zone" not in given:
        zone = nearest_time_zone(new.latitude_deg, new.longitude_deg, given.get("country", ""))
        if zone.name == new.time_zone:
            other = "" if given.get("country") else "; --country prefers a zone of one country"
            lines.append(
                f"time zone: {zone.why}; the nearest city of the table of time zones is {zone.city} ({zone.country}), "
                f"{zone.distance_km:,.0f} km away. --time-zone states another one{other}"
            )
    if "altitude_m" not in given and not asks:
        lines.append(
            "altitude: 0 m, because none was stated; it is not looked up. It matters: thin air cools less, and the "
            "inlet limit is lower. --altitude-m states it"
        )
    return lines


def _try_sources(fleet: Fleet, new: Region, workspace: Workspace) -> None:
    """Try the sources of the new region, once and briefly, and say what comes next."""
    only_new = fleet.model_copy(update={"sources": {new.id: (fleet.sources or {})[new.id]}})
    with client_of(workspace, _ONE_SHORT_TRY) as client:
        trials = try_feeds(only_new, client, now_utc=now_utc())
    print_trials(trials)
    if all(trial.error for trial in trials):
        print_line("no source answered; without the network, use your own tables")
    print_line(
        "next: `fleet ingest table --file FILE` stores your own tables; `fleet ingest --all --since T` fetches the "
        "history from the sources, and `fleet sources check` tries them again"
    )


def _answers(given: dict[str, Any], *, asks: bool) -> SiteAnswers:
    """Return the answers, asking for those that are not given. Raises: ConfigError if one is missing."""
    answers: dict[str, Any] = {}
    for field, (question, usual) in _QUESTIONS.items():
        default = _default(field, usual, answers)
        needs = _ASKED_WITH.get(field)
        if field in given:
            answers[field] = given[field]
        elif not asks or (needs is not None and not answers[needs]):
            if default is None:
                raise ConfigError(f"--{_option(field)} is missing; give it, or leave out --yes to be asked")
            answers[field] = default
        else:
            kind = float if usual is None and field != "region" else None
            answers[field] = typer.prompt(question, default=default, type=kind)
        if field == "carbon" and answers[field] == "none":
            answers[field] = ""
    for field in _ZERO_IS_NONE:
        answers[field] = answers[field] or None
    # The country only helps to propose the time zone.
    del answers["country"]
    return SiteAnswers(**answers)


def _default(field: str, usual: Any, answers: Mapping[str, Any]) -> Any:
    """Return the answer if the person gives none, which may depend on earlier answers."""
    if field == "name":
        return answers["region"]
    if field == "time_zone":
        return nearest_time_zone(answers["latitude_deg"], answers["longitude_deg"], answers["country"]).name
    return usual


def _option(field: str) -> str:
    return field.removesuffix("_deg").replace("_", "-")
