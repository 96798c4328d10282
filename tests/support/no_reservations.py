"""Reserved power where no job runs."""

import numpy as np

from fleet.decisions.build_curve import hours_needed
from fleet.preparation.prepared import Prepared


def nothing_reserved(prepared: Prepared, duration_h: int = 1) -> np.ndarray:
    """Return the (region, hour) reserved power where no job runs."""
    return np.zeros((len(prepared.fleet.regions), hours_needed(prepared.settings.horizon, duration_h)))
