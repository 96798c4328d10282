"""From observed hours to the table of a climate: what `fleet.twin.weather` makes, taken apart again."""

from twin_study.fit.climate import fit_climate
from twin_study.fit.observed import Observed

__all__ = ["Observed", "fit_climate"]
