"""Whether the promise holds: what became of approved jobs, beside the published bound of the controller."""

from collections.abc import Sequence
from typing import Any

from fleet.conformal.controller import Controller
from fleet.conformal.controller_numbers import published_numbers
from fleet.ledger import Ledger
from fleet.ledger.outcome_entry import outcome_counts


def evidence_now(ledger: Ledger, controller: Controller | None, region_ids: Sequence[str]) -> dict[str, Any]:
    """Return the counts behind the promise.

    Returns: `outcomes`: region -> jobs that ended safe, breached, and not known. `breach_rate`: breached jobs over
        judged ones, null without any. `controller`: the published numbers of each region, empty if not known now.
        `fleet_bound`, `fleet_energy_bound`: the guaranteed maximum breach rate of all regions together, by job and by
        energy; null if not known now.
    """
    with ledger.reading() as connection:
        outcomes = outcome_counts(connection, ledger.names)
    breached = sum(counts["breached"] for counts in outcomes.values())
    judged = breached + sum(counts["safe"] for counts in outcomes.values())
    return {
        "outcomes": outcomes,
        "judged_jobs": judged,
        "breached_jobs": breached,
        "breach_rate": breached / judged if judged else None,
        "fleet_bound": None if controller is None else controller.fleet_bound,
        "fleet_energy_bound": None if controller is None else controller.fleet_energy_bound,
        "controller": {} if controller is None else published_numbers(controller, tuple(region_ids)),
    }
