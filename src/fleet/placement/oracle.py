"""The default policy with the true values of the horizon. It does not know jobs that have not arrived."""

from typing import ClassVar

from fleet.placement.base import Belief
from fleet.placement.priced import Priced


class Oracle(Priced):
    """Runs only in replays, because live operation does not know the true values of later hours."""

    name: ClassVar[str] = "oracle"
    belief: ClassVar[Belief] = Belief.TRUTH
