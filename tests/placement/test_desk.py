from dataclasses import replace

import numpy as np
from hypothesis import given
from offers import some_offers

from fleet.placement.desk import Desk
from fleet.placement.fill import fill
from fleet.placement.offer import NOWHERE
from fleet.placement.priced import Priced


def placed_one_by_one(offer, batch):
    desk = Desk(offer, len(offer.bucket) - 1)
    return [
        desk.place(
            float(batch.power_mw[job]),
            int(batch.duration_h[job]),
            int(batch.first[job]),
            int(batch.last[job]),
            batch.sets[batch.region_set[job]],
            int(batch.home[job]),
            float(batch.data_gb[job]),
        )
        for job in range(len(batch))
    ]


def places(plan):
    return [
        None if region == NOWHERE else (region, start)
        for region, start in zip(plan.region.tolist(), plan.start.tolist(), strict=True)
    ]


def without_places(batch):
    nowhere = np.full(len(batch), NOWHERE)
    return replace(batch, kept_region=nowhere, kept_start=nowhere)


@given(made=some_offers(most_jobs=30))
def test_jobs_get_what_a_fill_in_the_same_order_gives_them(made):
    offer, batch = made[0], without_places(made[1])
    assert placed_one_by_one(offer, batch) == places(fill(offer, batch, np.arange(len(batch))))


@given(made=some_offers(most_jobs=1))
def test_a_job_gets_what_a_batch_of_it_alone_gets(made):
    offer, batch = made[0], without_places(made[1])
    assert placed_one_by_one(offer, batch) == places(Priced().plan(offer, batch))


@given(made=some_offers(most_jobs=30))
def test_windows_that_cost_the_same_are_taken_region_by_region_and_start_by_start(made):
    offer, batch = replace(made[0], cost_usd_per_mwh=np.round(made[0].cost_usd_per_mwh, -2)), without_places(made[1])
    assert placed_one_by_one(offer, batch) == places(fill(offer, batch, np.arange(len(batch))))
