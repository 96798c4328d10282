"""Where the energy of jobs went: from the home region to the region in which they ran, or to no region."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fleet.domain.clock import Hour
from fleet.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class JobFlow:
    """Energy of the jobs of one home region that ran in one region.

    Args:
        region: None for jobs that never ran.
        energy_mwh: IT energy of the whole jobs.
        jobs: their number.
        limits: label of the binding limit -> number of jobs that never ran; empty for jobs that ran.
    """

    home_region: str
    region: str | None
    energy_mwh: float
    jobs: int
    limits: Mapping[str, int]


def replayed_flows(ledger: Ledger, first: Hour, end: Hour) -> Sequence[JobFlow]:
    """Return the flows of the replayed jobs that began, or were denied, between two hours; the largest first.

    Jobs whose home region was not recorded are left out.
    """
    energy_mwh: defaultdict[tuple[str, str | None], float] = defaultdict(float)
    jobs: Counter[tuple[str, str | None]] = Counter()
    limits: defaultdict[tuple[str, str | None], Counter[str]] = defaultdict(Counter)
    for place in ledger.replayed_jobs(first=first, end=end):
        if place.asked is not None:
            key = place.asked.home_region, place.region
            energy_mwh[key] += place.energy_mwh
            jobs[key] += 1
            if place.region is None:
                limits[key][place.limit] += 1
    flows = [
        JobFlow(
            home_region=home,
            region=region,
            energy_mwh=mwh,
            jobs=jobs[home, region],
            limits=dict(limits[home, region].most_common()),
        )
        for (home, region), mwh in energy_mwh.items()
    ]
    return sorted(flows, key=lambda flow: -flow.energy_mwh)
