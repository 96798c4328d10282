"""Run where it was submitted, now: the original footprint."""

from fleet.placement.options import Choice, Options, Policy


class HomeRegion(Policy):
    """Asks nothing of weather or grid. What every other policy is compared with."""

    def choose(self, options: Options) -> Choice | None:
        return options.home, 0
