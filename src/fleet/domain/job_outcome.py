"""The outcome of an approved job that has ended."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class JobOutcome:
    """An approved job whose last hour has ended.

    region: id of the region in which the job ran.
    breached: whether some hour of the job was a breach; None if none was, but some hour cannot be judged.
    """

    region: str
    breached: bool | None
