import numpy as np
from support.builders import seasonal, series_of

from fleet.forecasting.persistence import Persistence


def test_the_latest_known_value_stays():
    observed = seasonal(60, regions=2)
    observed[1, 48:51] = np.nan
    forecast = Persistence(horizon=3).predict(series_of(observed), np.array([40, 50]))
    np.testing.assert_array_equal(forecast[:, 0], np.repeat(observed[0, [40, 50]][:, None], 3, axis=1))
    np.testing.assert_array_equal(forecast[1, 1], observed[1, 47])  # hours 48 to 50 are missing
