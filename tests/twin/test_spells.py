from dataclasses import replace

import numpy as np
import pytest

from fleet.fleets import load_fleet
from fleet.twin.climate import Spell, Spells
from fleet.twin.spells import mean_height, spell_effects

REGION = load_fleet().regions[0]
NONE = Spell(
    per_year=0.0,
    months=(1 / 12,) * 12,
    onset_h=10.0,
    lasting_h=50.0,
    decay_h=20.0,
    temperature_k=0.0,
    dew_point_k=0.0,
    wind=0.0,
    cloud=0.0,
)
JULY = tuple(1.0 if month == 6 else 0.0 for month in range(12))
WAVES = replace(NONE, per_year=6.0, months=JULY, temperature_k=8.0, dew_point_k=-3.0)
TIME = np.datetime64("2001-01-01T00", "h") + np.arange(100 * 8_766)


def spells(**kinds: Spell) -> Spells:
    names = Spells.__dataclass_fields__
    return Spells(**(dict.fromkeys(names, NONE) | kinds))


def test_spells_are_in_their_months_and_do_not_change_the_mean() -> None:
    effects = spell_effects([REGION], [spells(heat_wave=WAVES)], TIME, 1)
    month = TIME.astype("datetime64[M]").astype(int) % 12
    assert (effects.temperature_k[0, month == 3] == 0).all()
    summer = effects.temperature_k[0, np.isin(month, (6, 7))]
    # Spells that begin in July last into August.
    assert summer.mean() == pytest.approx(0, abs=0.3)
    assert summer.max() > 8
    np.testing.assert_allclose(effects.dew_point_k, effects.temperature_k * -3 / 8)


def test_the_mean_height_is_rate_times_duration() -> None:
    # Six spells in the 730.5 h of July, each equivalent to 10 / 2 + 50 + 20 = 75 h at full height:
    # 6 x 75 / 730.5 = 0.616.
    assert mean_height(WAVES)[6] == pytest.approx(0.616, abs=1e-3)
    assert mean_height(WAVES)[0] == 0


def test_a_climate_without_spells_has_none() -> None:
    effects = spell_effects([REGION], [spells()], TIME[:1_000], 1)
    assert (effects.temperature_k == 0).all()


def test_a_series_may_begin_within_a_spell() -> None:
    start = np.datetime64("2001-07-31T00", "h") + np.arange(24)
    effects = [spell_effects([REGION], [spells(heat_wave=WAVES)], start, seed) for seed in range(60)]
    assert max(effect.temperature_k[0, 0] for effect in effects) > 2
