"""Checks the section `sources` of a fleet: known regions and columns, columns that a source has, one kind of carbon."""

from collections.abc import Collection, Mapping, Sequence

from fleet.domain.feed import AnyFeed, PrometheusFeed, label_of
from fleet.domain.quantities import QUANTITIES
from fleet.domain.unit_conversion import conversion
from fleet.errors import DataError

MARGINAL, AVERAGE = "marginal_carbon_g_per_kwh", "carbon_g_per_kwh"
Wiring = Mapping[str, Mapping[str, Sequence[AnyFeed]]]


def check_feeds(sources: Wiring, region_ids: Collection[str]) -> None:
    """Check the sources of a fleet.

    Args:
        sources: region -> column -> its sources; the first one that has a value of an hour counts.
        region_ids: ids of the fleet's regions.
    Raises: ValueError with the first fault.
    """
    for region, columns in sources.items():
        if region not in region_ids:
            raise ValueError(f"sources names region {region!r}, expected one of {', '.join(region_ids)}")
        for column, feeds in columns.items():
            where = f"sources.{region}.{column}"
            if column not in QUANTITIES:
                raise ValueError(f"{where} is not a column, expected one of {', '.join(QUANTITIES)}")
            for feed in feeds:
                _check_column(where, column, feed)
                _check_unit(where, column, feed)
            labels = [label_of(feed) for feed in feeds]
            repeated = next((label for label in labels if labels.count(label) > 1), None)
            if repeated is not None:
                raise ValueError(f"{where} names the source {repeated!r} twice, expected each once")


def _check_column(where: str, column: str, feed: AnyFeed) -> None:
    if "*" in feed.columns or column in feed.columns:
        return
    if column == AVERAGE and MARGINAL in feed.columns:
        raise ValueError(
            f"{where}: {feed.source} gives marginal carbon, and {column} is average carbon; the two are never mixed: "
            f"wire {feed.source} to {MARGINAL}"
        )
    raise ValueError(f"{where}: {feed.source} does not give this column, expected one of {', '.join(feed.columns)}")


def _check_unit(where: str, column: str, feed: AnyFeed) -> None:
    """Refuse a unit that the column cannot have. Other sources state their unit in the answer."""
    if isinstance(feed, PrometheusFeed):
        try:
            conversion(column, feed.unit, factor=feed.factor)
        except DataError as error:
            raise ValueError(f"{where}: {error}") from error
