"""Calibrated margins around forecasts. To add a method, add a file here, a line in BANDS and a test."""

from collections.abc import Mapping

from fleet.conformal.aci import ACI
from fleet.conformal.base import BandMethod, miscoverage_of
from fleet.conformal.rolling import Rolling
from fleet.conformal.split import Split
from fleet.conformal.tracker import Tracker

BANDS: Mapping[str, type[BandMethod]] = {
    "split": Split,
    "rolling": Rolling,
    "aci": ACI,
    "tracker": Tracker,
}

DEFAULT_BANDS = "tracker"

__all__ = ["BANDS", "DEFAULT_BANDS", "BandMethod", "miscoverage_of"]
