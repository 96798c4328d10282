"""The cheapest place and start that stay inside the envelope at the bound."""

from fleet.placement.options import Choice, Options, Policy, cheapest


class Greedy(Policy):
    """One job after another, each taking the best that is left."""

    asks_bound = True

    def choose(self, options: Options) -> Choice | None:
        return cheapest(options, options.allowed & (options.room_mw >= 0))
