from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from support.offers import AMPLE, offer_and_batch, some_offers

from fleet.errors import DataError
from fleet.placement.fill import fill
from fleet.placement.offer import NOWHERE
from fleet.placement.priced import Priced
from fleet.placement.stream import Stream


def placed_one_by_one(offer, batch):
    stream = Stream(offer, len(offer.bucket) - 1)
    return [
        stream.place(
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


def regions_and_starts(plan):
    return [
        None if region == NOWHERE else (region, start)
        for region, start in zip(plan.region.tolist(), plan.start.tolist(), strict=True)
    ]


def none_kept(batch):
    """Return the batch as a stream sees it: no job holds a place, and each counts as one."""
    nowhere = np.full(len(batch), NOWHERE)
    return replace(batch, kept_region=nowhere, kept_start=nowhere, share=None)


@given(case=some_offers(most_jobs=30))
def test_jobs_get_the_windows_that_fill_gives_them_in_the_same_order(case):
    offer, batch = case[0], none_kept(case[1])
    assert placed_one_by_one(offer, batch) == regions_and_starts(fill(offer, batch, np.arange(len(batch))))


@given(case=some_offers(most_jobs=1))
def test_a_job_gets_the_window_that_a_batch_of_one_job_gets(case):
    offer, batch = case[0], none_kept(case[1])
    assert placed_one_by_one(offer, batch) == regions_and_starts(Priced().plan(offer, batch))


@given(case=some_offers(most_jobs=30))
def test_windows_of_equal_cost_are_taken_region_by_region_and_start_by_start(case):
    offer, batch = replace(case[0], cost_usd_per_mwh=np.round(case[0].cost_usd_per_mwh, -2)), none_kept(case[1])
    assert placed_one_by_one(offer, batch) == regions_and_starts(fill(offer, batch, np.arange(len(batch))))


@pytest.mark.parametrize("duration_h", [0, 7])
def test_a_duration_that_the_stream_was_not_made_for_is_refused(duration_h):
    offer, _ = offer_and_batch(np.random.default_rng(0), 2, 4, 6, 1, AMPLE)
    with pytest.raises(DataError, match=f"duration is {duration_h} h, expected 1 to 6 h"):
        Stream(offer, 6).place(1.0, duration_h, 0, 3, np.ones(2, dtype=np.bool_))


def test_an_offer_that_is_shorter_than_the_longest_job_is_refused():
    offer, _ = offer_and_batch(np.random.default_rng(0), 2, 4, 6, 1, AMPLE)
    with pytest.raises(DataError, match="jobs last 1 to 7 h, expected 1 to 6 h"):
        Stream(offer, 7)
