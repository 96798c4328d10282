"""The digital twin: synthetic years of weather, grid, load and jobs that behave like real ones."""

from fleet.twin.make import ALL_PARTS, Twin, make_twin

__all__ = ["ALL_PARTS", "Twin", "make_twin"]
