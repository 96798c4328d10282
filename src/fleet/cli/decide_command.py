"""`fleet decide`: decisions of one hour, recorded in the ledger."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from fleet.cli.hour_request import hour_request, naming_packaged_fleet, print_notes, print_packaged_fleet
from fleet.cli.limit_text import print_limits
from fleet.cli.options import HOME, AtOption, ConfidenceOption, FleetOption, HomeOption, JsonOption
from fleet.cli.output import counted, print_line, print_table
from fleet.conformal.controller_numbers import published_numbers
from fleet.domain.clock import Hour, iso
from fleet.domain.job import Job
from fleet.domain.job_table import JobTable
from fleet.ledger import Ledger
from fleet.live.hour import LiveHour
from fleet.live.hour_totals import HourTotals
from fleet.placement import DEFAULT_POLICY, ORACLES, POLICIES
from fleet.preparation.observed_limit import limits_seen_at
from fleet.storage.files import require_writable, write_json
from fleet.workflows.decide_hour import decide_hour, without_collection
from fleet.workflows.open_workspace import deciding_ledger_of, read_jobs, remember_fleet

# A live hour cannot know the future, which the oracle needs.
_NAMES = tuple(name for name in POLICIES if name not in ORACLES)

# A table of a hundred thousand decisions takes minutes to print, and nobody reads it.
_MOST_PRINTED = 1_000


def decide(
    jobs: Annotated[Path, typer.Option(metavar="FILE", help="Parquet or CSV, one row per job.")],
    at: AtOption = None,
    policy: Annotated[str, typer.Option(help=" or ".join(_NAMES))] = DEFAULT_POLICY,
    confidence: ConfidenceOption = 0.95,
    fleet: FleetOption = None,
    home: HomeOption = HOME,
    json: JsonOption = None,
) -> None:
    """Decide the jobs that have arrived.

    The last known hour is the last hour that has ended (at 12:40 the hour from 11:00), even if the newest stored value
    is older. With --at it is a past hour. Missing values never make more power available. A region whose temperature,
    dew point or load has been missing for too long gets no new job from a policy that uses bounds (greedy, priced). The
    longest allowed gap is learnt from each series, and is 2 to 12 hours. If the newest value of all regions is more
    than 24 hours old, the command refuses.

    An invalid row is refused with its reason, and the other jobs are decided. The command lists running jobs that
    should be migrated, because the bounds of their region leave too little power. It does not move them.

    The pages of `fleet serve` show the hour. The first --fleet is copied into the workspace, for later commands.
    """
    request = hour_request(home, fleet, confidence, at)
    with without_collection():
        with naming_packaged_fleet(home, fleet):
            work = read_jobs(jobs, request.fleet)
            request.require_telemetry()
            require_writable(json)
            # Raises for an hour that cannot be decided, before the ledger is opened.
            _ = request.origin
        with deciding_ledger_of(request.workspace) as ledger:
            result = decide_hour(request, work.jobs, ledger, policy=policy, made_utc=request.now_utc)
            limits = limits_seen_at(request.checked.telemetry, request.fleet, result.origin_utc)
            totals = HourTotals.of(result.entries)
            if json is not None:
                content = _content(result, ledger, work, totals, request.fleet.region_ids)
                write_json(json, content | {"grid_limits": [limit.as_dict() for limit in limits]})
        remembered = remember_fleet(request.workspace, fleet)
        print_packaged_fleet(request, fleet)
        _print_hour(result, work, totals)
        print_limits(limits)
        curve = result.headroom
        print_notes(request, result.origin_utc, {} if curve is None else curve.why_unbounded)
        if remembered:
            print_line(remembered)


def _content(
    result: LiveHour, ledger: Ledger, work: JobTable, totals: HourTotals, region_ids: tuple[str, ...]
) -> dict[str, Any]:
    advised = {entry.id for entry in result.advices}
    advices = ledger.advices(mode="live", job_ids=[entry.advice.job_id for entry in result.advices])
    content: dict[str, Any] = {
        "origin_utc": iso(result.origin_utc),
        "decisions": ledger.explained_cells(result.entries),
        "advices": [advice.as_dict() for advice in advices if advice.id in advised],
        "refused": [asdict(refusal) for refusal in work.refused],
        "rounded": [asdict(rounding) for rounding in work.rounded],
        "changed": [asdict(change) for change in result.changed],
        "expired": [job.id for job in result.expired],
        "plan": {"objective_usd": result.objective_usd, "bound_usd": result.bound_usd},
        "totals": asdict(totals),
    }
    if result.controller is not None:
        content["controller"] = published_numbers(result.controller, region_ids)
    return content


def _why_too_late(job: Job, origin_utc: Hour) -> str:
    first = iso(origin_utc + np.timedelta64(1, "h"))
    return f"deadline_utc is {iso(job.deadline_utc)}, expected later than {first}; submit the job with a later one"


def _print_hour(result: LiveHour, work: JobTable, totals: HourTotals) -> None:
    decisions = [(entry.id, entry.decision) for entry in result.entries[:_MOST_PRINTED]]
    unprinted = len(result.entries) - len(decisions)
    more = (
        f"{counted(unprinted, 'more decision is', 'more decisions are')} not printed; --json FILE holds all; "
        if unprinted
        else ""
    )
    print_table(
        f"{counted(len(result.entries), 'decision', 'decisions')} at {iso(result.origin_utc)}",
        ("id", "job", "verdict", "region", "start", "reason"),
        [
            (
                *(entry_id, decision.job_id, decision.verdict.value, decision.region),
                None if decision.start_utc is None else iso(decision.start_utc),
                decision.reason,
            )
            for entry_id, decision in decisions
        ],
        spare=("reason", "id"),
        below=("job", "reason"),
        note=f"{more}{counted(result.early, 'has', 'have')} not arrived yet, "
        f"{counted(result.settled, 'was', 'were')} decided before, "
        f"{counted(len(result.expired), 'is', 'are')} too late",
    )
    if result.expired:
        print_table(
            f"{counted(len(result.expired), 'job is', 'jobs are')} too late, and not recorded",
            ("job", "reason"),
            [(job.id, _why_too_late(job, result.origin_utc)) for job in result.expired[:_MOST_PRINTED]],
        )
    if totals.placed_mwh:
        print_line(totals.sentence())
    if result.advices:
        moves = [
            (entry.decision_id, entry.advice.job_id, entry.advice.region, entry.advice.to_region, entry.advice.reason)
            for entry in result.advices
        ]
        print_table(
            f"{counted(len(moves), 'running job', 'running jobs')} should be migrated",
            ("decision", "job", "from", "to", "reason"),
            moves,
            spare=("reason", "decision"),
            below=("job", "reason"),
        )
    for one, many, named in (
        ("job differs from its decision", "jobs differ from their decision", result.changed),
        ("invalid row", "invalid rows", work.refused),
    ):
        if named:
            print_table(counted(len(named), one, many), ("job", "reason"), [(row.job_id, row.reason) for row in named])
    if work.rounded:
        print_table(
            f"{counted(len(work.rounded), 'job is', 'jobs are')} decided in full hours",
            ("job", "change"),
            [(rounding.job_id, rounding.change) for rounding in work.rounded],
        )
