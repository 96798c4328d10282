"""Tables between tables: a site's climate or grid may lie between those that were fitted."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from fleet.errors import ConfigError

Table = TypeVar("Table")

_MONTHS = 12


def table_of(tables: Mapping[str, Table], asked: str | Mapping[str, float] | None, *, region: str, key: str) -> Table:
    """The table of that name, or the mean of several by their shares.

    Args:
        tables: frozen dataclasses of floats, tuples of floats and such dataclasses, alike in shape.
        region, key: what asks, for messages.
    Raises: ConfigError if no table is asked for, or one that is not known.
    """
    shares: Mapping[str, float] = {asked: 1.0} if isinstance(asked, str) else asked or {}
    unknown = [name for name in shares if name not in tables]
    if unknown or not shares:
        raise ConfigError(
            f"region {region}: twin.{key} is {unknown[0] if unknown else 'missing'}, expected one of "
            f"{', '.join(sorted(tables))}; name one or leave out the parts that need it"
        )
    return cast(Table, _mean([tables[name] for name in shares], list(shares.values())))


def southern(table: Table) -> Table:
    """The table as it would be across the equator: the same seasons, half a year later."""
    return cast(Table, _turned(table))


def _turned(table: Any) -> Any:
    changes: dict[str, Any] = {}
    for field in fields(table):
        value = getattr(table, field.name)
        if is_dataclass(value):
            changes[field.name] = _turned(value)
        elif isinstance(value, tuple) and len(value) == _MONTHS and not field.metadata.get("of_the_day"):
            changes[field.name] = value[_MONTHS // 2 :] + value[: _MONTHS // 2]
    if {"january", "july"} <= changes.keys():
        changes["january"], changes["july"] = changes["july"], changes["january"]
    return replace(table, **changes)


def _mean(parts: list[Any], shares: list[float]) -> Any:
    first = parts[0]
    if len(parts) == 1:
        return first
    if is_dataclass(first) and not isinstance(first, type):
        return replace(first, **{f.name: _mean([getattr(p, f.name) for p in parts], shares) for f in fields(first)})
    if isinstance(first, tuple):
        return tuple(_mean(list(each), shares) for each in zip(*parts, strict=True))
    return sum(share * part for share, part in zip(shares, parts, strict=True))
