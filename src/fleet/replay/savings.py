"""The savings of a policy, compared with running every job at home at once."""

from dataclasses import dataclass

import numpy as np

from fleet.domain.region import Costs
from fleet.replay.outcomes import beyond_energy_usd
from fleet.replay.run import Run
from fleet.replay.same_hours import Quantity, known_in_both, starts_within
from fleet.units import M3_PER_LITRE, TONNES_PER_KG

HOME = "home_region"


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Savings on the energy that the policy itself served; a negative value is a loss. Unserved work saves nothing.

    Each quantity is compared on the hours of `known_in_both`. If a policy has no energy in them, the saving is NaN.

    Args:
        carbon_share, water_share, cost_share: the saving over what the same energy takes at the rates of `home_region`;
            NaN where that is 0.
        carbon_mwh, water_mwh, cost_mwh: IT energy of the policy in the compared hours.
    """

    carbon_t: float
    water_m3: float
    cost_usd: float
    carbon_share: float
    water_share: float
    cost_share: float
    carbon_mwh: float
    water_mwh: float
    cost_mwh: float


def saved_against(home: Run, chosen: Run, costs: Costs, first_h: int) -> Saved | None:
    """Multiply the difference in rates per MWh by the energy of the chosen policy; None if a policy served nothing.

    Args:
        home: the run of `home_region`.
        chosen: the run of the policy that saves.
        costs: prices of moving data and of waiting.
        first_h: first hour of the runs' load, in hours from 1970-01-01T00 UTC.
    """
    if not home.job_mw.any() or not chosen.job_mw.any():
        return None
    carbon_t, carbon_share, carbon_mwh = _saved(home, chosen, "carbon_kg", TONNES_PER_KG, None, first_h)
    water_m3, water_share, water_mwh = _saved(home, chosen, "water_l", M3_PER_LITRE, None, first_h)
    cost_usd, cost_share, cost_mwh = _saved(home, chosen, "cost_usd", 1.0, costs, first_h)
    return Saved(
        carbon_t=carbon_t,
        water_m3=water_m3,
        cost_usd=cost_usd,
        carbon_share=carbon_share,
        water_share=water_share,
        cost_share=cost_share,
        carbon_mwh=carbon_mwh,
        water_mwh=water_mwh,
        cost_mwh=cost_mwh,
    )


def _saved(
    home: Run, chosen: Run, quantity: Quantity, per_unit: float, costs: Costs | None, first_h: int
) -> tuple[float, float, float]:
    """Return the saving, its share, and the chosen policy's energy in the compared hours.

    Args:
        per_unit: factor from the unit of the quantity to the unit of the saving.
        costs: prices of moving data and of waiting; None for a quantity that leaves them out.
    """
    hours = known_in_both(home, chosen, quantity)
    totals, energy_mwh = [], []
    for run in (home, chosen):
        total = per_unit * float(np.nansum(getattr(run.resource_use, quantity)[:, hours]))
        if costs is not None:
            total += float(beyond_energy_usd(run.status, run.work, costs)[starts_within(run, hours, first_h)].sum())
        totals.append(total)
        energy_mwh.append(float(run.job_mw[:, hours].sum()))
    if not all(energy_mwh):
        return float("nan"), float("nan"), energy_mwh[1]
    at_home = totals[0] * (energy_mwh[1] / energy_mwh[0])
    saved = at_home - totals[1]
    return saved, saved / at_home if at_home else float("nan"), energy_mwh[1]
