"""The check of a job against the regions of a fleet."""

from collections.abc import Sequence

from fleet.domain.job import Job
from fleet.domain.region import Region
from fleet.errors import PlacementError
from fleet.units import exceeds

_MOST_NAMED = 8


class RegionCheck:
    """Checks that the regions of a job exist and that one of them is large enough."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self._largest_load_mw = {region.id: region.largest_load_mw for region in regions}
        self._largest_region = self._largest_of(tuple(self._largest_load_mw))

    def check(self, job: Job) -> None:
        """Check one job.

        Raises: PlacementError if a region is unknown, or if the job's power exceeds the largest load of every allowed
            region.
        """
        for name in (job.home_region, *job.regions):
            if name not in self._largest_load_mw:
                raise PlacementError(f"region {name!r} is unknown, expected {self._known_regions()}", job_id=job.id)
        largest_region = self._largest_of(job.regions) if job.regions else self._largest_region
        largest_mw = self._largest_load_mw[largest_region]
        if exceeds(job.power_mw, largest_mw):
            raise PlacementError(
                f"power_mw is {job.power_mw:.10g}, expected at most {largest_mw:.10g}, the largest load of its allowed "
                f"regions (in {largest_region}: the smaller of it_capacity_mw and grid_limit_mw - plant.fixed_mw)",
                job_id=job.id,
            )

    def _largest_of(self, regions: Sequence[str]) -> str:
        return max(regions, key=self._largest_load_mw.__getitem__)

    def _known_regions(self) -> str:
        ids = list(self._largest_load_mw)
        rest = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
        return f"one of the fleet's {', '.join(ids[:_MOST_NAMED])}{rest}"
