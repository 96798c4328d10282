import numpy as np
import pytest

from fleet.twin.noise import red_noise, stream, two_scale_noise


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


def test_two_scales_mix_their_autocorrelations() -> None:
    series = two_scale_noise(stream(1, "test"), 400_000, slow_share=0.75, slow_h=60, fast_h=2)
    # 0.75 exp(-6 / 60) + 0.25 exp(-6 / 2) = 0.679 + 0.012 = 0.691
    assert np.corrcoef(series[:-6], series[6:])[0, 1] == pytest.approx(0.691, abs=0.02)
