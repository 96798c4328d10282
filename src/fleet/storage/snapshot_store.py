"""Snapshots of a state: one file per hour. Arrays that did not change since an earlier snapshot are not written again.

For a large array that an earlier file holds, a snapshot stores only the name of that file and the position of the array
in the file. A file is kept while a kept snapshot names it.
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
# Smaller arrays are always written, because finding them in another file takes longer than reading them.
_SHARED_BYTES = 1 << 16
_ONE_HOUR = np.timedelta64(1, "h")
# The snapshots of the last day are kept, and of the week before that those of every sixth hour.
KEPT_H, _KEPT_EACH_H, _THINNED_TO_H = 8 * 24, 24, 6


class Codec(Protocol):
    """Turns a state into plain values and arrays, and back.

    encode: appends the arrays of the state to `arrays`, and returns the rest as values that JSON can hold.
    decode: returns the state. `array` gives an array by its position in `arrays`.
    """

    def encode(self, value: Any, arrays: list[Array]) -> Any: ...

    def decode(self, tree: Any, array: Callable[[int], Array]) -> Any: ...


@dataclass(frozen=True, order=True)
class SnapshotName:
    """The name of a snapshot.

    Args:
        hour: the last hour from which the state has learnt.
        input_hash: hash of all inputs up to that hour.
    """

    hour: Hour
    input_hash: str

    @property
    def file(self) -> str:
        """The name of the snapshot's file."""
        return f"{np.datetime_as_string(self.hour, unit='h').replace('-', '')}-{self.input_hash}{_SUFFIX}"

    @classmethod
    def parse(cls, file: str) -> "SnapshotName":
        """Return the snapshot name in a file name. Raises: ValueError if the file is no snapshot."""
        stamp, _, rest = file.partition("-")
        hour = np.datetime64(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}", "h")
        return cls(hour, rest.removesuffix(_SUFFIX))


@dataclass
class SnapshotStore:
    """The snapshots in one folder.

    Args:
        folder: made by the first write.
        codec: encodes and decodes states.
        version: version of the states; a snapshot of another version is not read.
    """

    folder: Path
    codec: Codec
    version: str
    # id -> (array, file, position in the file) of large arrays. The array is kept, or its id could be used again.
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

        Raises: DataError if the snapshot is of another version, or if its file or a file that it names is missing or
            damaged. The snapshot is then set aside: its file gets the suffix .damaged.
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
        """Write a snapshot. At every sixth hour, also remove the snapshots that are no longer kept.

        Raises: ConfigError if the folder cannot be written. The other snapshots then stay as they are.
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
            # Finding the old files takes time, and a few hours more do no harm.
            if name.hour.astype(np.int64) % _THINNED_TO_H == 0:
                self._prune(name.hour)

    def _make_folder(self) -> None:
        """Make the folder and the one above it, for the user alone."""
        try:
            for folder in (self.folder.parent, self.folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{self.folder} cannot be made ({error.strerror})") from error

    def _known(self, array: Array, file: str, index: int) -> Array:
        """Remember where an array is, if it is large, and return the array."""
        if array.nbytes >= _SHARED_BYTES:
            self._places[id(array)] = (array, file, index)
        return array

    def _remember(self, arrays: Sequence[Array], places: Sequence[tuple[str | None, int]], file: str) -> None:
        """Remember where the large arrays of the newest snapshot are. Forget all others, to free their memory."""
        self._places = {
            id(array): (array, other or file, index)
            for array, (other, index) in zip(arrays, places, strict=True)
            if array.nbytes >= _SHARED_BYTES
        }

    def _prune(self, newest: Hour) -> None:
        """Remove the files that are not kept and that no kept snapshot names."""
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
