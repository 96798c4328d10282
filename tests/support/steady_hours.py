"""One hour of decisions with the same headroom in each of six hours ahead."""

import numpy as np
from support.sites import decided, job, prepared_of

from fleet.domain.decision import Decision
from fleet.preparation.prepared import Prepared

HORIZON = 6


def steady(*headroom_mw: float, origins: int = 1, **changes) -> Prepared:
    """Return conditions with the same headroom in each of the six hours ahead, by region alpha, beta, gamma."""
    regions = ("alpha", "beta", "gamma")[: len(headroom_mw)]
    shape = (origins, len(headroom_mw), HORIZON)
    mw = np.broadcast_to(np.array(headroom_mw)[None, :, None], shape)
    shaped = {
        name: np.broadcast_to(np.reshape(value, (1, len(headroom_mw), -1)), shape).copy()
        for name, value in changes.items()
    }
    return prepared_of(mw, regions=regions, **shaped)


def decision_on(prepared: Prepared, policy: str = "greedy", **changes) -> Decision:
    """Return the decision on a single job."""
    return decided(prepared, [job(**changes)], policy=policy)[0][0]
