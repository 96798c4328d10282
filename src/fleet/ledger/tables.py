"""The ledger's tables, the same in every database. Rows are only added: see `ledger.dialects`."""

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

# Times are ISO texts in UTC, because their alphabetical order is their order in time in every database.
metadata = MetaData()


def _order() -> Column[int]:
    """The order of writing, which also orders rows of the same second."""
    return Column("seq", Integer, primary_key=True, autoincrement=False)


def _hashes() -> tuple[Column[str], Column[str]]:
    """The hash of the previous row, and the hash of this row together with that hash; see `ledger.chain`."""
    return Column("previous_hash", String(64)), Column("row_hash", String(64))


# Columns that older ledgers lack. Where such a column is null, the hash of the row leaves it out.
LATER = frozenset({"asked", "after_seq", "remedies"})


def _after() -> Column[int]:
    """The `seq` of the newest decision when this row was written. It orders rows of hosts whose clocks differ."""
    return Column("after_seq", Integer)


decisions = Table(
    "decisions",
    metadata,
    _order(),
    Column("id", String(16), nullable=False, unique=True),
    Column("job_id", String(200), nullable=False),
    Column("made_utc", String(32), nullable=False, index=True),
    Column("origin_utc", String(32), nullable=False),
    Column("mode", String(10), nullable=False),
    Column("policy", Text, nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("region", Text),
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
    Column("model", Text, nullable=False),
    Column("bands", Text, nullable=False),
    Column("input_hash", String(64), nullable=False),
    # Null in the rows that were written before this column existed.
    Column("asked", JSON(none_as_null=True)),
    # Null where nothing was recorded: the job has a place, or no change would free it.
    Column("remedies", JSON(none_as_null=True)),
    _after(),
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
    Column("region", Text),
    Column("start_utc", String(32)),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _after(),
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
    Column("region", Text, nullable=False),
    Column("to_region", Text),
    Column("binding", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("input_hash", String(64), nullable=False),
    *_hashes(),
)

Index("decisions_by_mode", decisions.c.mode, decisions.c.made_utc)
Index("decisions_by_job", decisions.c.mode, decisions.c.job_id)
Index("decisions_by_origin", decisions.c.mode, decisions.c.origin_utc)
# These indexes hold every column that the search for jobs which have not ended needs, so no row is read for it.
Index("decisions_by_start", decisions.c.mode, decisions.c.start_utc, decisions.c.duration_h, decisions.c.job_id)
Index("decisions_by_duration", decisions.c.mode, decisions.c.duration_h)
Index("overrides_by_start", overrides.c.start_utc)

# One row for each job that was submitted or cancelled.
submissions = Table(
    "submissions",
    metadata,
    _order(),
    Column("id", String(16), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("made_utc", String(32), nullable=False),
    Column("by", Text, nullable=False),
    # The idempotency key of the request; null if the client gave none.
    Column("request_key", String(200)),
    Column("body_hash", String(64), nullable=False),
    # The position of the job in the request.
    Column("position", Integer, nullable=False),
    Column("job_id", String(200), nullable=False, index=True),
    Column("deadline_utc", String(32), nullable=False, index=True),
    Column("job", JSON, nullable=False),
    # The decision that the submission was answered with; null if the job was queued.
    Column("decision_id", String(16), ForeignKey("decisions.id")),
    Column("note", Text, nullable=False),
    *_hashes(),
)

# What became of approved jobs.
outcomes = Table(
    "outcomes",
    metadata,
    _order(),
    Column("id", String(16), nullable=False, unique=True),
    Column("decision_id", String(16), ForeignKey("decisions.id"), nullable=False, unique=True),
    Column("job_id", String(200), nullable=False),
    Column("made_utc", String(32), nullable=False),
    Column("region", Text, nullable=False),
    Column("start_utc", String(32), nullable=False),
    Column("end_utc", String(32), nullable=False, index=True),
    # Null if no hour breached and some hour cannot be judged.
    Column("breached", Boolean),
    *_hashes(),
)

# The newest row of a token counts; a revocation is a row of its own.
tokens = Table(
    "tokens",
    metadata,
    _order(),
    Column("id", String(16), nullable=False, unique=True),
    Column("token_id", String(16), nullable=False),
    Column("made_utc", String(32), nullable=False),
    Column("by", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", String(10), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("expires_utc", String(32), nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("is_revoked", Boolean, nullable=False),
    *_hashes(),
)

# One row for each write: who did what, and the newest row of each table afterwards. So all tables have one order.
journal = Table(
    "journal",
    metadata,
    _order(),
    Column("id", String(16), nullable=False, unique=True),
    Column("made_utc", String(32), nullable=False),
    Column("by", Text, nullable=False),
    Column("action", String(20), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("heads", JSON, nullable=False),
    *_hashes(),
)

Index("submissions_by_key", submissions.c.by, submissions.c.request_key, submissions.c.position, unique=True)

# The tables of the first version, and those that came with the service.
FIRST = (decisions, overrides, advices)
SERVICE = (submissions, outcomes, tokens)
CHAINED = (*FIRST, *SERVICE, journal)
