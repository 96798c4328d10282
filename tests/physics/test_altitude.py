import pytest

from fleet.physics.altitude import derated_inlet_limit_c


def test_limit_is_unchanged_up_to_900_metres() -> None:
    assert derated_inlet_limit_c(35, -10) == 35
    assert derated_inlet_limit_c(35, 900) == 35


def test_limit_at_cheyenne_is_three_kelvin_lower() -> None:
    # 35 - (1860 - 900) / 300 = 31.8
    assert derated_inlet_limit_c(35, 1_860) == pytest.approx(31.8)
