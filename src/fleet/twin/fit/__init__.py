"""From observed hours to the table of a climate: what `fleet.twin.weather` makes, taken apart again."""

from fleet.twin.fit.climate import fit_climate
from fleet.twin.fit.observed import Observed

__all__ = ["Observed", "fit_climate"]
