"""Rules that find doubtful values. To add a rule: a file here, a line in RULES, a test beside the others.

A doubtful value is held: it counts as missing, and its reason is kept. No value is repaired. A rule judges an hour only
from that hour, earlier hours and outlooks issued by then, so a live hour and a replay give the same verdict.
"""

from collections.abc import Mapping

from fleet.quality.against_outlook import AgainstOutlook
from fleet.quality.base import Rule, View
from fleet.quality.clock_shift import ClockShift
from fleet.quality.dew_point_above import DewPointAbove
from fleet.quality.filler import Filler
from fleet.quality.lone_fall import LoneFall
from fleet.quality.outlook_departure import OutlookDeparture
from fleet.quality.over_capacity import OverCapacity
from fleet.quality.physical_range import PhysicalRange
from fleet.quality.repeated_hours import RepeatedHours
from fleet.quality.stuck import Stuck
from fleet.quality.unit_change import UnitChange
from fleet.quality.weather_step import WeatherStep

# For each rule, the values that an earlier rule held are missing.
RULES: Mapping[str, type[Rule]] = {
    "physical_range": PhysicalRange,
    "over_capacity": OverCapacity,
    "filler": Filler,
    "unit_change": UnitChange,
    "stuck": Stuck,
    "weather_step": WeatherStep,
    "lone_fall": LoneFall,
    "dew_point_above": DewPointAbove,
    "clock_shift": ClockShift,
    "repeated_hours": RepeatedHours,
    "outlook_departure": OutlookDeparture,
    "against_outlook": AgainstOutlook,
}

__all__ = ["RULES", "Rule", "View"]
