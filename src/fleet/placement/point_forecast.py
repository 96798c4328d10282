"""The cheapest place and start that the point forecast calls safe."""

from fleet.placement.options import Choice, Options, Policy, cheapest


class PointForecast(Policy):
    """As greedy, believing the forecast as if it never missed."""

    def choose(self, options: Options) -> Choice | None:
        return cheapest(options, options.allowed & (options.forecast_room_mw >= 0))
