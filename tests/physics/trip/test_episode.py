import math

import numpy as np
import pytest
from support.sites import region

from fleet.errors import ConfigError
from fleet.physics.trip.episode import EVENTS, CoolingLoss, Course, Episode
from fleet.physics.trip.protection import Layers
from fleet.physics.trip.room import room_of


def recorded(admitting: list[bool], denied_mw: list[float]) -> Episode:
    """An episode with ten seconds between samples. Jobs leave in the second sample, and servers never trip."""
    course = Course.empty(1, len(admitting))
    course.admitting[0], course.denied_mw[0] = admitting, denied_mw
    course.draining[0, 1] = True
    course.inlet_c[0] = np.linspace(26, 30, len(admitting))
    return Episode(
        region_id="alpha",
        event=EVENTS["pump-trip"],
        layers=Layers(warn_c=27, stop_c=32, migrate_c=35, trip_c=40, hysteresis_k=2),
        room=room_of(region()),
        time_s=10.0 * np.arange(len(admitting)),
        course=course,
    )


@pytest.mark.parametrize("share", [0.0, -0.5, 1.1, math.nan])
def test_a_share_that_cannot_be_lost_is_refused(share: float) -> None:
    with pytest.raises(ConfigError, match="share of cooling lost"):
        CoolingLoss(lost_share=share, outage_s=60)


@pytest.mark.parametrize("minutes", [0.0, -1.0, math.nan, math.inf])
def test_an_outage_without_length_or_end_is_refused(minutes: float) -> None:
    with pytest.raises(ConfigError, match="outage is"):
        CoolingLoss(lost_share=1, outage_s=60 * minutes)


def test_a_pump_trip_loses_all_cooling_and_a_power_sag_a_share() -> None:
    assert EVENTS["pump-trip"].lost_share == 1
    assert 0 < EVENTS["power-sag"].lost_share < 1


def test_times_are_those_of_the_first_sample_and_nan_for_never() -> None:
    episode = recorded([True, False, False, True, True], [0, 1, 1, 0, 0])
    assert episode.warn_s[0] == 10  # 26, 27, 28, ...
    assert episode.stop_s[0] == 10
    assert episode.first_denial_s[0] == 10
    assert episode.migrate_s[0] == 10
    assert math.isnan(episode.trip_s[0])
    assert episode.survived[0]


def test_admission_resumes_at_the_last_reopening() -> None:
    assert recorded([True, False, True, False, True], [0] * 5).resumed_s[0] == 40
    assert recorded([True, False, True, False, False], [0] * 5).resumed_s[0] == 20
    assert math.isnan(recorded([True, False, False], [0] * 3).resumed_s[0])


def test_changes_of_admission_are_counted() -> None:
    assert recorded([True, True, True], [0] * 3).admission_changes[0] == 0
    assert recorded([True, False, True, False, False], [0] * 5).admission_changes[0] == 3


def test_refused_power_is_summed_by_cause() -> None:
    # A step begins at every sample except the last: 0.03 + 0.03 MW, and 0.01 + 0.01 MW.
    episode = recorded([False, False, False], [0.03, 0.03, 0.03])
    episode.course.no_room_mw[0] = 0.01
    assert episode.denied_mw[0] == pytest.approx(0.06)
    assert episode.no_room_mw[0] == pytest.approx(0.02)
