"""What is known at a live hour."""

import numpy as np
import pytest
from support.sites import calm, changed, fleet_of, hour, region

from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.live.reservations import known_at

FLEET = fleet_of(region("alpha"))
HORIZON = 24


def with_prices_ahead(telemetry: Telemetry, hours: int) -> Telemetry:
    """Return the telemetry with prices alone in some hours after its end."""
    values = {}
    for name, grid in telemetry.values.items():
        ahead = np.full((len(grid), hours), 999.0 if name == "price_usd_per_mwh" else np.nan)
        values[name] = np.concatenate([grid, ahead], axis=1)
    time_utc = telemetry.time_utc[0] + np.arange(len(telemetry.time_utc) + hours)
    return Telemetry(regions=telemetry.regions, time_utc=time_utc, values=values)


@pytest.mark.parametrize("at", [None, hour("2024-01-02T23"), hour("2024-01-02T05")])
def test_a_price_that_is_known_ahead_neither_moves_now_nor_counts_as_past(at):
    stored = calm(FLEET, 2)
    known = known_at(with_prices_ahead(stored, 34), FLEET, at, HORIZON)
    assert known.time_utc[-1] == (at or hour("2024-01-02T23"))
    assert np.nanmax(known.values["price_usd_per_mwh"]) == 50.0


def test_a_price_ahead_does_not_stand_in_for_an_hour_of_silence():
    stored = with_prices_ahead(calm(FLEET, 2), 34)
    known = known_at(stored, FLEET, hour("2024-01-03T02"), HORIZON)
    assert np.isnan(known.values["temperature_c"][0, -3:]).all()
    assert known.values["price_usd_per_mwh"][0, -3:].tolist() == [999.0] * 3
    with pytest.raises(DataError, match="newest observed value is of 2024-01-02T23:00Z"):
        known_at(stored, FLEET, hour("2024-01-04T00"), HORIZON)


def test_without_an_observation_nothing_is_known():
    empty = changed(calm(FLEET, 1), "temperature_c", slice(None), np.nan)
    for name in ("dew_point_c", "it_load_mw", "carbon_g_per_kwh"):
        empty = changed(empty, name, slice(None), np.nan)
    with pytest.raises(DataError, match="no observed value"):
        known_at(empty, FLEET, None, HORIZON)
