"""Monthly refits: accumulated normal equations against fitting anew on all rows so far with NumPy's least squares.

Quality is the mean absolute error over the last year of two twin years of Arizona's temperature, in degrees Celsius.
"""

import numpy as np
from harness import Row, compare, publish

from fleet.fleets import load_fleet
from fleet.forecasting import FORECASTERS, Series, walk_forward
from fleet.forecasting.design import origin_features
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import actual, refit_blocks
from fleet.twin import make_twin

HORIZON = 24
YEAR_H = 8_760


def main() -> list[Row]:
    """Three regions at a time, hourly origins, 24 leads, fit included."""
    twin = make_twin(
        load_fleet(), start=np.datetime64("2024-01-01", "h"), hours=2 * YEAR_H, seed=7, only=frozenset({"weather"})
    )
    series = Series(observed=twin.telemetry.column("temperature_c"), time_utc=twin.telemetry.time_utc)
    origins = np.arange(YEAR_H, 2 * YEAR_H - HORIZON)
    truth = actual(series, origins, HORIZON)

    def ours() -> float:
        return float(np.abs(walk_forward(FORECASTERS["ridge"](horizon=HORIZON), series, origins) - truth).mean())

    def anew() -> float:
        forecast = same_hour(series.filled, origins, HORIZON)
        done = 0
        for block in refit_blocks(series.time_utc, origins):
            rows = np.arange(int(series.first_known.max()), block[0] + 1 - HORIZON)
            for region in range(len(series.observed)):
                target = (actual(series, rows, HORIZON) - same_hour(series.filled, rows, HORIZON))[:, region]
                coefficient = np.linalg.lstsq(design_matrix(series, region, rows), target, rcond=None)[0]
                forecast[done : done + len(block), region] += design_matrix(series, region, block) @ coefficient
            done += len(block)
        return float(np.abs(forecast - truth).mean())

    case = "3 regions x 8,736 origins x 24 leads, 12 refits"
    return [compare(case, ours, "numpy.linalg.lstsq anew at each refit", anew, repeats=3)]


if __name__ == "__main__":
    publish("ridge_refit", main(), ["numpy"])
