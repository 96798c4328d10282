"""A file of arrays with notes in JSON and a checksum.

The arrays are mapped into memory: an array that is not used takes no memory.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fleet.errors import DataError
from fleet.storage.files import Write

# Position and length of the JSON, the checksum of all bytes before the trailer, and a mark.
_TRAILER = struct.Struct("<QQI8s")
_MARK = b"FLEETST1"
# Arrays begin at multiples of this many bytes, where processors read them fastest.
_ALIGNED_BYTES = 64
_CHUNK_BYTES = 1 << 24


class ArrayFile:
    """A file of arrays that is open for reading. The arrays cannot be changed.

    notes: the notes that were written with the arrays.

    Args:
        is_checked: True to compare the checksum, which reads the whole file.
    Raises: DataError if the file is missing or damaged.
    """

    def __init__(self, path: Path, *, is_checked: bool = True) -> None:
        try:
            with path.open("rb") as file:
                self._bytes = mmap(file.fileno(), 0, access=ACCESS_READ)
                size = len(self._bytes) - _TRAILER.size
                # The checksum reads the file, because reading the mapped bytes would keep them in memory.
                found = _checksum(file, size) if is_checked else None
        except (OSError, ValueError) as error:
            raise DataError(f"{path.name} cannot be read ({error})") from error
        begin, length, checksum, mark = _TRAILER.unpack_from(self._bytes, size) if size >= 0 else (0, 0, 0, b"")
        if mark != _MARK or begin + length != size or found not in (None, checksum):
            raise DataError(f"{path.name} is damaged or cut off")
        content = json.loads(bytes(self._bytes[begin:size]))
        self.notes: Any = content["notes"]
        self._arrays: list[tuple[int, str, list[int]]] = content["arrays"]

    def array(self, index: int) -> NDArray[Any]:
        """Return the array at a position in the order of writing, mapped into memory."""
        offset, dtype, shape = self._arrays[index]
        flat = np.frombuffer(self._bytes, dtype=dtype, count=int(np.prod(shape, dtype=np.int64)), offset=offset)
        return flat.reshape(shape)


def array_writer(arrays: Sequence[NDArray[Any]], notes: Any) -> Write:
    """Return a function for `write_whole` that writes arrays and notes.

    Args:
        notes: values that JSON can hold.
    """

    def write(path: Path) -> None:
        places, checksum, position = [], 0, 0
        with path.open("wb") as file:

            def put(content: bytes | memoryview) -> None:
                nonlocal checksum, position
                checksum = zlib.crc32(content, checksum)
                position += file.write(content)

            for array in arrays:
                put(b"\0" * (-position % _ALIGNED_BYTES))
                places.append((position, array.dtype.str, array.shape))
                put(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
            begin, content = position, json.dumps({"notes": notes, "arrays": places}).encode()
            put(content)
            file.write(_TRAILER.pack(begin, len(content), checksum, _MARK))

    return write


def _checksum(file: BinaryIO, size: int) -> int:
    checksum = 0
    while size > 0:
        content = file.read(min(size, _CHUNK_BYTES))
        checksum, size = zlib.crc32(content, checksum), size - len(content)
    return checksum
