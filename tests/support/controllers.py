"""Controllers of small fleets, and sums of approvals."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import JOBS, NEAR, ControllerRules
from fleet.decisions.caution import Caution
from fleet.domain.job_outcome import JobOutcome
from fleet.units import WH_PER_MWH, FloatArray

CAPACITY_MW = 10.0


def controller_of(regions: int, **rules) -> Controller:
    """Return the initial controller of regions with 10 MW each."""
    return Controller.initial(ControllerRules(**({"miscoverage": 0.05} | rules)), np.full(regions, CAPACITY_MW))


def caution_of(regions: int, extra: float = 0.0) -> Caution:
    """Return the caution that adds one level to all windows, and limits no power."""
    level = np.full(regions, extra)
    return replace(Caution.of(None, regions), near_level=level, far_level=level)


def at_level(controller: Controller, level: Sequence[float]) -> Controller:
    """Return the controller with these levels by region, counted by job, of the near track."""
    changed = controller.level.copy()
    changed[JOBS, NEAR] = level
    return replace(controller, level=changed)


def some(count: Sequence[int], track: int = NEAR, mwh: float = 1.0) -> FloatArray:
    """Return the sums of approvals of one track: their number by region, each of some energy."""
    amount = np.zeros((2, 2, len(count)))
    amount[:, track] = np.array(count), np.array(count) * mwh * WH_PER_MWH
    return amount


def counted(amount: FloatArray) -> list[int]:
    """Return the number of approvals by region, of both tracks."""
    return [int(number) for number in amount[JOBS].sum(axis=0)]


def ended(region: str, breached: bool | None, duration_h: int = 3, mwh: float = 3.0) -> JobOutcome:
    """Return the outcome of one job."""
    energy_wh = int(mwh * WH_PER_MWH)
    return JobOutcome(region=region, breached=breached, duration_h=duration_h, energy_wh=energy_wh)
