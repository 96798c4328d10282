"""Every public entry of placement refuses a wrong input with one line, before a compiled loop reads it."""

import subprocess
import sys
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.offers import SCARCE, offer_and_batch

from fleet.errors import DataError
from fleet.placement import NOWHERE, POLICIES, Batch, Offer, Plan
from fleet.placement.fill import fill
from fleet.placement.objective import objective_usd
from fleet.placement.priced import Priced
from fleet.placement.stream import Stream

REGIONS, STARTS, LONGEST_H, JOBS = 3, 6, 4, 8
FAR, MOST, LEAST = 10**9, np.iinfo(np.int64).max, np.iinfo(np.int64).min
# Field -> values that it may not hold.
WRONG_VALUES = {
    "power_mw": [0.0, -1.0, np.nan, np.inf, 1e300],
    "duration_h": [0, -1, LONGEST_H + 1, FAR, MOST, LEAST],
    "first": [-1, -FAR, LEAST],
    "region_set": [-1, 3, FAR, MOST],
    "home": [NOWHERE, REGIONS, FAR, LEAST],
    "priority": [FAR, -FAR, LEAST],
    "data_gb": [-1.0, np.nan, np.inf, 1e300],
    "share": [0.0, -1.0, 1.1, np.nan],
    "kept_region": [-2, REGIONS, FAR],
    "spare_mw": [np.nan],
    "level_index": [1, -1, 127, -128],
    "bucket": [1, -1, 127, -128],
    "reserved_mw": [-1.0, np.nan, np.inf],
    "most_jobs": [-1, LEAST],
    "cost_usd_per_mwh": [np.inf, -np.inf, 1e13],
}
# Field -> the extremes that it may hold.
EXTREMES = {
    "power_mw": [1e-300, 1e-9, 1.0, 1e6],
    "duration_h": [1, LONGEST_H],
    "first": [0, STARTS - 1, STARTS, MOST],
    "last": [LEAST, -1, 0, STARTS, MOST],
    "sets": [False, True],
    "region_set": [0, 2],
    "home": [0, REGIONS - 1],
    "priority": [-(10**6), 0, 10**6],
    "waited_h": [LEAST, 0, MOST],
    "data_gb": [0.0, 1e-300, 1e12],
    "share": [1e-300, 0.5, 1.0],
    "kept_region": [NOWHERE, 0, REGIONS - 1],
    "kept_start": [LEAST, NOWHERE, 0, MOST],
    "spare_mw": [-np.inf, -1.0, 0.0, 1.0, 1e300, np.inf],
    "reserved_mw": [-1e-9, 0.0, 1.0, 1e12],
    "most_jobs": [0, 1, MOST],
    "cost_usd_per_mwh": [-1e12, -1.0, 0.0, 1.0, 1e12, np.nan],
}
WEIGHTS = ["transfer_usd_per_gb", "waiting_usd_per_mwh_per_h", "change_usd_per_mwh"]


def a_case() -> tuple[Offer, Batch]:
    return offer_and_batch(np.random.default_rng(0), REGIONS, STARTS, LONGEST_H, JOBS, SCARCE)


ARRAYS = [item.name for part in a_case() for item in fields(part) if isinstance(getattr(part, item.name), np.ndarray)]


def with_field(name, values) -> tuple[Offer, Batch]:
    """A case in which one field of the offer or of the batch is replaced."""
    offer, batch = a_case()
    if hasattr(offer, name):
        return replace(offer, **{name: values}), batch
    return offer, replace(batch, **{name: values})


def field(name) -> np.ndarray:
    return next(getattr(part, name) for part in a_case() if hasattr(part, name))


def stream(offer, batch) -> None:
    streamed = Stream(offer, LONGEST_H)
    for job in range(len(batch)):
        hours, first, last = (int(values[job]) for values in (batch.duration_h, batch.first, batch.last))
        streamed.place(float(batch.power_mw[job]), hours, first, last, batch.sets[batch.region_set[job]])


ENTRIES = {
    **{name: policy().plan for name, policy in POLICIES.items()},
    "exact": Priced(exact=True).plan,
    "fill": lambda offer, batch: fill(offer, batch, np.arange(JOBS)),
}
entries = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())


def assert_refused(call) -> None:
    with pytest.raises(DataError) as error:
        call()
    text = str(error.value)
    assert len(text) < 500
    assert "\n" not in text
    assert "expected" in text


def test_every_array_of_the_offer_and_the_batch_has_wrong_values_here_unless_any_value_may_stand_in_it():
    assert set(ARRAYS) - set(WRONG_VALUES) == {"last", "sets", "waited_h", "kept_start"}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG_VALUES)
@given(data=st.data())
def test_a_wrong_value_anywhere_in_an_array_is_refused(name, data):
    values = field(name).copy()
    place = tuple(data.draw(st.integers(0, size - 1)) for size in values.shape)
    if name == "bucket":
        place = (max(place[0], 1), place[1])  # row 0 is not used
    values[place] = data.draw(st.sampled_from(WRONG_VALUES[name]))
    assert_refused(lambda: Priced().plan(*with_field(name, values)))


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_another_type_is_refused(name):
    values = field(name)
    kinds = [np.dtype(kind) for kind in ("float32", "int32", "uint64", "complex128", "O", "U3", "M8[h]", ">f8", ">i8")]
    wrong = [np.zeros(values.shape, dtype=kind) for kind in kinds]
    # Without shares, each job counts as one.
    none = [] if name == "share" else [None]
    for other in (*none, 1.0, "1", values.tolist(), np.ma.masked_array(values), *wrong):
        assert_refused(partial(with_field, name, other))


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_another_shape_is_refused(name):
    values = field(name)
    shapes = [values[None], values[..., 0], values.ravel()[:0], np.zeros((), values.dtype)]
    if name != "sets":  # any number of sets may stand there, of any number of regions that suits the offer
        shapes += [np.concatenate([values, values])] if name not in {"spare_mw", "level_index", "bucket"} else []
        shapes += [values[..., :-1]] if name not in {"spare_mw"} else []
    for other in shapes:
        assert_refused(lambda other=other: Priced().plan(*with_field(name, other)))


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf, None, "1", True, np.ones(2)])
def test_a_wrong_weight_is_refused(name, wrong):
    assert_refused(partial(with_field, name, wrong))


@entries
def test_region_sets_of_another_number_of_regions_are_refused(entry):
    offer, batch = a_case()
    for regions in (REGIONS + 1, 300):
        assert_refused(lambda regions=regions: entry(offer, replace(batch, sets=np.ones((3, regions), dtype=np.bool_))))


@entries
def test_something_else_than_an_offer_and_a_batch_is_refused(entry):
    offer, batch = a_case()
    for wrong in ((None, batch), (offer, None), (batch, offer), (vars(offer), batch), ("", [])):
        assert_refused(partial(entry, *wrong))


@pytest.mark.parametrize("wrong", [[0] * JOBS, range(JOBS + 1), range(1, JOBS + 1), range(-1, JOBS - 1), [FAR] * JOBS])
def test_an_order_that_does_not_name_each_job_once_is_refused(wrong):
    assert_refused(lambda: fill(*a_case(), np.array(wrong)))
    assert_refused(lambda: fill(*a_case(), list(wrong)))
    assert_refused(lambda: fill(*a_case(), np.arange(JOBS) + 0.0))


@pytest.mark.parametrize("longest_h", [0, -1, LONGEST_H + 1, FAR, MOST, 2.0, np.nan, None, "4", True])
def test_a_stream_for_no_length_is_refused(longest_h):
    assert_refused(lambda: Stream(a_case()[0], longest_h))


def test_a_stream_in_no_offer_is_refused():
    assert_refused(lambda: Stream(None, 1))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *(("power_mw", value) for value in [*WRONG_VALUES["power_mw"], None, "1", True, np.ones(1)]),
        *(("duration_h", value) for value in [*WRONG_VALUES["duration_h"], 1.0, np.nan, None, "1", 10**400]),
        *(("first", value) for value in [*WRONG_VALUES["first"], 1.0, None, "1", 10**400]),
        *(("last", value) for value in [1.0, np.nan, None, "1", 10**400, -(10**400)]),
        *(("home", value) for value in [-2, REGIONS, FAR, LEAST, 0.0, None, "1"]),
        *(("data_gb", value) for value in [*WRONG_VALUES["data_gb"], None, "1"]),
        *(("allowed", value) for value in [None, [True] * REGIONS, np.ones(2, bool), np.ones(300, bool), np.ones(3)]),
    ],
)
def test_a_stream_refuses_a_wrong_argument_and_then_places_a_right_one(name, wrong):
    offer, _ = a_case()
    streamed = Stream(offer, LONGEST_H)
    right = {"power_mw": 1e-3, "duration_h": 1, "first": 0, "last": STARTS, "allowed": np.ones(REGIONS, dtype=np.bool_)}
    assert_refused(lambda: streamed.place(**right | {name: wrong}))
    assert streamed.place(**right) is not None


def test_a_stream_takes_the_numbers_of_numpy():
    offer, _ = a_case()
    streamed = Stream(offer, np.int64(LONGEST_H))
    allowed = np.ones(REGIONS, dtype=np.bool_)
    assert streamed.place(np.float64(1e-3), np.int64(1), np.int64(0), np.int8(5), allowed, np.int64(0)) is not None


@pytest.mark.parametrize(
    ("region", "start"),
    [
        ([0] * JOBS, [STARTS + LONGEST_H] * JOBS),
        ([0] * JOBS, [MOST] * JOBS),
        ([REGIONS] * JOBS, [0] * JOBS),
        ([0] * JOBS, [NOWHERE] * JOBS),
        ([NOWHERE] * JOBS, [0] * JOBS),
        ([-2] * JOBS, [0] * JOBS),
        ([0], [0]),
        ([0.0] * JOBS, [0.0] * JOBS),
    ],
)
def test_a_plan_of_other_jobs_or_outside_the_offer_has_no_objective(region, start):
    assert_refused(lambda: objective_usd(*a_case(), Plan(region=np.array(region), start=np.array(start))))


def test_an_infinite_capacity_and_hours_of_unknown_cost_are_right():
    plan = Priced().plan(*with_field("spare_mw", np.full_like(field("spare_mw"), np.inf)))
    assert (plan.region != NOWHERE).all()
    plan = Priced().plan(*with_field("cost_usd_per_mwh", np.full_like(field("cost_usd_per_mwh"), np.nan)))
    assert (plan.region == NOWHERE).all()


@pytest.mark.slow
@settings(max_examples=20)
@given(data=st.data())
def test_the_ends_of_every_range_are_planned_within_the_arrays(data):
    """Each array may hold the extremes that it is allowed to hold, in any combination."""
    drawn = {}
    for name in data.draw(st.sets(st.sampled_from(list(EXTREMES)), min_size=1)):
        values = field(name)
        chosen = data.draw(st.lists(st.sampled_from(EXTREMES[name]), min_size=values.size, max_size=values.size))
        drawn[name] = np.array(chosen, dtype=values.dtype).reshape(values.shape)
    offer, batch = a_case()
    offer = replace(offer, **{name: values for name, values in drawn.items() if hasattr(offer, name)})
    batch = replace(batch, **{name: values for name, values in drawn.items() if hasattr(batch, name)})
    for entry in ENTRIES.values():
        plan = entry(offer, batch)
        assert ((plan.region >= NOWHERE) & (plan.region < REGIONS)).all()
    stream(offer, batch)


@pytest.mark.slow
def test_a_region_set_far_outside_its_table_does_not_end_the_process():
    """In a process of its own, because the failure would be a segmentation fault."""
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import numpy as np
from support.offers import SCARCE, offer_and_batch
from dataclasses import replace
from fleet.errors import DataError
from fleet.placement import POLICIES
offer, batch = offer_and_batch(np.random.default_rng(0), 3, 6, 4, 8, SCARCE)
for policy in POLICIES.values():
    try:
        policy().plan(offer, replace(batch, region_set=batch.region_set + 10**12))
    except DataError:
        print(policy.name)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.split()) == (0, list(POLICIES)), result.stderr[-500:]
