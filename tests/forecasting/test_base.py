import numpy as np
from support.builders import seasonal, series_of
from threadpoolctl import threadpool_info

from fleet.forecasting import walk_forward
from fleet.forecasting.seasonal_naive import SeasonalNaive


class Recorder(SeasonalNaive):
    """Records the span of each learning and the number of threads of linear algebra."""

    def __init__(self, *, horizon):
        super().__init__(horizon=horizon)
        self.calls = []

    def learn(self, series, start, stop):
        # NumPy and SciPy each load a library of their own. Only NumPy's is used here.
        threads = {pool["num_threads"] for pool in threadpool_info() if "numpy" in pool["filepath"]}
        self.calls.append((start, stop, threads))
        return self


def test_each_origin_is_forecast_by_what_was_learnt_before_its_month():
    recorder = Recorder(horizon=24)
    # From 2 February 05:00 to 2 March: months begin at hours 31 x 24 = 744 and (31 + 29) x 24 = 1440.
    walk_forward(recorder, series_of(seasonal(24 * 90)), np.arange(32 * 24 + 5, 61 * 24 + 5))
    assert [(start, stop) for start, stop, _ in recorder.calls] == [(0, 744), (744, 1_440)]


def test_linear_algebra_uses_one_thread():
    recorder = Recorder(horizon=24)
    walk_forward(recorder, series_of(seasonal(24 * 40)), np.arange(24 * 35, 24 * 36))
    assert [threads for *_, threads in recorder.calls] == [{1}]
