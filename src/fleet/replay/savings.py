"""What a policy saves against running every job at home, at once."""

from dataclasses import dataclass

from fleet.replay.outcomes import Outcome

HOME = "home_region"


@dataclass(frozen=True, kw_only=True)
class Saved:
    """For the energy that the policy itself served, so that work not done is no saving; below zero it took more."""

    carbon_t: float
    water_m3: float
    cost_usd: float


def saved_against(home: Outcome, own: Outcome) -> Saved | None:
    """The difference of the rates per known served MWh, times the policy's own; None where either served nothing."""
    if not home.known_mwh or not own.known_mwh:
        return None
    of_home = own.known_mwh / home.known_mwh
    return Saved(
        carbon_t=home.carbon_t * of_home - own.carbon_t,
        water_m3=home.water_m3 * of_home - own.water_m3,
        cost_usd=home.cost_usd * of_home - own.cost_usd,
    )
