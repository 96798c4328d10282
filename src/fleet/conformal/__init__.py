"""Bounds around forecasts. To add a method: a file here, a line below, a test beside the others."""

from collections.abc import Mapping

from fleet.conformal.base import BandMethod, miscoverage_of
from fleet.conformal.split import Split

BANDS: Mapping[str, type[BandMethod]] = {
    "split": Split,
}

__all__ = ["BANDS", "BandMethod", "miscoverage_of"]
