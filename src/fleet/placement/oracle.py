"""The default policy with perfect foresight of the horizon, blind to jobs that have not arrived."""

from fleet.placement.base import Belief
from fleet.placement.priced import Priced


class Oracle(Priced):
    """Exists in replays alone."""

    belief = Belief.TRUTH
