"""Snapshots of a state: one file per hour. Arrays that did not change since an earlier snapshot are not written again.

A large array that an earlier file holds is named by that file and its position. A file is kept as long as a kept
snapshot names it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fleet.domain.clock import Hour
from fleet.errors import ConfigError, DataError
from fleet.storage.array_file import ArrayFile, array_writer
from fleet.storage.files import write_whole
from fleet.storage.locks import locked

Array = NDArray[Any]
_SUFFIX, _SET_ASIDE = ".state", ".damaged"
# A smaller array is written again: to find it elsewhere takes longer than to read it.
_SHARED_BYTES = 1 << 16
_ONE_HOUR = np.timedelta64(1, "h")
# Every hour of the last day is kept, and every sixth hour of the week before.
KEPT_H, _KEPT_EACH_H, _THINNED_TO_H = 8 * 24, 24, 6


class Codec(Protocol):
    """Turns a state into plain values and arrays, and back."""

    def encode(self, value: Any, arrays: list[Array]) -> Any: ...

    def decode(self, tree: Any, array: Callable[[int], Array]) -> Any: ...


@dataclass(frozen=True, order=True)
class SnapshotName:
    """The name of a snapshot.

    Args:
        hour: the last hour that the state knows.
        input_hash: of everything that was known then.
    """

    hour: Hour
    input_hash: str

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{np.datetime_as_string(self.hour, unit='h').replace('-', '')}-{self.input_hash}{_SUFFIX}"

    @classmethod
    def parse(cls, file: str) -> "SnapshotName":
        """Return the name of a file. Raises: ValueError if it is no snapshot."""
        stamp, _, rest = file.partition("-")
        hour = np.datetime64(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}", "h")
        return cls(hour, rest.removesuffix(_SUFFIX))


@dataclass
class SnapshotStore:
    """The snapshots in one folder.

    Args:
        version: a snapshot of another version is not read.
    """

    folder: Path
    codec: Codec
    version: str
    _places: dict[int, tuple[Array, str, int]] = field(default_factory=dict, repr=False)

    def names(self) -> list[SnapshotName]:
        """Return the names of all snapshots, newest first."""
        found = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            try:
                found.append(SnapshotName.parse(path.name))
            except ValueError:
                continue
        return sorted(found, reverse=True)

    def read(self, name: SnapshotName) -> Any:
        """Return the state of a snapshot.

        Raises: DataError if it is damaged, of another version, or needs a file that is; then it is set aside.
        """
        path = self.folder / name.file
        try:
            file = ArrayFile(path)
            if file.notes["version"] != self.version:
                raise DataError(f"{name.file} is of version {file.notes['version']}, expected {self.version}")
            files = {other: ArrayFile(self.folder / other) for other in file.notes["files"]} | {name.file: file}
            places = [(name.file if other is None else other, index) for other, index in file.notes["places"]]
            arrays = [self._known(files[other].array(index), other, index) for other, index in places]
            return self.codec.decode(file.notes["tree"], arrays.__getitem__)
        except DataError as error:
            set_aside = path.with_suffix(_SET_ASIDE)
            try:
                path.replace(set_aside)
            except OSError:
                raise error from None
            raise DataError(f"{error}; it was set aside as {set_aside.name}") from error

    def write(self, name: SnapshotName, state: Any) -> None:
        """Write the state whole, and remove the snapshots that are too old.

        Raises: ConfigError if the folder cannot be written. The other snapshots stay as they are.
        """
        arrays: list[Array] = []
        tree = self.codec.encode(state, arrays)
        self._make_folder()
        with locked(self.folder / "snapshots.lock"):
            own: list[Array] = []
            places: list[tuple[str | None, int]] = []
            for array in arrays:
                earlier = self._places.get(id(array))
                if earlier is not None and (self.folder / earlier[1]).exists():
                    places.append(earlier[1:])
                else:
                    places.append((None, len(own)))
                    own.append(array)
            files = sorted({file for file, _ in places if file is not None})
            notes = {"version": self.version, "files": files, "places": places, "tree": tree}
            write_whole({self.folder / name.file: array_writer(own, notes)})
            self._remember(arrays, places, name.file)
            # To look through all files takes longer than to keep some for a few hours more.
            if name.hour.astype(np.int64) % _THINNED_TO_H == 0:
                self._prune(name.hour)

    def _make_folder(self) -> None:
        """Make the folder, for the user alone."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{self.folder} cannot be made ({error.strerror})") from error

    def _known(self, array: Array, file: str, index: int) -> Array:
        if array.nbytes >= _SHARED_BYTES:
            self._places[id(array)] = (array, file, index)
        return array

    def _remember(self, arrays: Sequence[Array], places: Sequence[tuple[str | None, int]], file: str) -> None:
        """Remember where the arrays of the newest snapshot are; older ones are forgotten, so that they can be freed."""
        self._places = {
            id(array): (array, other or file, index)
            for array, (other, index) in zip(arrays, places, strict=True)
            if array.nbytes >= _SHARED_BYTES
        }

    def _prune(self, newest: Hour) -> None:
        names = self.names()
        kept = {name.file for name in names if _is_kept(name.hour, newest)}
        needed = set(kept)
        for file in kept:
            try:
                needed |= set(_notes_of(self.folder / file)["files"])
            except DataError:
                continue
        for name in names:
            if name.file not in needed:
                (self.folder / name.file).unlink(missing_ok=True)


def _is_kept(hour: Hour, newest: Hour) -> bool:
    age_h = int((newest - hour) / _ONE_HOUR)
    return age_h < _KEPT_EACH_H or (age_h <= KEPT_H and hour.astype(np.int64) % _THINNED_TO_H == 0)


def _notes_of(path: Path) -> Mapping[str, Any]:
    notes: Mapping[str, Any] = ArrayFile(path, is_checked=False).notes
    return notes
