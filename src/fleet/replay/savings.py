"""The savings of a policy, compared with running every job at home at once."""

from dataclasses import dataclass

from fleet.replay.outcomes import Outcome

HOME = "home_region"


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Savings on the energy that the policy itself served; a negative value is a loss. Unserved work saves nothing."""

    carbon_t: float
    water_m3: float
    cost_usd: float


def saved_against(home: Outcome, chosen: Outcome) -> Saved | None:
    """Multiply the difference in rates per MWh by the energy of the chosen policy; None if a policy served nothing."""
    before, after = home.resources, chosen.resources
    if not before.known_mwh or not after.known_mwh:
        return None
    scale = after.known_mwh / before.known_mwh
    return Saved(
        carbon_t=before.carbon_t * scale - after.carbon_t,
        water_m3=before.water_m3 * scale - after.water_m3,
        cost_usd=before.cost_usd * scale - after.cost_usd,
    )
