"""The expected totals of the jobs that one live hour placed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Self

from fleet.ledger import DecisionEntry


@dataclass(frozen=True, kw_only=True)
class HourTotals:
    """Expected use of the jobs that got a place. Each sum covers the jobs whose quantity is known.

    Args:
        placed_mwh: IT energy of all these jobs.
        carbon_known_mwh, water_known_mwh, cost_known_mwh: IT energy of the jobs in each sum.
        without_data: number of jobs without a place for which a region that they allow has no data.
    """

    placed_mwh: float
    carbon_kg: float
    carbon_known_mwh: float
    water_l: float
    water_known_mwh: float
    cost_usd: float
    cost_known_mwh: float
    without_data: int = 0

    @classmethod
    def of(cls, entries: Sequence[DecisionEntry]) -> Self:
        """Sum the decisions that name a place."""
        placed = [entry for entry in entries if entry.decision.region is not None]
        carbon_kg, carbon_known_mwh = _known([(entry.decision.expected.carbon_kg, entry) for entry in placed])
        water_l, water_known_mwh = _known([(entry.decision.expected.water_l, entry) for entry in placed])
        cost_usd, cost_known_mwh = _known([(entry.decision.expected.cost_usd, entry) for entry in placed])
        return cls(
            placed_mwh=sum(entry.job.energy_mwh for entry in placed),
            carbon_kg=carbon_kg,
            carbon_known_mwh=carbon_known_mwh,
            water_l=water_l,
            water_known_mwh=water_known_mwh,
            cost_usd=cost_usd,
            cost_known_mwh=cost_known_mwh,
            without_data=sum(entry.decision.lacks_data for entry in entries),
        )

    def sentence(self) -> str:
        """Return the totals, each with the energy whose amount is not known if there is any."""
        parts = (
            _part(f"{self.cost_usd:,.0f} USD", self.placed_mwh - self.cost_known_mwh),
            _part(f"{self.carbon_kg:,.0f} kg of carbon", self.placed_mwh - self.carbon_known_mwh),
            _part(f"{self.water_l:,.0f} L of water", self.placed_mwh - self.water_known_mwh),
        )
        lacking = f"; {self.without_data:,} jobs have no place for lack of data" if self.without_data else ""
        return f"placed {self.placed_mwh:,.1f} MWh of IT energy, expected: {', '.join(parts)}{lacking}"


def _known(amounts: Sequence[tuple[float, DecisionEntry]]) -> tuple[float, float]:
    """Return the sum of the known amounts, and the IT energy of their jobs."""
    known = [(amount, entry.job.energy_mwh) for amount, entry in amounts if isfinite(amount)]
    return sum((amount for amount, _ in known), 0.0), sum((energy_mwh for _, energy_mwh in known), 0.0)


def _part(amount: str, unknown_mwh: float) -> str:
    # Sums of floats in another order differ by less than a Wh.
    return amount if unknown_mwh < 1e-6 else f"{amount} (not known for {unknown_mwh:,.1f} MWh)"
