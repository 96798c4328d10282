"""What a person should know before approving a job: the places, what would breach there, and who else runs there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour, iso
from fleet.ledger import ExplainedDecision, JobRecord, Ledger, NeededJobs
from fleet.ledger.override_place import recorded_places, taken_since_mw

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class PlaceCheck:
    """One place that a person may approve.

    Args:
        left_mw: headroom at the bound that is left beside the job and beside later approvals; negative if the job
            overloads the region; None if no bound can be given.
        neighbours: the other live jobs that run in the region during the job, the earliest first.
        has_passed: the start is in the past.
    """

    region: str
    start_utc: Hour
    left_mw: float | None
    neighbours: Sequence[JobRecord]
    has_passed: bool

    @property
    def needs_force(self) -> bool:
        """Tell whether an approval overloads the region at the bound, or no bound can be given."""
        return self.left_mw is None or self.left_mw < 0

    @property
    def neighbours_mw(self) -> float:
        """The power of the neighbours together."""
        return sum(record.power_mw for record in self.neighbours)

    @property
    def neighbours_text(self) -> str:
        """The number of the neighbours in words."""
        count = len(self.neighbours)
        return "no other job" if not count else "1 other job" if count == 1 else f"{count:,} other jobs"

    def sentence(self, label: str) -> str:
        """Return what would happen, as one sentence. `label` names the region."""
        place = f"{label} from {iso(self.start_utc)}"
        others = f"in these hours it shares the region with {self.neighbours_text}, {self.neighbours_mw:.1f} MW"
        if self.has_passed:
            return f"{place}: the start has passed."
        if self.left_mw is None:
            return f"{place}: no bound can be given, so the job may overload the region; {others}."
        if self.left_mw < 0:
            return f"{place}: the job would exceed the limit by {-self.left_mw:.1f} MW at the bound; {others}."
        return f"{place}: safe at the bound, with {self.left_mw:.1f} MW left; {others}."


def approval_checks(ledger: Ledger, decision: ExplainedDecision, now_utc: str) -> Sequence[PlaceCheck]:
    """Return the places that a person may approve for the job, the place of the decision first.

    Args:
        decision: a live decision.
        now_utc: the current time, as ISO text.
    """
    hour = np.datetime64(now_utc.rstrip("Z")).astype("datetime64[h]")
    others = [
        record
        for record in ledger.jobs(mode="live", needed=NeededJobs(ending_after=hour))
        if record.has_place and record.job_id != decision.job_id
    ]
    later = [record for record in others if record.placed_after >= decision.seq]
    checks = []
    for place in recorded_places(decision):
        end = place.start_utc + decision.duration_h * _ONE_HOUR
        neighbours = [
            record
            for record in others
            if record.region == place.region and record.end_utc > place.start_utc and record.begins_before(end)
        ]
        left_mw = None if place.left_mw is None else place.left_mw - taken_since_mw(decision, place, later)
        checks.append(
            PlaceCheck(
                region=place.region,
                start_utc=place.start_utc,
                left_mw=left_mw,
                neighbours=sorted(neighbours, key=lambda record: (str(record.start_utc), record.job_id)),
                has_passed=bool(place.start_utc < hour),
            )
        )
    return checks
