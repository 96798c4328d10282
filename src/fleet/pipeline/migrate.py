"""Which running jobs had better leave, and where to."""

from fleet.pipeline.advice import Advice
from fleet.pipeline.decided import Decided
from fleet.pipeline.state import State
from fleet.placement import Offer


def advise(decided: Decided, offer: Offer, state: State) -> tuple[tuple[Advice, ...], frozenset[int]]:
    """Advice for running jobs whose region's bound turned bad, and all that stand advised."""
    del offer, state, decided
    return (), frozenset()
