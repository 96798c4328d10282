"""Reads the body of a response within its limits, and unpacks it itself, so that a small answer never fills the memory.

A library that unpacks takes whole pieces: 64 KiB that are packed twice become gigabytes before their size is known.
"""

import time
import zlib
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    import httpx

ACCEPTED = "gzip"
_GZIP_FORMAT = zlib.MAX_WBITS | 16
Result = TypeVar("Result")


class TooLargeError(Exception):
    """The body is larger than allowed, packed or unpacked."""


def read_body(response: "httpx.Response", *, most_bytes: int, end_s: float) -> bytes:
    """Return the unpacked body.

    Args:
        most_bytes: largest body, unpacked.
        end_s: time of the monotonic clock until which the body must be here.
    Raises: TooLargeError; TimeoutError; httpx.DecodingError if the body is packed in another way, damaged or cut off.
    """
    import httpx

    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", ACCEPTED}:
        raise httpx.DecodingError(f"the content encoding is {encoding[:40]!r}, expected {ACCEPTED} or none")
    body, unpacker = bytearray(), zlib.decompressobj(_GZIP_FORMAT) if encoding == ACCEPTED else None
    received = 0
    try:
        for chunk in response.iter_raw():
            received += len(chunk)
            body += chunk if unpacker is None else unpacker.decompress(chunk, most_bytes + 1 - len(body))
            if max(len(body), received) > most_bytes:
                raise TooLargeError
            if time.monotonic() > end_s:
                raise TimeoutError
    except zlib.error as error:
        raise httpx.DecodingError(f"the answer cannot be unpacked ({error})") from error
    if unpacker is not None and received and not unpacker.eof:
        raise httpx.DecodingError("the packed answer was cut off")
    return bytes(body)


def run_until(end_s: float, work: Callable[[], Result]) -> Result:
    """Return what `work` returns, if it does so in time. A library limits the wait for a byte, not for all of them.

    Args:
        end_s: time of the monotonic clock. Work that takes longer goes on in its thread, and its result is lost.
    Raises: TimeoutError if it takes longer; what the work raises.
    """
    ended: SimpleQueue[tuple[Result | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            ended.put((work(), None))
        except BaseException as error:
            ended.put((None, error))

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(end_s - time.monotonic(), 0.0))
    if ended.empty():
        raise TimeoutError
    result, error = ended.get()
    if error is not None:
        raise error
    return cast(Result, result)
