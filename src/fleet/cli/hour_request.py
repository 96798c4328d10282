"""What the commands on the present hour share: `decide`, `forecast` and `headroom`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from fleet.cli.held_text import recent_sentence
from fleet.cli.options import now_utc
from fleet.cli.output import print_line
from fleet.domain.clock import Hour, iso, parse_hour
from fleet.errors import ConfigError, DataError
from fleet.preparation.settings import Settings
from fleet.storage.workspace import Workspace
from fleet.workflows.decide_hour import HourRequest
from fleet.workflows.open_workspace import fleet_of, is_packaged

# The tables of hundreds of regions take seconds to print, and nobody reads them.
_MOST_PRINTED = 30


def hour_request(home: Path, fleet: Path | None, confidence: float, at: str | None) -> HourRequest:
    """Return the request of the present hour, or of a past one.

    Raises: DataError or ConfigError for a fleet or an hour that cannot be read.
    """
    workspace = Workspace(home)
    return HourRequest(
        workspace=workspace,
        fleet=fleet_of(workspace, fleet),
        settings=Settings(confidence=confidence),
        now_utc=now_utc(),
        at=None if at is None else parse_hour(at),
    )


@contextmanager
def naming_packaged_fleet(home: Path, fleet: Path | None) -> Iterator[None]:
    """Say in a refusal that names regions that they are of the packaged fleet, if no fleet file was found.

    Raises: the error of the block.
    """
    try:
        yield
    except (DataError, ConfigError) as error:
        if "region" not in str(error) or not is_packaged(Workspace(home), fleet):
            raise
        raise type(error)(f"{error}; this is the packaged fleet: name yours with --fleet FILE") from error


def print_packaged_fleet(request: HourRequest, fleet: Path | None) -> None:
    """Say that the packaged fleet is used, if no fleet file was found. Args: fleet: the option --fleet."""
    if is_packaged(request.workspace, fleet):
        regions = ", ".join(request.fleet.region_ids)
        print_line(
            f"This is the packaged fleet of {regions}: there is no {request.workspace.fleet}. Name yours with --fleet "
            "FILE."
        )


def require_page(plot: Path | None) -> None:
    """Raises: ConfigError if the file of a figure is no HTML page."""
    if plot is not None and plot.suffix not in {".html", ".htm"}:
        raise ConfigError(f"{plot} has suffix {plot.suffix or 'none'!r}, expected .html")


def print_regions(shown: Sequence[str], print_region: Callable[[str], None]) -> None:
    """Print the tables of the first regions, and say how many are not printed."""
    for name in shown[:_MOST_PRINTED]:
        print_region(name)
    unprinted = len(shown) - _MOST_PRINTED
    if unprinted > 0:
        print_line(f"{unprinted:,} more regions are not printed; name one with --region, or --json FILE holds all.")


def print_notes(request: HourRequest, origin_utc: Hour, without_bound: Mapping[str, str]) -> None:
    """Print what the user should know of the inputs: their age, held values, missing bounds, and the snapshots.

    Args:
        without_bound: region -> why it has no bound.
    """
    closed = [f"{region} gets no bound: {why}." for region, why in islice(without_bound.items(), _MOST_PRINTED)]
    for sentence in (_age_sentence(request), recent_sentence(request.checked, origin_utc), *closed, *request.notes):
        if sentence:
            print_line(sentence)


def _age_sentence(request: HourRequest) -> str:
    """Return how old the newest observed value is; an empty text if it is of the last hour that counts as known."""
    hours = request.missing_h
    if not hours:
        return ""
    return (
        f"The newest observed value is of {iso(request.newest)}, {hours:,} h before the last known hour "
        f"{iso(request.origin)}; the hours since then count as missing."
    )
