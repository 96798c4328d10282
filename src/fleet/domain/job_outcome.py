"""The outcome of an approved job that has ended."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class JobOutcome:
    """An approved job whose last hour is known.

    region: id of the region in which it ran.
    breached: whether it met a breach while it ran; None if the actual values are not known.
    """

    region: str
    breached: bool | None
