"""The place that an override gives to a job. A place that overloads its region is refused unless it is forced."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour, iso
from fleet.errors import LedgerError
from fleet.ledger.records import DecisionRecord, ExplainedDecision, JobRecord
from fleet.units import exceeds

_ONE_HOUR = np.timedelta64(1, "h")


# Python reads bytes of the command line that are not UTF-8 as these code points.
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, kw_only=True)
class PlaceChoice:
    """The place that a person chooses for a job, when the person approves the job.

    Args:
        region, start_utc: choose among the places that the decision recorded; None accepts any.
        is_forced: the person accepts that the place overloads the region at the bound.
    """

    region: str | None = None
    start_utc: Hour | None = None
    is_forced: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordedPlace:
    """A place that a decision recorded. `left_mw` is the headroom beside the job; None without a finite bound."""

    region: str
    start_utc: Hour
    left_mw: float | None

    def __str__(self) -> str:
        return f"{self.region} from {iso(self.start_utc)}"


def approved_place(
    decision: ExplainedDecision, choice: PlaceChoice, later: Sequence[JobRecord], made_utc: str
) -> tuple[str, Hour]:
    """Return region and start of a job that a person approves.

    Args:
        later: the other live jobs that got their place after this decision. They may use headroom that the decision
            recorded.
        made_utc: the time of the override.
    Raises: LedgerError if no recorded place fits the choice, if the start has passed, or if the place overloads the
        region and the choice is not forced.
    """
    place = _recorded_place(decision, choice)
    hour = np.datetime64(made_utc.rstrip("Z")).astype("datetime64[h]")
    if place.start_utc < hour:
        raise LedgerError(
            f"the start of {place} has passed, now it is {made_utc}; "
            "choose a later recorded alternative with --region and --start, or submit the job again"
        )
    held = decision.overrides[-1] if decision.overrides else decision
    if not choice.is_forced and (held.region, held.start_utc) != (place.region, place.start_utc):
        _check_room(decision, place, later)
    return place.region, place.start_utc


def recorded_places(decision: DecisionRecord) -> list[RecordedPlace]:
    """Return the places that a person may approve: the place of the decision, then its alternatives."""
    places = [
        RecordedPlace(region=option.region, start_utc=option.start_utc, left_mw=option.headroom_left_mw)
        for option in decision.alternatives
    ]
    if decision.region is not None and decision.start_utc is not None:
        places.insert(0, RecordedPlace(region=decision.region, start_utc=decision.start_utc, left_mw=0.0))
    return places


def taken_since_mw(decision: ExplainedDecision, place: RecordedPlace, later: Sequence[JobRecord]) -> float:
    """Return the power of the jobs that got a place there, in some hour of the job, since the decision.

    Args:
        later: the other live jobs that got their place after this decision.
    """
    end = place.start_utc + decision.duration_h * _ONE_HOUR
    if decision.overrides and (place.region, place.start_utc) == (decision.region, decision.start_utc):
        # The job held this place until a person denied it. Only jobs placed after that can have taken its power.
        denied_after = decision.overrides[-1].after_seq or 0
        later = [record for record in later if record.placed_after >= denied_after]
    return sum(
        record.power_mw
        for record in later
        if record.region == place.region and record.end_utc > place.start_utc and record.begins_before(end)
    )


def _recorded_place(decision: DecisionRecord, choice: PlaceChoice) -> RecordedPlace:
    places = recorded_places(decision)
    if not places:
        raise LedgerError(f"decision {decision.id} has no place to approve: the job's window had closed")
    for place in places:
        if choice.region in (None, place.region) and choice.start_utc in (None, place.start_utc):
            return place
    asked = " from ".join(
        part for part in (choice.region, None if choice.start_utc is None else iso(choice.start_utc)) if part
    )
    recorded = ", ".join(str(place) for place in places)
    raise LedgerError(
        f"decision {decision.id} recorded no place {asked}, expected one of: {recorded}; "
        "for a region that the job does not allow, submit the job again with it"
    )


def _check_room(decision: ExplainedDecision, place: RecordedPlace, later: Sequence[JobRecord]) -> None:
    if place.left_mw is None:
        raise LedgerError(f"no bound can be given for {place}, so it may overload the region; --force approves it")
    since_mw = taken_since_mw(decision, place, later)
    if exceeds(since_mw, place.left_mw):
        over_mw = since_mw - place.left_mw
        since = f", with {since_mw:g} MW placed there since the decision" if since_mw else ""
        raise LedgerError(f"{place} is overloaded by {over_mw:.3g} MW at the bound{since}; --force approves it")


def check_words(by: str, reason: str) -> None:
    """Refuse an override without a name or a reason. Raises: LedgerError."""
    if not by.strip() or not reason.strip():
        raise LedgerError("an override needs a name and a reason, found an empty one")
    if any(ord(letter) in _SURROGATES for letter in by + reason):
        raise LedgerError("the name or reason holds bytes that are no text, expected UTF-8")
