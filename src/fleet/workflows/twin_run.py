"""A run of the digital twin as a folder: its tables, its fleet, and what was asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets import dump_fleet, load_fleet
from fleet.storage.files import Write, batch_writer, frame_writer, json_writer, write_whole
from fleet.twin import Twin, make_twin

TELEMETRY, OUTLOOKS, JOBS = "telemetry.parquet", "outlooks.parquet", "jobs.parquet"
FLEET, RUN = "fleet.yaml", "twin.json"


@dataclass(frozen=True, kw_only=True)
class TwinRun:
    """What the twin is asked for; see `make_twin`."""

    fleet: Fleet
    start: Hour
    hours: int
    seed: int
    parts: frozenset[str]

    @property
    def tables(self) -> tuple[str, ...]:
        """The files of its tables."""
        asked = {TELEMETRY: self.parts - {"jobs"}, OUTLOOKS: "weather" in self.parts, JOBS: "jobs" in self.parts}
        return tuple(name for name, wanted in asked.items() if wanted)

    def as_dict(self, rows: dict[str, int]) -> dict[str, Any]:
        return {
            "fleet": self.fleet.name,
            "regions": list(self.fleet.region_ids),
            "start": clock.iso(self.start),
            "hours": self.hours,
            "seed": self.seed,
            "parts": sorted(self.parts),
            "rows": rows,
        }


def write_twin(run: TwinRun, out: Path, *, json: Path | None = None) -> dict[str, int]:
    """Make the run and write it into a folder, all of it or nothing; `json` gets what the folder's own record holds.

    Returns: the rows of each table.
    Raises: ConfigError if the folder holds a file that is not the twin's or would stay beside this run's, if the twin
        cannot make it, or the place cannot be written.
    """
    _refuse_others(run, out)
    made = make_twin(run.fleet, start=run.start, hours=run.hours, seed=run.seed, only=run.parts)
    rows: dict[str, int] = {}
    writers = {out / name: _table_writer(name, out / name, made, rows) for name in run.tables}
    if not _is_there(run.fleet, out / FLEET):
        writers[out / FLEET] = lambda part: part.write_text(dump_fleet(run.fleet), encoding="utf-8")
    # Last, because the rows of outlooks are known when they are written.
    for path in (out / RUN, json):
        if path is not None:
            writers[path] = lambda part: json_writer(run.as_dict(rows))(part)
    write_whole(writers)
    return rows


def _refuse_others(run: TwinRun, out: Path) -> None:
    """A reader of the folder takes its files for one run."""
    try:
        present = {path.name for path in out.iterdir()}
    except OSError:
        return  # a folder that is not there; a place that cannot be written is refused when it is
    if RUN not in present:
        own = {TELEMETRY, OUTLOOKS, JOBS} | (set() if _is_there(run.fleet, out / FLEET) else {FLEET})
        for name in sorted(own & present):
            raise ConfigError(f"{out / name} was not made by the twin and is not to be lost; name another --out")
    for name in sorted({TELEMETRY, OUTLOOKS, JOBS} & present - set(run.tables)):
        raise ConfigError(
            f"{out / name} is of another run, which this one would not replace whole; remove it or name another --out"
        )


def _is_there(fleet: Fleet, path: Path) -> bool:
    """The file holds this fleet already, perhaps with a person's comments."""
    try:
        return load_fleet(path) == fleet
    except ConfigError:
        return False


def _table_writer(name: str, path: Path, made: Twin, rows: dict[str, int]) -> Write:
    """Rows of outlooks are counted while they are written."""
    if name == OUTLOOKS:
        rows[name] = 0
        return batch_writer(made.outlook_batches(), lambda height: rows.update({name: height}))
    frame = made.telemetry.to_frame() if name == TELEMETRY else made.jobs
    rows[name] = frame.height
    return frame_writer(path, frame)
