"""The grids of the digital twin: a small merit-order dispatch under the twin's own weather."""

from fleet.twin.grid.grid_year import Grid, make_grid
from fleet.twin.grid.mix import GridMix
from fleet.twin.grid.mixes import GRIDS

__all__ = ["GRIDS", "Grid", "GridMix", "make_grid"]
