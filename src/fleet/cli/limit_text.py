"""Observed grid limits in sentences."""

from collections.abc import Iterable

from fleet.cli.output import print_line
from fleet.domain.clock import iso
from fleet.preparation.observed_limit import ObservedLimit


def print_limits(limits: Iterable[ObservedLimit]) -> None:
    """Print each observed limit that is below the limit of the fleet file, or that was last observed long ago."""
    for limit in limits:
        if limit.is_below or limit.is_silent:
            print_line(limit_sentence(limit))


def limit_sentence(limit: ObservedLimit) -> str:
    """Return the last observed limit and its hour, which limit holds, and the age of the observation if it is old."""
    contract = f"the {limit.contract_mw:g} MW of the fleet file"
    sentence = (
        f"{limit.region}: the grid limit was last observed as {limit.observed_mw:g} MW at {iso(limit.observed_utc)}"
    )
    if limit.is_below:
        sentence = f"{sentence}, below {contract}; it holds until a newer value is ingested."
    else:
        sentence = f"{sentence}, not below {contract}, which hold."
    if limit.is_silent:
        since = "the utility may have changed the limit since"
        sentence = f"{sentence} No value for {limit.age_h:,} h: {since}. Ingest grid_limit_mw."
    return sentence
