"""Answers on disk, so that a repeated back-fill asks only for what may have changed. Keys are never stored."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# An answer about hours long past is asked for again after this time, because services revise their history.
_CLOSED_S = 7 * 24 * 3_600.0
_SECRETS = frozenset({"api_key", "apikey", "securitytoken", "token", "key"})


@dataclass(frozen=True, kw_only=True)
class Cached:
    """An answer as it was stored.

    tags: the headers `etag` and `last-modified`.
    stored_s: when it was stored [seconds since 1970].
    """

    body: bytes
    tags: Mapping[str, str]
    stored_s: float

    @classmethod
    def now(cls, body: bytes, tags: Mapping[str, str]) -> "Cached":
        """Return an answer that is stored now."""
        return cls(body=body, tags=tags, stored_s=time.time())

    def is_usable_for(self, *, is_closed: bool) -> bool:
        """Tell whether the answer counts without asking again."""
        return is_closed and 0 <= time.time() - self.stored_s < _CLOSED_S

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the answer only if it has changed."""
        names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
        return {names[tag]: value for tag, value in self.tags.items()}


class AnswerCache:
    """Answers in a folder, one file each. It may be deleted.

    Args:
        folder: made when the first answer is stored, readable by the user alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prune(self) -> None:
        """Remove answers that were stored so long ago that they do not count without asking again."""
        for path in self._folder.glob("*.answer"):
            try:
                if time.time() - path.stat().st_mtime > _CLOSED_S:
                    path.unlink()
            except OSError:
                # Another process removed it, or the disk is read-only.
                continue

    def find(self, url: str, params: Mapping[str, str]) -> Cached | None:
        """Return the stored answer to a request; None if there is none, or its file is damaged."""
        path = self._path(url, params)
        try:
            head, body = path.read_bytes().split(b"\n", 1)
            described = json.loads(head)
            if hashlib.sha256(body).hexdigest() != described["sha256"]:
                return None
            return Cached(body=body, tags=dict(described["tags"]), stored_s=float(described["stored_s"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, url: str, params: Mapping[str, str], answer: Cached) -> None:
        """Store the answer to a request. A disk that is full or read-only only costs the next request."""
        head = {
            "stored_s": answer.stored_s,
            "tags": dict(answer.tags),
            "sha256": hashlib.sha256(answer.body).hexdigest(),
        }
        path = self._path(url, params)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_bytes(json.dumps(head).encode() + b"\n" + answer.body)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)

    def remove(self, url: str, params: Mapping[str, str]) -> None:
        """Remove the stored answer to a request, if there is one."""
        try:
            self._path(url, params).unlink(missing_ok=True)
        except OSError:
            # On a read-only disk the answer counts until its time is over.
            return

    def _path(self, url: str, params: Mapping[str, str]) -> Path:
        named = sorted((name, value) for name, value in params.items() if name.lower() not in _SECRETS)
        digest = hashlib.sha256(json.dumps([url, named]).encode()).hexdigest()
        return self._folder / f"{digest}.answer"
