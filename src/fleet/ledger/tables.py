"""The ledger's tables. Rows are only ever added: the database itself refuses to change or delete one."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

# Times are ISO texts of UTC. Their alphabetical order is their order in time, in every database.
metadata = MetaData()


def _order() -> Column[int]:
    """The order of writing, which also orders rows of the same second."""
    return Column("seq", Integer, primary_key=True)


def _hashes() -> tuple[Column[str], Column[str]]:
    """The hash of the row before, and of this row with it; see `ledger.chain`."""
    return Column("previous_hash", String(64)), Column("row_hash", String(64))


decisions = Table(
    "decisions",
    metadata,
    _order(),
    Column("id", String(16), nullable=False, unique=True),
    Column("job_id", String(200), nullable=False, index=True),
    Column("made_utc", String(32), nullable=False, index=True),
    Column("origin_utc", String(32), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("policy", String(40), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("region", String(80)),
    Column("start_utc", String(32)),
    Column("duration_h", Integer, nullable=False),
    Column("power_mw", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("binding", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("alternatives", JSON, nullable=False),
    Column("expected", JSON, nullable=False),
    Column("saved", JSON, nullable=False),
    Column("contested", Boolean, nullable=False),
    Column("model", String(80), nullable=False),
    Column("bands", String(80), nullable=False),
    Column("input_hash", String(64), nullable=False),
    # Null in the rows that were written before this column existed.
    Column("asked", JSON(none_as_null=True)),
    *_hashes(),
)

overrides = Table(
    "overrides",
    metadata,
    _order(),
    Column("id", String(16), nullable=False, unique=True),
    Column("decision_id", String(16), ForeignKey("decisions.id"), nullable=False, index=True),
    Column("made_utc", String(32), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("region", String(80)),
    Column("start_utc", String(32)),
    Column("by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    *_hashes(),
)

advices = Table(
    "advices",
    metadata,
    _order(),
    Column("id", String(16), nullable=False, unique=True),
    Column("job_id", String(200), nullable=False, index=True),
    Column("decision_id", String(16), ForeignKey("decisions.id")),
    Column("made_utc", String(32), nullable=False),
    Column("origin_utc", String(32), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("region", String(80), nullable=False),
    Column("to_region", String(80)),
    Column("binding", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("input_hash", String(64), nullable=False),
    *_hashes(),
)

Index("decisions_by_mode", decisions.c.mode, decisions.c.made_utc)

CHAINED = (decisions, overrides, advices)
