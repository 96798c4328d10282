import numpy as np
import pytest

from fleet.twin.noise import autoregression, red_noise, stream


def test_streams_depend_on_every_name_and_on_the_seed() -> None:
    draws = {
        stream(seed, *names).random()
        for seed, names in ((7, ("a", "b")), (7, ("a", "c")), (7, ("b", "a")), (8, ("a", "b")))
    }
    assert len(draws) == 4
    assert stream(7, "a", "b").random() in draws


def test_red_noise_has_unit_variance_from_its_first_value_and_the_stated_memory() -> None:
    series = red_noise(stream(1, "test"), (20_000, 30), 10.0)
    np.testing.assert_allclose(series.std(axis=0), 1, atol=0.03)
    # exp(-5 / 10) = 0.607
    assert np.corrcoef(series[:, 0], series[:, 5])[0, 1] == pytest.approx(0.607, abs=0.02)


def test_a_longer_series_of_noise_begins_with_the_shorter_one_to_the_bit() -> None:
    long = red_noise(stream(1, "test"), (500,), 10.0)
    np.testing.assert_array_equal(long[:100], red_noise(stream(1, "test"), (100,), 10.0))
    assert red_noise(stream(1, "test"), (1,), 10.0)[0] == long[0]


def test_autoregression_is_the_recursion_written_out() -> None:
    # 4; 1 + 4 / 2 = 3; 0 + 3 / 2 = 1.5, and in the second row 2; 2 + 1 = 3; 2 + 1.5 = 3.5
    innovations = np.array([[4.0, 1.0, 0.0], [2.0, 2.0, 2.0]])
    original = innovations.copy()
    np.testing.assert_array_equal(autoregression(innovations, 0.5), [[4.0, 3.0, 1.5], [2.0, 3.0, 3.5]])
    np.testing.assert_array_equal(innovations, original)
