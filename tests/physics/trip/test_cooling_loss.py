from typing import Any

import numpy as np
import pytest
from support.sites import region

from fleet.domain.region import EvaporativePlant, Region
from fleet.domain.white_space import WhiteSpace
from fleet.fleets import load_fleet
from fleet.physics.cooling import inlet_temperature_c
from fleet.physics.trip.cooling_loss import lose_cooling
from fleet.physics.trip.episode import CoolingLoss, Episode
from fleet.physics.trip.room import plant_in
from fleet.units import FloatArray

ALL = CoolingLoss(lost_share=1.0, outage_s=180)
FOR_GOOD = CoolingLoss(lost_share=1.0, outage_s=1e6)
# 10 MW in racks of 10 kW; 20 degC outdoors gives a supply of 20 degC.
SITE = region()


def lose(
    loads: Any,
    event: CoolingLoss = ALL,
    *,
    site: Region = SITE,
    outdoors: tuple[float, float] = (20.0, 10.0),
    seconds: float = 900.0,
    queue: float = 0.1,
    error_k: FloatArray | None = None,
) -> Episode:
    load = np.atleast_1d(np.asarray(loads, dtype=np.float64))
    plant = plant_in(site, np.full(load.shape, outdoors[0]), np.full(load.shape, outdoors[1]))
    return lose_cooling(site, plant, load, event, duration_s=seconds, queue_mw_per_min=queue, sensor_error_k=error_k)


def hall(**changes: Any) -> Region:
    return region(white_space=WhiteSpace(**changes))


def test_the_episode_begins_at_the_settled_inlet() -> None:
    episode, loads = lose([1, 5, 10]), np.array([1.0, 5.0, 10.0])
    plant = plant_in(SITE, np.full(3, 20.0), np.full(3, 10.0))
    np.testing.assert_allclose(episode.course.inlet_c[:, 0], inlet_temperature_c(plant, loads))
    np.testing.assert_allclose(episode.course.load_mw[:, 0], loads)


def test_the_inlet_first_rises_by_power_over_the_heat_capacity_of_air() -> None:
    loads = np.array([2.0, 6.0, 10.0])
    episode = lose(loads)
    rise = (episode.course.inlet_c[:, 1] - episode.course.inlet_c[:, 0]) / episode.time_s[1]
    np.testing.assert_allclose(rise, loads / episode.room.air_mj_per_k, rtol=0.05)


def test_ten_kilowatt_racks_rise_by_20_k_in_half_to_three_minutes() -> None:
    episode = lose(10.0, site=hall(trip_c=60.0, drain_per_min=1e-9))
    inlet = episode.course.inlet_c[0]
    assert 30 <= episode.time_s[np.argmax(inlet >= inlet[0] + 20)] <= 180


@pytest.mark.slow
@pytest.mark.parametrize("name", ["arizona", "ireland", "wyoming"])
@pytest.mark.parametrize("rack_kw", [2.0, 10.0, 132.0])
@pytest.mark.parametrize("event", [ALL, FOR_GOOD, CoolingLoss(lost_share=0.8, outage_s=600)])
def test_denials_precede_the_trip(name: str, rack_kw: float, event: CoolingLoss) -> None:
    site = next(region for region in load_fleet().regions if region.id == name)
    site = site.model_copy(update={"white_space": WhiteSpace(rack_kw=rack_kw)})
    shares, weathers = np.array([0.05, 0.3, 0.6, 0.8]), np.array([(-5.0, -10.0), (15.0, 8.0), (22.0, 17.0)])
    loads, dry, dew = (site.it_capacity_mw * np.tile(shares, 3), *np.repeat(weathers, 4, axis=0).T)
    episode = lose_cooling(site, plant_in(site, dry, dew), loads, event, duration_s=400, queue_mw_per_min=1.0)
    tripped = ~episode.survived
    assert (episode.first_denial_s[tripped] < episode.migrate_s[tripped]).all()
    assert (episode.migrate_s[tripped] < episode.trip_s[tripped]).all()
    # A hall trips exactly if its inlet reaches the trip level.
    np.testing.assert_array_equal(tripped, (episode.course.inlet_c >= episode.layers.trip_c).any(axis=1))
    if rack_kw >= 10 and event is FOR_GOOD:
        assert tripped[shares.size - 1 :: shares.size].all()


@pytest.mark.slow
@pytest.mark.parametrize("event", [ALL, FOR_GOOD, CoolingLoss(lost_share=0.6, outage_s=300)])
@pytest.mark.parametrize("altitude_m", [0.0, 1_860.0])
def test_heat_stored_and_removed_is_heat_generated(event: CoolingLoss, altitude_m: float) -> None:
    episode = lose([0.5, 4.0, 8.0, 10.0], event, site=region(altitude_m=altitude_m))
    generated, stored, removed = episode.heat_mj()
    np.testing.assert_allclose(stored + removed, generated, rtol=1e-3)
    # The promised tolerance is 0.1 %. The solution is exact, so a much smaller one holds too.
    np.testing.assert_allclose(stored + removed, generated, rtol=1e-9)


def test_a_tripped_hall_stays_off_and_denies_every_job() -> None:
    episode = lose(10.0)
    trip = int(np.argmax(episode.course.tripped[0]))
    assert trip > 0
    assert episode.time_s[trip] < 180  # before cooling is back
    assert (episode.course.load_mw[0, trip:] == 0).all()
    assert not episode.course.admitting[0, trip:].any()
    assert np.isnan(episode.resumed_s[0])
    # 0.1 MW/min from the first denial to the end.
    expected = 0.1 * (900 - episode.first_denial_s[0]) / 60
    assert episode.denied_mw[0] == pytest.approx(expected)


def test_admission_resumes_once_a_short_outage_is_over() -> None:
    episode = lose(4.0)
    assert episode.survived[0]
    assert episode.resumed_s[0] > 180
    sample = int(np.searchsorted(episode.time_s, episode.resumed_s[0]))
    assert episode.course.inlet_c[0, sample] < 32 - 2 <= episode.course.inlet_c[0, sample - 1]


def test_admitted_jobs_draw_power_and_denied_ones_do_not() -> None:
    quiet, busy = lose(2.0, queue=0.0), lose(2.0, queue=0.5)
    assert np.isnan(quiet.first_denial_s[0])
    assert quiet.course.load_mw[0, 60] == pytest.approx(2.0)
    assert busy.course.load_mw[0, 30] > 2.0
    closed = lose(10.0, queue=0.5)
    assert closed.course.load_mw[0].max() == pytest.approx(10.0)


@pytest.mark.parametrize("load_mw", [0.0, 1.0, 5.0])
def test_load_rises_by_the_requested_power_while_jobs_are_admitted(load_mw: float) -> None:
    episode = lose(load_mw, CoolingLoss(lost_share=0.01, outage_s=60), queue=0.3)
    # 0.3 MW/min for 15 min is 4.5 MW.
    assert episode.course.admitting.all()
    assert episode.course.load_mw[0, -1] == pytest.approx(load_mw + 4.5)
    assert episode.denied_mw[0] == episode.no_room_mw[0] == 0


def test_requests_beyond_a_full_hall_count_as_no_room_and_not_as_denied() -> None:
    mild = CoolingLoss(lost_share=0.01, outage_s=60)
    filling = lose(8.0, mild, queue=0.4)
    # 0.4 x 15 = 6 MW are requested, of which 2 fit.
    assert filling.course.load_mw[0].max() == pytest.approx(10.0)
    assert filling.no_room_mw[0] == pytest.approx(4.0)
    full = lose(10.0, ALL, queue=0.4)
    # While the hall is full, no request counts as denied, although admission has stopped. When jobs leave, requests fit
    # again and count as denied.
    assert full.stop_s[0] < full.migrate_s[0] < full.first_denial_s[0]
    assert full.no_room_mw[0] == pytest.approx(0.4 / 60 * full.first_denial_s[0])
    assert full.denied_mw[0] + full.no_room_mw[0] == pytest.approx(6.0)


def test_the_queue_stops_at_the_grid_limit() -> None:
    episode = lose(5.0, CoolingLoss(lost_share=0.01, outage_s=60), site=region(grid_limit_mw=6.5), queue=0.4)
    limit = episode.course.load_mw[0].max()
    assert limit * 1.04 + 0.5 + 0.5 * (limit / 10) ** 3 == pytest.approx(6.5)


def test_jobs_leave_by_the_stated_share_each_minute_and_idle_servers_stay_on() -> None:
    site = hall(trip_c=90.0, drain_per_min=0.5)
    episode = lose(10.0, FOR_GOOD, site=site, queue=0.0)
    start = int(np.searchsorted(episode.time_s, episode.migrate_s[0]))
    # From full utilisation: u = 0.5 after a minute, so 0.275 + 0.725 (2 x 0.5 - 0.5^1.4) = 0.7253 of 10 MW.
    assert episode.course.load_mw[0, start + 60] == pytest.approx(7.253, abs=2e-3)
    assert episode.course.load_mw[0, -1] == pytest.approx(2.75, abs=0.02)


def test_a_load_below_that_of_an_idle_hall_does_not_drain() -> None:
    episode = lose(1.0, FOR_GOOD, queue=0.0, seconds=3_600)
    assert np.isfinite(episode.migrate_s[0])
    before_trip = ~episode.course.tripped[0]
    np.testing.assert_allclose(episode.course.load_mw[0, before_trip], 1.0)


# At 6 MW and 24 degC outdoors, the hall settles near the stop level: 27 + 10 (6 / 4 - 1) = 32 with 4 MW of remaining
# capacity.
@pytest.mark.slow
@pytest.mark.parametrize("lost", [0.56, 0.60, 0.64, 0.72, 0.80])
@pytest.mark.parametrize("hysteresis_k", [1.0, 2.0])
def test_admission_does_not_flap_if_cooling_is_just_sufficient(lost: float, hysteresis_k: float) -> None:
    length_s = 2_700
    noise_k = 0.15 * np.random.default_rng(7).standard_normal((6, length_s + 1))
    episode = lose(
        np.full(6, 6.0),
        CoolingLoss(lost_share=lost, outage_s=1e6),
        site=hall(hysteresis_k=hysteresis_k),
        outdoors=(24.0, 14.0),
        seconds=length_s,
        queue=0.1,
        error_k=noise_k,
    )
    # Admission stops, may resume once after jobs have left, and stops again when the queue has filled the hall.
    assert (episode.admission_changes <= 3).all()


def test_without_hysteresis_the_same_noise_would_flap() -> None:
    # This shows that the noise of the test above is large enough: without hysteresis, each sample decides by itself.
    noise_k = 0.15 * np.random.default_rng(7).standard_normal((1, 3_601))
    episode = lose(
        6.0, CoolingLoss(lost_share=0.6, outage_s=1e6), outdoors=(24.0, 14.0), seconds=3_600, error_k=noise_k
    )
    memoryless = episode.course.inlet_c + noise_k < episode.layers.stop_c
    assert np.diff(memoryless, axis=1).sum() > 10


@pytest.mark.slow
def test_samples_are_a_second_apart_or_closer_where_racks_are_dense() -> None:
    assert lose(5.0).time_s[1] == 1
    # 132 kW / 14.4 kJ/K = 9.2 K/s, and half of the least gap is 1.5 K: 7 steps a second.
    assert lose(5.0, site=hall(rack_kw=132.0)).time_s[1] == pytest.approx(1 / 7)


def test_a_longer_episode_begins_with_the_shorter_one() -> None:
    short, long = lose([3.0, 7.0], seconds=300), lose([3.0, 7.0], seconds=600)
    np.testing.assert_array_equal(short.course.inlet_c, long.course.inlet_c[:, :301])


def test_a_scenario_does_not_depend_on_the_others() -> None:
    both, alone = lose([3.0, 9.0]), lose(9.0)
    np.testing.assert_allclose(both.course.inlet_c[1], alone.course.inlet_c[0], atol=1e-12)


def test_higher_sites_trip_at_their_own_lower_limit() -> None:
    low, high = lose(10.0), lose(10.0, site=region(altitude_m=1_860.0))
    assert high.course.inlet_c[0, high.course.tripped[0]].max() == pytest.approx(36.8, abs=0.7)
    assert high.trip_s[0] < low.trip_s[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"rack_kw": 5.0},
        {"air_m3_per_rack": 20.0},
        {"metal_kj_per_k_per_rack": 90.0},
        {"air_to_metal_k_per_kw": 0.8},
        {"trip_c": 42.0},
        {"migrate_c": 33.0},
        {"drain_per_min": 0.9},
        {"server_idle_share": 0.1},
    ],
)
def test_each_property_of_the_hall_moves_the_trip(changes: dict[str, float]) -> None:
    usual, changed = lose(7.0, FOR_GOOD), lose(7.0, FOR_GOOD, site=hall(**changes))
    assert np.isfinite(usual.trip_s[0])
    assert changed.trip_s[0] != usual.trip_s[0]


def test_each_other_layer_changes_its_own_time() -> None:
    usual, changed = lose(4.0), lose(4.0, site=hall(warn_c=25.0, stop_c=30.0))
    assert changed.warn_s[0] < usual.warn_s[0]
    assert changed.stop_s[0] < usual.stop_s[0]
    assert lose(4.0, site=hall(hysteresis_k=5.0)).resumed_s[0] > usual.resumed_s[0]


def test_humidity_before_the_loss_matters_for_evaporative_halls() -> None:
    wet = region(
        plant=EvaporativePlant(
            kind="evaporative", supply_setpoint_c=18, design_supply_c=24, fan_reference_mw=0.5, fixed_mw=0.5
        )
    )
    dry_hour, monsoon = (lose(8.0, site=wet, outdoors=(38.0, dew)) for dew in (0.0, 22.0))
    assert monsoon.trip_s[0] < dry_hour.trip_s[0]
