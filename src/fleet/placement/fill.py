"""One job after another, each where it costs least of what is left."""

import numpy as np

from fleet.compiled import compiled
from fleet.placement.offer import NOWHERE, Batch, Offer, Plan
from fleet.units import DUST_MW, FloatArray, IntArray

# Sums of costs leave dust, and a millionth of a dollar is no reason to run later.
_DUST_USD = 1e-6


def fill(offer: Offer, batch: Batch, order: IntArray) -> Plan:
    """Place the jobs in this order; each takes the cheapest place that still holds it: the first region, and there the
    earliest start, of those that cost the same.
    """
    jobs = len(batch)
    region, start = np.full(jobs, NOWHERE), np.full(jobs, NOWHERE)
    _fill(
        order,
        batch.power_mw,
        batch.duration_h,
        batch.first,
        batch.last,
        batch.sets,
        batch.region_set,
        batch.home,
        offer.transfer_usd_per_gb * batch.data_gb,
        offer.waiting_usd_per_mwh_per_h * batch.energy_mwh,
        offer.change_usd_per_mwh * batch.energy_mwh,
        batch.kept_region,
        batch.kept_start,
        offer.spare_mw,
        offer.rung,
        offer.bucket,
        offer.reserved_mw.copy(),
        offer.most_jobs.copy(),
        offer.cost_so_far,
        offer.unknown_so_far,
        region,
        start,
    )
    return Plan(region=region, start=start)


@compiled
def _fill(
    order: IntArray,
    power_mw: FloatArray,
    duration_h: IntArray,
    first: IntArray,
    last: IntArray,
    sets: np.ndarray,
    region_set: IntArray,
    home: IntArray,
    transfer_usd: FloatArray,
    waiting_usd_per_h: FloatArray,
    change_usd: FloatArray,
    kept_region: IntArray,
    kept_start: IntArray,
    spare_mw: FloatArray,
    rung: np.ndarray,
    bucket: np.ndarray,
    reserved_mw: FloatArray,
    most_jobs: IntArray,
    cost_so_far: FloatArray,
    unknown_so_far: FloatArray,
    region: IntArray,
    start: IntArray,
) -> None:
    """Writes region and start, and takes what it places off reserved_mw and most_jobs."""
    starts = rung.shape[2]
    for job in order:
        power, hours, allowed = power_mw[job], duration_h[job], sets[region_set[job]]
        best, best_region, best_start = np.inf, NOWHERE, NOWHERE
        for r in range(len(allowed)):
            if not allowed[r] or most_jobs[r] < 1:
                continue
            away = 0.0 if r == home[job] else transfer_usd[job]
            for s in range(first[job], min(last[job] + 1, starts)):
                if unknown_so_far[r, s + hours] > unknown_so_far[r, s]:
                    continue
                cost = power * (cost_so_far[r, s + hours] - cost_so_far[r, s]) + away + waiting_usd_per_h[job] * s
                if kept_region[job] != NOWHERE and (r != kept_region[job] or s != kept_start[job]):
                    cost += change_usd[job]
                if cost >= best - _DUST_USD:
                    continue
                held = spare_mw[rung[bucket[hours, s], r, s], r]
                fits = True
                for hour in range(s, s + hours):
                    if reserved_mw[r, hour] + power > held[hour] + DUST_MW:
                        fits = False
                        break
                if fits:
                    best, best_region, best_start = cost, r, s
        if best_region != NOWHERE:
            reserved_mw[best_region, best_start : best_start + hours] += power
            most_jobs[best_region] -= 1
            region[job], start[job] = best_region, best_start
