"""Fits of a climate table to observed hours: the inverse of `fleet.twin.weather`."""

from twin_study.fit.climate import fit_climate
from twin_study.fit.observed import Observed

__all__ = ["Observed", "fit_climate"]
