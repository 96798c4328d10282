"""The numbers of the controller that are published for each region."""

from typing import Any

from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import ENERGY, FAR, JOBS, NEAR
from fleet.units import WH_PER_MWH


def published_numbers(controller: Controller, region_ids: tuple[str, ...]) -> dict[str, Any]:
    """Return the published numbers of each region, ready for JSON. Sums are over both tracks."""
    jobs, energy = controller.bound
    level, energy_rate = controller.track_level, _breach_rate(controller, ENERGY)
    resolved, breached, unresolved, peak, out_of_turn = (
        amount.sum(axis=1)
        for amount in (
            controller.resolved,
            controller.breached,
            controller.unresolved,
            controller.peak_unresolved,
            controller.out_of_turn,
        )
    )
    rate = _breach_rate(controller, JOBS)
    return {
        region_id: {
            "breach_rate": rate[region],
            "bound": float(jobs[region]),
            "energy_breach_rate": energy_rate[region],
            "energy_bound": float(energy[region]),
            "level": float(level[NEAR, region]),
            "far_level": float(level[FAR, region]),
            "resolved": int(resolved[JOBS, region]),
            "breached": int(breached[JOBS, region]),
            "unresolved": int(unresolved[JOBS, region]),
            "most_unresolved": int(peak[JOBS, region]),
            "resolved_mwh": float(resolved[ENERGY, region] / WH_PER_MWH),
            "breached_mwh": float(breached[ENERGY, region] / WH_PER_MWH),
            "most_unresolved_mwh": float(peak[ENERGY, region] / WH_PER_MWH),
            "lowered": float(controller.lowered[JOBS, :, region].sum()),
            "resets": int(controller.resets[:, region].sum()),
            "on_probation": bool(controller.on_probation[:, region].any()),
            "out_of_turn": int(out_of_turn[JOBS, region]),
        }
        for region, region_id in enumerate(region_ids)
    }


def _breach_rate(controller: Controller, unit: int) -> list[float | None]:
    """(region,) breach rate in a unit; None without a resolved approval."""
    resolved, breached = (amount[unit].sum(axis=0).tolist() for amount in (controller.resolved, controller.breached))
    return [part / whole if whole else None for part, whole in zip(breached, resolved, strict=True)]
