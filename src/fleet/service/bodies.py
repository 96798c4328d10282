"""What clients send. Each value is checked strictly: no text counts as a number, and no field is ignored."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from fleet.domain.clock import parse_hour
from fleet.domain.decision import Verdict
from fleet.domain.job import MAX_DURATION_H, MOST_DATA_GB, MOST_POWER_MW, MOST_PRIORITY, Job
from fleet.domain.job_cells import MOST_ID_LETTERS
from fleet.errors import FleetError
from fleet.service import patterns


def _text(value: str) -> str:
    """Refuse what a database cannot store."""
    if "\0" in value or any(0xD800 <= ord(letter) < 0xE000 for letter in value):
        raise ValueError("found a null character or half a character, expected text")
    return value


def _hour(value: str) -> str:
    try:
        parse_hour(value)
    except FleetError as error:
        raise ValueError(str(error)) from None
    return value


Text = Annotated[str, AfterValidator(_text)]
Name = Annotated[str, Field(max_length=MOST_ID_LETTERS), AfterValidator(_text)]
Id = Annotated[str, Field(min_length=1, max_length=MOST_ID_LETTERS), AfterValidator(_text)]
HourText = Annotated[
    str,
    Field(
        max_length=40,
        pattern=patterns.HOUR,
        description="A full hour in ISO 8601. A time without a zone is UTC.",
        examples=["2026-07-15T12:00Z"],
    ),
    AfterValidator(_hour),
]
Reason = Annotated[
    str,
    Field(min_length=1, max_length=1_000, pattern=patterns.VISIBLE, examples=["The owner asked for it."]),
    AfterValidator(_text),
]


class Body(BaseModel):
    """A request body. Unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class JobBody(Body):
    """A job."""

    id: Annotated[Id, Field(description="Unique for ever.", examples=["train-4711"])]
    name: Name = ""
    power_mw: Annotated[float, Field(gt=0, le=MOST_POWER_MW, allow_inf_nan=False, examples=[1.5])]
    duration_h: Annotated[int, Field(ge=1, le=MAX_DURATION_H, examples=[4])]
    earliest_utc: HourText
    deadline_utc: Annotated[HourText, Field(examples=["2026-07-16T12:00Z"])]
    home_region: Annotated[Id, Field(examples=["ireland"])]
    regions: Annotated[list[Id], Field(max_length=1_000, description="Allowed regions; empty allows all.")] = []
    priority: Annotated[int, Field(ge=-MOST_PRIORITY, le=MOST_PRIORITY)] = 0
    data_gb: Annotated[float, Field(ge=0, le=MOST_DATA_GB, allow_inf_nan=False)] = 0.0
    checkpoint_h: Annotated[
        int | None,
        Field(
            ge=1,
            le=MAX_DURATION_H,
            description="Saves a checkpoint after so many hours of running, and may pause there; null cannot pause.",
        ),
    ] = None

    def as_job(self) -> Job:
        """Return the job. Raises: PlacementError if no job may be like this."""
        return Job(
            id=self.id,
            name=self.name,
            power_mw=self.power_mw,
            duration_h=self.duration_h,
            earliest_utc=parse_hour(self.earliest_utc),
            deadline_utc=parse_hour(self.deadline_utc),
            home_region=self.home_region,
            regions=tuple(self.regions),
            priority=self.priority,
            data_gb=self.data_gb,
            checkpoint_h=self.checkpoint_h,
        )


class BatchBody(Body):
    """Jobs that are planned together."""

    jobs: Annotated[list[JobBody], Field(min_length=1, max_length=10_000)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({job.id for job in self.jobs}) < len(self.jobs):
            raise ValueError("two jobs have one id, expected each id once")
        return self


class CancelBody(Body):
    """A job to cancel."""

    job_id: Annotated[Id, Field(examples=["train-4711"])]
    reason: Reason


class OverrideWishBody(Body):
    """What a person wants instead of a decision."""

    verdict: Annotated[str, Field(pattern=patterns.VERDICT, examples=["approve"])]
    region: Id | None = None
    start_utc: HourText | None = None

    @model_validator(mode="after")
    def _place_only_to_approve(self) -> Self:
        if self.verdict == Verdict.DENY and (self.region is not None or self.start_utc is not None):
            raise ValueError("region and start_utc belong to approve; leave them out to deny")
        return self


class OverrideBody(OverrideWishBody):
    """An override by a person who has seen its risk."""

    risk_id: Annotated[str, Field(pattern=patterns.HASH, description="From `override-risk`.", examples=["0" * 16])]
    reason: Reason


class DecisionQuery(BaseModel):
    """Which decisions to list."""

    model_config = ConfigDict(extra="forbid")

    job_id: Annotated[Id | None, Field(description="Id of a job: decisions on it and on its later segments.")] = None
    region: Id | None = None
    verdict: Verdict | None = None
    since: Annotated[HourText | None, Field(description="Decisions made at this time or later.")] = None
    until: Annotated[HourText | None, Field(description="Decisions made before this time, or at it.")] = None
    cursor: Annotated[int | None, Field(ge=1, le=2**53)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class TelemetryRow(Body):
    """The observed values of one region and hour. A value that is left out, or null, is missing."""

    region: Id
    time_utc: HourText
    temperature_c: float | None = None
    dew_point_c: float | None = None
    wind_speed_m_s: float | None = None
    pressure_hpa: float | None = None
    carbon_g_per_kwh: float | None = None
    it_load_mw: float | None = None
    price_usd_per_mwh: float | None = None
    grid_limit_mw: float | None = None


class TelemetryBody(Body):
    """Observed values."""

    rows: Annotated[list[TelemetryRow], Field(min_length=1, max_length=50_000)]
    reason: Annotated[Text, Field(max_length=1_000, description="Why values older than 14 days change.")] = ""
