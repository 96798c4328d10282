"""Searches the recorded decisions: filter, text, order and page. The database does the work, however long it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, or_, select

from fleet.domain.clock import Hour, iso, parse_hour
from fleet.domain.decision import Verdict
from fleet.errors import ConfigError
from fleet.ledger.history import with_history
from fleet.ledger.records import ExplainedDecision, Mode
from fleet.ledger.tables import decisions, overrides

ORDERS = ("made", "job", "power", "start", "cost")
_MOST_ROWS = 10_000


@dataclass(frozen=True, kw_only=True)
class DecisionSearch:
    """What to look for. A condition that is None or empty is not applied.

    Args:
        verdicts: what holds now: the verdict of the latest override, or of the decision itself.
        region: where the job runs now; for a job without a place, the region of its binding limit.
        limit: label of the binding limit.
        text: part of the job's id or of the reason, or the first characters of the decision's id.
        since, until: first and last hour that was the last known one when the decision was made.
        without_place: True for jobs that have no place now.
        newest: True for the latest decision on each job alone.
        order: one of ORDERS; falling for `made`, `power` and `cost`, rising for the others.
        most, skip: size of the page, and the number of decisions before it.
    Raises: ConfigError for an order or a size that is not known.
    """

    mode: Mode | None = None
    verdicts: Sequence[Verdict] = ()
    region: str | None = None
    limit: str | None = None
    text: str = ""
    contested: bool | None = None
    overridden: bool | None = None
    since: Hour | None = None
    until: Hour | None = None
    without_place: bool | None = None
    newest: bool = False
    order: str = "made"
    most: int = 50
    skip: int = 0

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise ConfigError(f"order {self.order!r} is unknown, expected one of {', '.join(ORDERS)}")
        if not (1 <= self.most <= _MOST_ROWS and self.skip >= 0):
            raise ConfigError(
                f"a page of {self.most} decisions after {self.skip} was asked, expected 1 to {_MOST_ROWS:,} after 0 or "
                "more"
            )


@dataclass(frozen=True, kw_only=True)
class FoundDecisions:
    """One page of decisions, and how many there are on all pages."""

    decisions: Sequence[ExplainedDecision]
    count: int


def search(connection: Connection, wanted: DecisionSearch, names: Mapping[str, str]) -> FoundDecisions:
    """Return one page of the decisions that fit.

    Args:
        names: earlier id of a region -> its current id.
    """
    latest = overrides.alias("latest_override")
    newest = select(func.max(overrides.c.seq)).group_by(overrides.c.decision_id)
    joined = decisions.outerjoin(latest, and_(latest.c.decision_id == decisions.c.id, latest.c.seq.in_(newest)))
    conditions = _conditions(wanted, latest, names)
    count = connection.scalar(select(func.count()).select_from(joined).where(*conditions)) or 0
    page = select(*decisions.c).select_from(joined).where(*conditions).order_by(*_order(wanted.order))
    rows = connection.execute(page.limit(wanted.most).offset(wanted.skip)).mappings().all()
    return FoundDecisions(decisions=with_history(connection, rows, names), count=count)


def denied_hours(connection: Connection, mode: Mode) -> list[Hour]:
    """Return the hours that were the last known ones of a denial, each once, the earliest first."""
    query = select(decisions.c.origin_utc).where(decisions.c.mode == mode, decisions.c.verdict == Verdict.DENY.value)
    return [parse_hour(hour) for hour in connection.scalars(query.distinct().order_by(decisions.c.origin_utc))]


def _conditions(wanted: DecisionSearch, latest: FromClause, names: Mapping[str, str]) -> list[ColumnElement[bool]]:
    is_overridden = latest.c.seq.is_not(None)
    region = case((is_overridden, latest.c.region), else_=decisions.c.region)
    conditions: list[ColumnElement[bool]] = []
    if wanted.mode is not None:
        conditions.append(decisions.c.mode == wanted.mode)
    if wanted.verdicts:
        conditions.append(func.coalesce(latest.c.verdict, decisions.c.verdict).in_([*map(str, wanted.verdicts)]))
    if wanted.region is not None:
        ids = [wanted.region, *(earlier for earlier, current in names.items() if current == wanted.region)]
        conditions.append(func.coalesce(region, decisions.c.binding["region"].as_string()).in_(ids))
    if wanted.limit is not None:
        conditions.append(decisions.c.binding["limit"].as_string() == wanted.limit)
    if wanted.text.strip():
        part = wanted.text.strip().lower()
        found = [func.lower(column).contains(part, autoescape=True) for column in (decisions.c.job_id, _reason())]
        conditions.append(or_(*found, decisions.c.id.startswith(part, autoescape=True)))
    if wanted.contested is not None:
        conditions.append(decisions.c.contested == wanted.contested)
    if wanted.overridden is not None:
        conditions.append(is_overridden if wanted.overridden else latest.c.seq.is_(None))
    if wanted.without_place is not None:
        conditions.append(region.is_(None) if wanted.without_place else region.is_not(None))
    # The alphabetical order of ISO texts in UTC is their order in time.
    if wanted.since is not None:
        conditions.append(decisions.c.origin_utc >= iso(wanted.since))
    if wanted.until is not None:
        conditions.append(decisions.c.origin_utc <= iso(wanted.until))
    if wanted.newest:
        newest = select(func.max(decisions.c.seq)).group_by(decisions.c.mode, decisions.c.job_id)
        conditions.append(decisions.c.seq.in_(newest))
    return conditions


def _reason() -> ColumnElement[str]:
    return func.coalesce(decisions.c.reason, "")


def _order(name: str) -> tuple[ColumnElement[Any], ...]:
    newest_first = decisions.c.made_utc.desc(), decisions.c.seq.desc()
    first: Mapping[str, tuple[ColumnElement[Any], ...]] = {
        "made": (),
        "job": (decisions.c.job_id.asc(),),
        "power": (decisions.c.power_mw.desc(),),
        "start": (decisions.c.start_utc.is_(None), decisions.c.start_utc.asc()),
        "cost": (func.coalesce(decisions.c.expected["cost_usd"].as_float(), -1.0).desc(),),
    }
    return (*first[name], *newest_first)
