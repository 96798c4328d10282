"""Shows that two revisions give bit-identical results: python benchmarks/same_results.py BASE [OUT] [--fast].

Both revisions run the same commands on the same inputs: the digital twin, two replays, evaluations, a loss of cooling,
and a series of live hours with an override. With the shared data, the evaluations and a replay also use real series.
BASE is a git revision; it is compared with the working tree. OUT keeps the results, so that a second run with the same
BASE only runs the working tree. `--fast` leaves out the demo, the real zones and the ablation.

Texts for people, seconds, versions and the clock of the machine may differ, and a JSON object may gain a key.
Everything else must be equal.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("FLEET_SHARED_DATA", ROOT.parent / "shared" / "data"))
# Keys whose values are texts for people or depend on the time or the machine.
FREE = {"reason", "seconds", "made_utc", "weather"}
HOURS, ORIGINS = 5_000, 20
FORECASTERS = ("seasonal_naive", "persistence", "ridge", "ridge_asinh", "xgboost", "blend")
BANDS = ("split", "rolling", "aci", "tracker")


class Revision:
    """One checkout, and the folder for its results."""

    def __init__(self, checkout: Path, out: Path) -> None:
        self._checkout, self.out = checkout, out
        out.mkdir(parents=True, exist_ok=True)

    def fleet(self, *words: object, home: str = "home") -> None:
        """Run a command with the `fleet` package of this checkout, even if another one is installed."""
        self._run(["-m", "fleet.cli", *map(str, words)], home)

    def example(self, name: str, *words: object) -> None:
        self._run([str(self._checkout / "examples" / name), *map(str, words)], "home")

    def _run(self, words: Sequence[str], home: str) -> None:
        environment = os.environ | {"PYTHONPATH": str(self._checkout / "src"), "FLEET_HOME": str(self.out / home)}
        done = subprocess.run(  # noqa: S603
            [sys.executable, *words], env=environment, cwd=self.out, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{self._checkout}: {' '.join(words)} failed\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def make(revision: Revision, *, fast: bool) -> None:
    """Write every result of one revision."""
    out = revision.out
    revision.fleet("twin", "--out", "twin", "--hours", HOURS, "--seed", 11)
    tables = ("--telemetry", "twin/telemetry.parquet", "--outlooks", "twin/outlooks.parquet")
    jobs = ("--jobs", "twin/jobs.parquet")
    few = () if fast else ("--ablate",)
    revision.fleet("replay", *tables, *jobs, *few, "--json", "replay.json", "--dump", "replay.parquet")
    for index, forecaster in enumerate(FORECASTERS):
        name, target = BANDS[index % len(BANDS)], ("temperature_c", "carbon_g_per_kwh")[index % 2]
        how = ("--target", target, "--forecaster", forecaster, "--bands", name, "--step", 3)
        revision.fleet("evaluate", *tables, *how, "--json", f"{forecaster}.json", "--dump", f"{forecaster}.parquet")
    revision.fleet("simulate-trip", "--region", "arizona", "--it-load-mw", 60, "--json", "trip.json")
    live(revision, pl.read_parquet(out / "twin/telemetry.parquet")["time_utc"].unique().sort())
    if fast:
        return
    revision.fleet("demo", "--no-serve", "--json", "demo.json", home="demo")
    if DATA.is_dir():
        revision.example("four_zones.py", DATA, out / "zones")
        for name, target in (
            ("weather/metie_ie-dublin-phoenix-park_2007-2014", "temp_c"),
            ("carbon/em_gb_2021-2023", "ci_direct_gco2eq_per_kwh"),
        ):
            file, stem = DATA / f"{name}.parquet", name.split("/")[1]
            for split in ("walk-forward", "reference"):
                how = ("--target", target, "--split", split, "--step", 2)
                files = ("--json", f"{stem}-{split}.json", "--dump", f"{stem}-{split}.parquet")
                revision.fleet("evaluate", "--telemetry", file, *how, *files)


def live(revision: Revision, hours: pl.Series) -> None:
    """Decide a series of live hours, override the first decision, and read the ledger."""
    revision.fleet("ingest", "table", "--file", "twin/telemetry.parquet", "--json", "ingest.json")
    revision.fleet("ingest", "outlooks", "--file", "twin/outlooks.parquet", "--json", "ingest-outlooks.json")
    known: list[str] = []
    for hour in hours[-100 : -100 + ORIGINS]:
        at, name = f"{hour:%Y-%m-%dT%H:00Z}", f"decide-{hour:%Y%m%d%H}.json"
        revision.fleet("decide", "--jobs", "twin/jobs.parquet", "--at", at, "--json", name)
        known += [row["id"] for row in json.loads((revision.out / name).read_text())["decisions"]]
        if len(known) and not (revision.out / "override.json").exists():
            person = ("--by", "A. Person", "--reason", "maintenance")
            revision.fleet("override", known[0], "--deny", *person, "--json", "override.json")
    revision.fleet("headroom", "--at", at, "--duration", 30, "--json", "headroom.json")
    for index in (0, len(known) // 2, -1):
        revision.fleet("explain", known[index], "--json", f"explain-{index}.json")


def differences(base: Path, head: Path) -> Iterator[str]:
    """Yield every file that differs, with the first place of difference."""
    names = sorted(
        {path.relative_to(folder) for folder in (base, head) for path in folder.rglob("*") if path.is_file()}
    )
    for name in names:
        if name.suffix not in {".json", ".parquet", ".yaml"}:
            continue
        if not ((base / name).exists() and (head / name).exists()):
            yield f"{name}: written by one revision only"
        elif name.suffix == ".yaml":
            if (base / name).read_bytes() != (head / name).read_bytes():
                yield f"{name}: differs"
        elif name.suffix == ".parquet":
            if not pl.read_parquet(base / name).equals(pl.read_parquet(head / name), null_equal=True):
                yield f"{name}: some cell differs"
        else:
            place = first_difference(*(json.loads((folder / name).read_text()) for folder in (base, head)))
            if place:
                yield f"{name}: {place}"


def first_difference(one: Any, other: Any, where: str = "") -> str:
    """Return the first place at which two JSON documents differ. It is empty if only values of FREE keys differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        # The id of an override is a hash of the moment at which the person decided.
        free = FREE | {"id"} if "by" in one else FREE
        for key in one:
            if key in free:
                continue
            if key not in other:
                return f"{where}.{key} is gone"
            found = first_difference(one[key], other[key], f"{where}.{key}")
            if found:
                return found
        return ""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return next(
            filter(
                None, (first_difference(a, b, f"{where}[{n}]") for n, (a, b) in enumerate(zip(one, other, strict=True)))
            ),
            "",
        )
    return "" if one == other and type(one) is type(other) else f"{where} is {str(one)[:60]} and {str(other)[:60]}"


def main(base: str, out: Path, *, fast: bool) -> int:
    """Compare the two revisions. Return 0 if all results are equal, else 1."""
    git = shutil.which("git") or "git"
    commit = subprocess.run(  # noqa: S603
        [git, "-C", str(ROOT), "rev-parse", base], capture_output=True, text=True, check=True
    ).stdout.strip()
    kept = out / f"{commit[:12]}{'-fast' if fast else ''}"
    if not (kept / "done").exists():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([git, "clone", "-q", "--shared", str(ROOT), folder], check=True)  # noqa: S603
            subprocess.run([git, "-C", folder, "checkout", "-q", commit], check=True)  # noqa: S603
            shutil.rmtree(kept, ignore_errors=True)
            make(Revision(Path(folder), kept), fast=fast)
        (kept / "done").touch()
    head = out / "working-tree"
    shutil.rmtree(head, ignore_errors=True)
    make(Revision(ROOT, head), fast=fast)
    found = list(differences(kept, head))
    compared = sum(path.suffix in {".json", ".parquet", ".yaml"} for path in head.rglob("*"))
    print("\n".join(found) or f"{compared} files are equal to the last bit, except for texts and times")
    return 1 if found else 0


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--fast"]
    if not words:
        sys.exit(__doc__)
    place = Path(words[1]) if len(words) > 1 else Path(tempfile.gettempdir()) / "fleet-same-results"
    sys.exit(main(words[0], place.resolve(), fast="--fast" in sys.argv))
