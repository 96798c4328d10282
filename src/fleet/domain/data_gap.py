"""Missing data of a region that keeps a job from a place, or may do so."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DataGap:
    """A column of a region without the values that a decision needs.

    Args:
        is_silent: the column was reported before. False if the region never had enough history.
        is_closed: the region takes no new job because of the gap. False if its bounds are older ones.
        why: what is missing and since when, as the end of a sentence.
    """

    region: str
    column: str
    is_silent: bool
    is_closed: bool
    why: str

    def __str__(self) -> str:
        return f"{self.region}: {self.why}"
