"""A dew point above the temperature."""

from collections.abc import Mapping
from typing import ClassVar

from fleet.quality.base import Flags, Rule, View

# In fog, correct sensors may read a dew point a little above the temperature.
_FOG_K = 1.0


class DewPointAbove(Rule):
    """The dew point is more than 1 K above the temperature. Either may be wrong, so both are held."""

    reason: ClassVar[str] = "the dew point is above the temperature"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the same flags for both columns."""
        if not {"temperature_c", "dew_point_c"} <= view.values.keys():
            return {}
        flags = view.values["dew_point_c"] > view.values["temperature_c"] + _FOG_K
        return {"temperature_c": flags, "dew_point_c": flags}
