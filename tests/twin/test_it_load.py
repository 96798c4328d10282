import numpy as np
import pytest

from fleet.domain.clock import weekday
from fleet.domain.region import Region
from fleet.fleets import load_fleet
from fleet.twin.almanac import local_hours, solar_hour
from fleet.twin.it_load import make_it_load

TIME = np.datetime64("2024-01-01T00", "h") + np.arange(3 * 8_760)
ARIZONA = load_fleet().regions[0]


def site(**changes: float) -> Region:
    return ARIZONA.model_copy(update={"twin": ARIZONA.twin.model_copy(update=changes)})


def test_load_has_its_mean_and_grows() -> None:
    steady = make_it_load(site(load_growth_per_year=0.0), TIME, seed=7)
    assert steady.mean() == pytest.approx(0.62 * 100, rel=0.015)
    growing = make_it_load(site(load_growth_per_year=0.1), TIME, seed=7)
    # Same noise, so the ratio after two years is exactly 1.1^2.
    assert growing[2 * 8_760] / steady[2 * 8_760] == pytest.approx(1.21)


def test_load_never_leaves_zero_to_capacity() -> None:
    full = make_it_load(site(mean_load_fraction=0.98, load_growth_per_year=0.2), TIME, seed=7)
    assert full.max() == 100
    assert full.min() >= 0


def test_load_peaks_on_local_weekday_afternoons() -> None:
    load = make_it_load(site(load_growth_per_year=0.0), TIME, seed=7)
    hour = np.floor(solar_hour(TIME, ARIZONA.longitude_deg))
    assert np.argmax([load[hour == value].mean() for value in range(24)]) in {14, 15, 16}
    weekend = weekday(local_hours(TIME, ARIZONA.longitude_deg)) >= 5
    assert load[~weekend].mean() > 1.01 * load[weekend].mean()
