"""The places that a job could have: all are looked at in one compiled loop, as arrays would be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.decisions.place_options import MAX_USD, AllowedPlaces, DurationWindows, MoveCosts, PlaceOptions

REGIONS, STARTS = 3, 4
SHAPE = REGIONS, STARTS
# Few values, so that ties are frequent.
ROOM = st.sampled_from([-np.inf, -1.0, 0.5, 1.0, 1.0 - 1e-10, 2.0, np.inf])
USD = st.sampled_from([-5.0, 10.0, 10.0 + 1e-9, 12.0])
FEES = st.sampled_from([0.0, 0.1, 3.0])
MOVES = st.builds(MoveCosts, st.integers(0, REGIONS - 1), FEES, FEES, st.integers(-2, 3))


def grid(values):
    return st.lists(values, min_size=REGIONS * STARTS, max_size=REGIONS * STARTS).map(
        lambda cells: np.array(cells).reshape(SHAPE)
    )


@given(
    allowed=grid(st.booleans()),
    windows=st.builds(DurationWindows, grid(ROOM), grid(USD), grid(st.booleans())),
    power_mw=st.sampled_from([0.5, 1.0, 1.5]),
    moves=MOVES,
    choice=st.none() | st.tuples(st.integers(0, REGIONS - 1), st.integers(0, STARTS - 1)),
)
def test_the_loop_finds_what_whole_arrays_find(allowed, windows, power_mw, moves, choice):
    options = PlaceOptions.of(AllowedPlaces.of(allowed), windows, power_mw, moves)
    room_mw = np.round(windows.room_mw - power_mw + 1e-9, 9)
    waited_h = np.maximum(np.arange(STARTS) - moves.waits_h, 0)
    away_usd = np.where(np.arange(REGIONS) == moves.home, 0.0, moves.away_usd)[:, None]
    cost = np.round(power_mw * windows.usd_per_mw + (away_usd + moves.usd_per_h * waited_h), 6)
    cost = np.where(windows.is_unknown, np.nan, cost)
    has_room = allowed & (room_mw >= 0)
    assert options.is_unpriced == (has_room.any() and np.isnan(cost[has_room]).all())
    room = np.where(allowed, np.maximum(room_mw, -MAX_USD), -np.inf)
    assert options.least_unsafe == np.unravel_index(room.argmax(), SHAPE)
    expected = best_elsewhere(allowed, room_mw, cost, choice)
    assert options.best_elsewhere(choice) == expected
    for region, start in expected:
        assert options.room_mw[region] == room_mw[region, start]
        np.testing.assert_equal(options.cost_usd[region], cost[region, start])


def best_elsewhere(allowed, room_mw, cost, choice):
    """Return the best start of each region, safe and cheap regions first."""
    cost = np.where(allowed & (room_mw >= 0), np.where(np.isnan(cost), MAX_USD, cost), np.inf)
    is_unsafe = np.isinf(cost).all(axis=1)
    best = np.where(is_unsafe, np.where(allowed, room_mw, -np.inf).argmax(axis=1), cost.argmin(axis=1))
    region = np.arange(REGIONS)
    order = np.lexsort((np.where(is_unsafe, -room_mw[region, best], cost[region, best]), is_unsafe)).tolist()
    return [(row, best[row]) for row in order if (choice is None or row != choice[0]) and allowed[row].any()]


def test_waiting_and_moving_cost_more():
    moves = MoveCosts(home=1, away_usd=2.0, usd_per_h=0.5, waits_h=1)
    # Away from home, one hour after the earliest start.
    assert moves.usd((0, 2)) == 2.5
    assert moves.usd((1, 0)) == 0.0
