"""Aggregates the samples within an hour to one value per hour, each column by a stated rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.quantities import QUANTITIES
from fleet.errors import ConfigError, DataError

RULES = ("mean", "max", "last")
# Limits must hold in the whole hour, so these columns take the worst value of the hour.
WORST: Mapping[str, str] = {"temperature_c": "max", "dew_point_c": "max", "it_load_mw": "max", "grid_limit_mw": "min"}
# An hour with a smaller share of its usual stamps may lack its worst value.
_ENOUGH = 0.75
_HOUR_S = 3_600
_USUAL, _IS_FULL = "usual stamps", "is full"


@dataclass(frozen=True, kw_only=True)
class Resampled:
    """A table after `resample`.

    rules: column -> the rule that was used; empty if nothing was resampled.
    stamps: number of rows that were resampled; 0 if nothing was.
    left_out: number of hours that were left out because they had too few stamps.
    """

    frame: pl.DataFrame
    rules: Mapping[str, str]
    stamps: int
    left_out: int


def parse_rules(words: Sequence[str]) -> Mapping[str, str]:
    """Return column -> rule, and "" -> the rule of all columns outside WORST that are not named.

    Args:
        words: each RULE or COLUMN=RULE.
    Raises: ConfigError for an unknown rule or column, or a rule that is given twice.
    """
    rules: dict[str, str] = {}
    for word in words:
        column, _, rule = word.rpartition("=")
        if rule not in RULES:
            raise ConfigError(f"--resample is {word!r}, expected {', '.join(RULES)}, or COLUMN=RULE with one of these")
        if column and column not in QUANTITIES:
            raise ConfigError(f"--resample names column {column!r}, expected one of {', '.join(QUANTITIES)}")
        if column in rules:
            raise ConfigError(f"--resample gives {column or 'the rule of all columns'} twice, expected it once")
        rules[column] = rule
    return rules


def resample(frame: pl.DataFrame, rules: Mapping[str, str], *, table: str) -> Resampled:
    """Return a table with one row per region and hour. A stamp belongs to the hour in which it lies.

    An hour with fewer than three quarters of its usual stamps is left out. A column with fewer values than that has no
    value in the hour. A table with only full hours, or with a stamp that cannot be read, is returned unchanged.

    Args:
        frame: `time_utc`, columns of numbers, and perhaps `region`.
        rules: result of `parse_rules`. A column that is not named takes its worst value if it is in WORST. Otherwise it
            takes the rule of "", or the mean if there is none.
        table: name of the table, for messages.
    Raises: DataError if stamps lie between full hours and no rule is given, a stamp occurs twice, or no hour is left.
    """
    if "time_utc" not in frame.columns or frame.height == 0:
        return Resampled(frame=frame, rules={}, stamps=0, left_out=0)
    instants, unreadable = clock.read_instants(frame["time_utc"], table=table)
    seconds = instants.astype("datetime64[s]").astype(np.int64)
    between = np.flatnonzero(seconds % _HOUR_S)
    if unreadable or not between.size:
        return Resampled(frame=frame, rules={}, stamps=0, left_out=0)
    if not rules:
        row = between[0]
        raise DataError(
            f"{table}: time_utc is {instants[row].astype('datetime64[s]')} in row {row} (between full hours), "
            f"{clock.EXPECTED_HOURS}; --resample mean, max or last brings stamps to hours"
        )
    hours = by_hour(frame.with_columns(time_utc=pl.Series(instants).dt.replace_time_zone("UTC")), rules, table=table)
    if not hours.frame.height:
        raise DataError(f"{table} has no hour with {_ENOUGH:.0%} of its usual stamps, expected at least one")
    return hours


def by_hour(stamped: pl.DataFrame, rules: Mapping[str, str], *, table: str, step_s: float | None = None) -> Resampled:
    """Return a table with one row per hour, as `resample` does; it has no row if every hour has too few stamps.

    Args:
        stamped: `time_utc` as datetimes of UTC, columns of numbers, and perhaps `region`.
        rules, table: as for `resample`.
        step_s: time between two stamps [s]; None takes the median of those in the table.
    Raises: DataError if a stamp occurs twice.
    """
    keys = [name for name in ("region",) if name in stamped.columns]
    stamped = stamped.sort("time_utc")
    if stamped.select(*keys, "time_utc").is_duplicated().any():
        repeated = stamped.filter(stamped.select(*keys, "time_utc").is_duplicated()).row(0, named=True)
        raise DataError(f"{table} has {repeated['time_utc']:%Y-%m-%dT%H:%M:%SZ} twice, expected each stamp once")
    columns = [name for name in stamped.columns if name not in (*keys, "time_utc") and stamped[name].dtype.is_numeric()]
    used = {name: rules.get(name) or WORST.get(name) or rules.get("") or "mean" for name in columns}
    usual = _stamps_per_hour(step_s)
    usual = usual.over(keys) if keys and step_s is None else usual
    hours = (
        stamped.with_columns(usual.alias(_USUAL))
        .group_by([*keys, pl.col("time_utc").dt.truncate("1h")], maintain_order=True)
        .agg(*(_by_rule(name, rule) for name, rule in used.items()), (pl.len() >= _enough()).alias(_IS_FULL))
    )
    full = hours.filter(_IS_FULL).drop(_IS_FULL)
    return Resampled(frame=full, rules=used, stamps=stamped.height, left_out=hours.height - full.height)


def _stamps_per_hour(step_s: float | None) -> pl.Expr:
    """Return how many stamps an hour of a region usually has; 1 if the stamps are an hour or more apart."""
    usual_s = pl.col("time_utc").diff().dt.total_seconds().median() if step_s is None else pl.lit(step_s)
    return (_HOUR_S / usual_s).fill_null(1.0).clip(lower_bound=1.0)


def _enough() -> pl.Expr:
    return _ENOUGH * pl.col(_USUAL).first()


def _by_rule(name: str, rule: str) -> pl.Expr:
    values = pl.col(name).cast(pl.Float64).fill_nan(None).drop_nulls()
    by_rule = {"mean": values.mean(), "max": values.max(), "min": values.min(), "last": values.last()}[rule]
    return pl.when(values.len() >= _enough()).then(by_rule).alias(name)
