"""Tables for sites without a fitted table: weighted means of fitted tables, and tables of the southern hemisphere."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from fleet.errors import ConfigError

Table = TypeVar("Table")

_MONTHS = 12


def table_of(tables: Mapping[str, Table], choice: str | Mapping[str, float] | None, *, region: str, key: str) -> Table:
    """Return the table with the given name, or the weighted mean of several tables.

    Args:
        tables: name -> table. A table is a frozen dataclass of floats, tuples of floats and such dataclasses; all
            tables have the same fields.
        choice: a name, or shares by name that add up to one.
        region, key: id of the region and key of its `twin` section, for messages.
    Raises: ConfigError if `choice` is empty or names an unknown table.
    """
    shares: Mapping[str, float] = {choice: 1.0} if isinstance(choice, str) else choice or {}
    unknown = [name for name in shares if name not in tables]
    if unknown or not shares:
        found = repr(unknown[0]) if unknown else "missing"
        raise ConfigError(
            f"region {region}: twin.{key} is {found}, expected one of {', '.join(sorted(tables))}; "
            f"set twin.{key} in the fleet file, or make only the parts that do not need it"
        )
    return cast(Table, _mean([tables[name] for name in shares], list(shares.values())))


def southern(table: Table) -> Table:
    """Return the table with its seasons moved by half a year, as they are south of the equator."""
    return cast(Table, _moved_half_a_year(table))


def _moved_half_a_year(table: Any) -> Any:
    changes: dict[str, Any] = {}
    for field in fields(table):
        value = getattr(table, field.name)
        if is_dataclass(value):
            changes[field.name] = _moved_half_a_year(value)
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
        return tuple(_mean(list(values), shares) for values in zip(*parts, strict=True))
    return sum(share * part for share, part in zip(shares, parts, strict=True))
