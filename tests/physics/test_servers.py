import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import DataError
from fleet.physics.servers import gpu_servers, power_share, utilisation_at

shares = st.floats(0, 1)
idles = st.floats(0, 0.9)


def test_power_goes_from_idle_to_peak_along_the_published_curve() -> None:
    # At half utilisation 2 x 0.5 - 0.5^1.4 = 0.62107, and 0.25 + 0.75 x 0.62107 = 0.71580.
    np.testing.assert_allclose(power_share(np.array([0.0, 0.5, 1.0]), 0.25), [0.25, 0.71580, 1.0], atol=1e-5)


@given(shares, shares, idles)
def test_power_rises_with_utilisation(one: float, other: float, idle: float) -> None:
    low, high = sorted((one, other))
    gain = float(power_share(high, idle)) - float(power_share(low, idle))
    # The slope of 2u - u^1.4 is least at full load: 2 - 1.4 = 0.6.
    assert gain >= 0.6 * (1 - idle) * (high - low) - 1e-12


@given(shares, idles)
def test_utilisation_is_the_inverse_of_power(utilisation: float, idle: float) -> None:
    assert float(utilisation_at(power_share(utilisation, idle), idle)) == pytest.approx(utilisation, abs=1e-9)


@pytest.mark.parametrize("value", [-0.01, 1.01, 62.0])
def test_a_utilisation_outside_zero_to_one_is_refused(value: float) -> None:
    with pytest.raises(DataError, match=f"utilisation is {value:g}, expected 0 to 1"):
        power_share(np.array([0.5, value]), 0.25)


@pytest.mark.parametrize("value", [0.2, 1.01])
def test_a_power_below_idle_or_above_peak_is_refused(value: float) -> None:
    with pytest.raises(DataError, match=f"power share is {value:g}, expected 0.25 to 1"):
        utilisation_at(value, 0.25)


@pytest.mark.parametrize("idle", [-0.1, 1.0, np.nan])
def test_an_idle_share_outside_its_range_is_refused(idle: float) -> None:
    with pytest.raises(DataError, match="idle share"):
        power_share(0.5, idle)
    with pytest.raises(DataError, match="idle share"):
        utilisation_at(0.5, idle)


def test_missing_input_gives_missing_results() -> None:
    for curve in (power_share, utilisation_at):
        result = curve(np.array([np.nan, 0.5]), 0.25)
        assert np.isnan(result[0])
        assert np.isfinite(result[1])


def test_power_is_counted_in_whole_servers() -> None:
    # 60 kW / 10.2 kW = 5.9
    assert gpu_servers(0.06) == 5
    np.testing.assert_array_equal(gpu_servers(np.array([0.0, 0.0103])), [0, 1])
