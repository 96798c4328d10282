"""Checks the promise against a replay, and names the region and season with the highest breach rate.

The promise: in the long run, at most a share of 1 - confidence of the contested jobs that the default policy approved
is breached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from fleet.dashboard import theme
from fleet.dashboard.data.outcome_data import OPTIMISED, judged_contested_jobs, judged_jobs
from fleet.dashboard.data.tile_data import Tile, interval_text, percent, tiles_of
from fleet.dashboard.data.workspace_data import ReplayData
from fleet.domain.clock import SEASONS
from fleet.domain.region import Fleet
from fleet.evaluation.intervals import Rate
from fleet.replay.bound_evidence import Evidence
from fleet.replay.breakdown import MIN_JOBS, Cell, LengthCell, weakest

YES, NOT_PROVEN, UNCLEAR, NO = "Yes", "Not proven", "Unclear", "No"
VARIABLES = {"temperature_c": "outdoor temperature", "dew_point_c": "dew point", "it_load_mw": "IT load"}
NO_CONTESTED_JOB = "The default policy ran no contested job in this replay, so the promise cannot be checked."
NO_EVIDENCE = (
    "An earlier version of this program made this replay and wrote no evidence file. Run `fleet demo` again to see how "
    "often the bounds held, and where."
)

_CELLS = TypeAdapter(list[Cell])
_LENGTHS = TypeAdapter(dict[str, LengthCell])


@dataclass(frozen=True, kw_only=True)
class PromiseVerdict:
    """The answer to the question whether the promise holds.

    Args:
        word: YES, NOT_PROVEN, UNCLEAR or NO.
        sentence: the numbers behind the word.
        tiles: the large figures below the sentence.
        weakest: a sentence on the region and season with the highest breach rate; empty if too few jobs are contested.
        headline: one sentence; it names the cells and the lengths of jobs above the allowed rate, if there are some.
        is_above_somewhere: some region and season, or some length of jobs, is above the allowed rate.
    """

    word: str
    sentence: str
    tiles: tuple[Tile, ...]
    weakest: str
    headline: str
    is_above_somewhere: bool


def promise_verdict(replay: ReplayData) -> PromiseVerdict | None:
    """Return the verdict on the default policy; None if the policy was not replayed or ran no contested job."""
    outcome = replay.outcomes.get(OPTIMISED)
    if outcome is None or outcome["contested_breach_rate"] is None:
        return None
    allowed = allowed_rate(replay)
    rate = _contested_rate(outcome)
    word = _word(rate, allowed)
    return PromiseVerdict(
        word=word,
        sentence=_sentence(word, rate, outcome, allowed),
        tiles=tiles_of(replay, outcome, rate, allowed),
        weakest=_weakest(outcome, replay.fleet, allowed),
        headline=_headline(rate, outcome, replay.fleet, allowed),
        is_above_somewhere=any(cell.breach_rate > allowed for cell in contested_cells_of(outcome))
        or bool(_lengths_above(outcome, allowed)),
    )


def allowed_rate(replay: ReplayData) -> float:
    """Return the breach rate that the promise allows, as a share."""
    return 1 - (replay.evidence.confidence if replay.evidence else float(replay.summary.get("confidence", 0.95)))


def _headline(rate: Rate, outcome: Mapping[str, Any], fleet: Fleet, allowed: float) -> str:
    labels = theme.region_labels(fleet)
    above = [cell for cell in contested_cells_of(outcome) if cell.breach_rate > allowed]
    if above:
        names = ", ".join(
            f"{labels.get(cell.region, cell.region)} in {cell.season} ({cell.breached:,} of {cell.approved:,} jobs, "
            f"{percent(cell.breach_rate)})"
            for cell in above
        )
        where = f"But the share is above {percent(allowed, 0)} in {names}."
    else:
        where = f"No region is above {percent(allowed, 0)} in any season."
    return (
        f"Of {rate.count:,} contested jobs that ran, {percent(rate.share)} met a breach (95 % interval "
        f"{interval_text(rate.interval_95)}); {percent(allowed, 0)} are allowed. {where}"
        f"{_lengths_sentence(outcome, allowed)}"
    )


def _lengths_sentence(outcome: Mapping[str, Any], allowed: float) -> str:
    """Return the rates of the lengths of jobs that are above the allowed rate, by job and by energy."""
    return "".join(
        f" Of the {cell.approved:,} contested jobs of {length} alone, {percent(cell.breach_rate)} met a breach (95 % "
        f"interval {interval_text(cell.breach_interval_95)}), with {percent(cell.breach_rate_mwh)} of their energy "
        f"({interval_text(cell.breach_interval_95_mwh)})."
        for length, cell in _lengths_above(outcome, allowed).items()
    )


def _lengths_above(outcome: Mapping[str, Any], allowed: float) -> dict[str, LengthCell]:
    """Return the lengths of contested jobs whose rate by job or by energy is above the allowed one."""
    cells = _LENGTHS.validate_python(outcome.get("contested_lengths", {}))
    return {name: cell for name, cell in cells.items() if max(cell.breach_rate, cell.breach_rate_mwh) > allowed}


def contested_cells_of(outcome: Mapping[str, Any]) -> list[Cell]:
    """Return the contested jobs by region and season; an empty list if an earlier version wrote the outcome.

    Args:
        outcome: fields of `replay.outcomes.Outcome`.
    """
    return _CELLS.validate_python(outcome.get("contested_cells", []))


def season_sentence(cells: Sequence[Cell]) -> str:
    """Return the breach rate of the contested jobs of all regions together, season by season."""
    parts = []
    for season in SEASONS:
        same = [cell for cell in cells if cell.season == season]
        approved, breached = sum(cell.approved for cell in same), sum(cell.breached for cell in same)
        parts.append(f"{season} {percent(breached / approved) if approved else 'none'}")
    return f"All regions together: {', '.join(parts)}."


def guarantee_sentence(evidence: Evidence) -> str:
    """Return why the guaranteed maximum is above the allowed rate; an empty text if it is not, or there is none."""
    counts, allowed = evidence.breaches, 1 - evidence.confidence
    if not counts.bound or counts.bound[-1] <= allowed:
        return ""
    ended, bound = counts.resolved[-1], counts.bound[-1]
    if ended and bound < 1:
        met = percent(counts.breached[-1] / ended)
        measured = f"After {ended:,} approved jobs it is {percent(bound)}; {met} of them met a breach."
    else:
        measured = f"So far {ended:,} approved jobs have ended, too few to lower it."
    limit = percent(allowed, 0)
    return (
        f"That the guaranteed maximum is above {limit} is no breach of the promise: it is what no weather can exceed, "
        f"{limit} plus a reserve for the start that shrinks as approved jobs end. {measured}"
    )


def _contested_rate(outcome: Mapping[str, Any]) -> Rate:
    low, high = outcome["contested_breach_interval_95"]
    return Rate(count=judged_contested_jobs(outcome), share=outcome["contested_breach_rate"], interval_95=(low, high))


def _word(rate: Rate, allowed: float) -> str:
    low, high = rate.interval_95
    if rate.share <= allowed:
        return YES if high <= allowed else NOT_PROVEN
    return UNCLEAR if low <= allowed else NO


def _sentence(word: str, rate: Rate, outcome: Mapping[str, Any], allowed: float) -> str:
    limit, interval = percent(allowed, 0), interval_text(rate.interval_95)
    reasons = {
        YES: f"The whole 95 % interval, {interval}, is below {limit}.",
        NOT_PROVEN: f"The 95 % interval, {interval}, reaches above {limit}, so the true rate may exceed {limit}.",
        UNCLEAR: f"The 95 % interval, {interval}, includes {limit}, so the excess may be chance.",
        NO: f"Even the lower end of the 95 % interval, {interval}, is above {limit}.",
    }
    return (
        f"Contested jobs are close to a limit, where the promise is hard to keep. Of {rate.count:,} contested jobs "
        f"that ran and were judged by actual values, {percent(rate.share)} met a breach; {limit} are allowed. "
        f"{reasons[word]} Of all {judged_jobs(outcome):,} judged jobs, {percent(outcome['breach_rate'])} met a breach."
        f"{_energy_sentence(outcome, allowed)}"
    )


def _energy_sentence(outcome: Mapping[str, Any], allowed: float) -> str:
    share = outcome.get("contested_breach_rate_mwh")
    if share is None or outcome["contested_breach_interval_95_mwh"][0] <= allowed:
        return ""
    return (
        f" The promise counts jobs. Weighted by energy, {percent(share)} of the contested work met a breach, because "
        "long and large jobs meet more breaches."
    )


def _weakest(outcome: Mapping[str, Any], fleet: Fleet, allowed: float) -> str:
    cell = weakest(contested_cells_of(outcome))
    if cell is None:
        return ""
    low, high = cell.breach_interval_95
    limit = percent(allowed, 0)
    if low > allowed:
        judgement = f"The whole interval is above the allowed {limit}."
    elif high > allowed:
        judgement = f"The interval includes the allowed {limit}."
    else:
        judgement = f"The whole interval is below the allowed {limit}."
    return (
        f"Weakest case with {MIN_JOBS} or more contested jobs: "
        f"{theme.region_labels(fleet).get(cell.region, cell.region)} in {cell.season}, where "
        f"{cell.breached:,} of {cell.approved:,} met a breach ({percent(cell.breach_rate)}, 95 % "
        f"interval {interval_text((low, high))}). {judgement} The promise is about the average over a long time "
        "and all regions, not about each region and season."
    )
