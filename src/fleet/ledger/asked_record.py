"""What the submitted row of a job asked for, as the ledger records it."""

from dataclasses import asdict
from typing import Any, Self

from pydantic import SerializerFunctionWrapHandler, model_serializer

from fleet.domain import clock
from fleet.domain.job import Job, Segment
from fleet.ledger.record import Record


class SegmentRecord(Record):
    """See domain.job.Segment."""

    number: int
    count: int
    hours_before: int
    hours_after: int

    def as_segment(self) -> Segment:
        """Return the segment."""
        return Segment(
            number=self.number, count=self.count, hours_before=self.hours_before, hours_after=self.hours_after
        )


class AskedRecord(Record):
    """What the submitted row asked for beside power and duration; see domain.job.Job. Times are ISO texts of UTC."""

    earliest_utc: str
    deadline_utc: str
    home_region: str
    regions: tuple[str, ...]
    priority: int
    data_gb: float
    # Null for a job that cannot pause, and left out of its cells, so that they are those of earlier versions.
    segment: SegmentRecord | None = None

    @model_serializer(mode="wrap")
    def _without_null(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        cell: dict[str, Any] = serialize(self)
        if self.segment is None:
            del cell["segment"]
        return cell

    @classmethod
    def of(cls, job: Job) -> Self:
        """Make the record of a job."""
        return cls(
            earliest_utc=clock.iso(job.earliest_utc),
            deadline_utc=clock.iso(job.deadline_utc),
            home_region=job.home_region,
            regions=job.regions,
            priority=job.priority,
            data_gb=job.data_gb,
            segment=None if job.segment is None else SegmentRecord.model_validate(job.segment),
        )

    @staticmethod
    def cell_of(job: Job) -> dict[str, Any]:
        """Return what the database holds of a job."""
        return {
            "earliest_utc": clock.iso(job.earliest_utc),
            "deadline_utc": clock.iso(job.deadline_utc),
            "home_region": job.home_region,
            "regions": list(job.regions),
            "priority": job.priority,
            "data_gb": float(job.data_gb),
            **({} if job.segment is None else {"segment": asdict(job.segment)}),
        }

    def as_job(self, job_id: str, power_mw: float, duration_h: int) -> Job:
        """Return the job that was decided, or the segment."""
        return Job(
            id=job_id,
            power_mw=power_mw,
            duration_h=duration_h,
            earliest_utc=clock.parse_hour(self.earliest_utc),
            deadline_utc=clock.parse_hour(self.deadline_utc),
            home_region=self.home_region,
            regions=self.regions,
            priority=self.priority,
            data_gb=self.data_gb,
            segment=None if self.segment is None else self.segment.as_segment(),
        )
