"""Writes a run of the digital twin into a folder: its tables, its fleet and a record of its arguments."""

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
    """The arguments of a run; see `make_twin`."""

    fleet: Fleet
    start: Hour
    hours: int
    seed: int
    parts: frozenset[str]

    @property
    def tables(self) -> tuple[str, ...]:
        """The file names of the tables that the run makes."""
        is_made = {
            TELEMETRY: bool(self.parts - {"jobs"}),
            OUTLOOKS: "weather" in self.parts,
            JOBS: "jobs" in self.parts,
        }
        return tuple(name for name, made in is_made.items() if made)

    def as_dict(self, rows: dict[str, int]) -> dict[str, Any]:
        """Return the record of the run, for JSON.

        Args:
            rows: file name of a table -> its number of rows.
        """
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
    """Make the twin and write all files of the run into a folder, or none of them.

    Args:
        run: the arguments of the run.
        out: the folder.
        json: path of a further copy of the run's record.
    Returns: file name of a table -> its number of rows.
    Raises: ConfigError if the run would replace a file that the twin did not make, or would leave a table of another
        run in the folder; if the twin cannot make the run; or if a file cannot be written.
    """
    _check_folder(run, out)
    twin = make_twin(run.fleet, start=run.start, hours=run.hours, seed=run.seed, only=run.parts)
    rows: dict[str, int] = {}
    writers = {out / name: _table_writer(name, out / name, twin, rows) for name in run.tables}
    if not _holds_fleet(out / FLEET, run.fleet):
        writers[out / FLEET] = lambda part: part.write_text(dump_fleet(run.fleet), encoding="utf-8")
    # The record comes last: the outlooks are counted while they are written.
    for path in (out / RUN, json):
        if path is not None:
            writers[path] = lambda part: json_writer(run.as_dict(rows))(part)
    write_whole(writers)
    return rows


def _check_folder(run: TwinRun, out: Path) -> None:
    """Refuse a folder in which the run would replace a file that no twin made, or leave a table of another run."""
    try:
        present = {path.name for path in out.iterdir()}
    except OSError:
        return  # The folder does not exist yet. If it cannot be written, `write_whole` refuses it.
    if RUN not in present:
        replaced = {TELEMETRY, OUTLOOKS, JOBS} | (set() if _holds_fleet(out / FLEET, run.fleet) else {FLEET})
        for name in sorted(replaced & present):
            raise ConfigError(f"{out / name} was not made by the twin and would be replaced; name another --out")
    for name in sorted({TELEMETRY, OUTLOOKS, JOBS} & present - set(run.tables)):
        raise ConfigError(
            f"{out / name} belongs to another run, and this run does not replace it; remove it or name another --out"
        )


def _holds_fleet(path: Path, fleet: Fleet) -> bool:
    """Tell whether the file holds this fleet. Such a file is not replaced, because the user may have added comments."""
    try:
        return load_fleet(path) == fleet
    except ConfigError:
        return False


def _table_writer(name: str, path: Path, twin: Twin, rows: dict[str, int]) -> Write:
    """Return the writer of one table, and enter its number of rows in `rows` (of outlooks: when they are written)."""
    if name == OUTLOOKS:
        rows[name] = 0  # Keeps the order of the tables in the record.
        return batch_writer(twin.outlook_batches(), lambda count: rows.update({name: count}))
    frame = twin.telemetry.to_frame() if name == TELEMETRY else twin.jobs
    rows[name] = frame.height
    return frame_writer(path, frame)
