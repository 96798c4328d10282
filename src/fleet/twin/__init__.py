"""The digital twin: synthetic years of weather, grid, load and jobs that behave like real ones."""

from fleet.twin.assemble import ALL_PARTS, Twin, make_twin
from fleet.twin.world_fleet import MOST_REGIONS, draw_world_fleet

__all__ = ["ALL_PARTS", "MOST_REGIONS", "Twin", "draw_world_fleet", "make_twin"]
