"""Who asks: the token of a request, its role, and how many requests it may make."""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fleet.ledger import Ledger
from fleet.ledger.tokens import ROLES, Role, TokenRecord, all_tokens, parts_of

# A revoked token is refused after at most this time.
_KEPT_S = 2.0
_MINUTE_S = 60.0
# Compared with the secret of an unknown token, so that it takes as long as a known one.
_NOBODY = TokenRecord(
    seq=0,
    token_id="",
    made_utc="",
    by="",
    name="",
    role="viewer",
    secret_hash=hashlib.sha256(b"").hexdigest(),
    expires_utc="",
    per_minute=0,
    is_revoked=True,
)


@dataclass(frozen=True)
class Person:
    """A person or program that asks. Without tokens, everybody on loopback is the operator `local`.

    Args:
        per_minute: most requests in a minute; zero for no limit.
    """

    name: str
    role: Role
    per_minute: int = 0

    def may(self, role: Role) -> bool:
        """Tell whether the person may do what a role may do."""
        return ROLES.index(self.role) >= ROLES.index(role)


LOCAL = Person("local", "operator")


class People:
    """The tokens of a ledger, read again after _KEPT_S.

    Args:
        needs_token: always ask for a token, because others than loopback are listened to.
        now_utc: returns the current time.
    """

    def __init__(self, ledger: Ledger, *, needs_token: bool, now_utc: Callable[[], str]) -> None:
        self._ledger, self._needs_token, self._now_utc = ledger, needs_token, now_utc
        # The event loop takes the lock of the allowances, so nobody may hold it while the database is read.
        self._reading, self._counting = threading.Lock(), threading.Lock()
        self._tokens: Mapping[str, TokenRecord] = {}
        self._read_at = -_KEPT_S
        self._allowances: dict[str, _Allowance] = {}

    def who(self, authorization: str | None) -> Person | None:
        """Return who sends a request with this header; None if the token is missing, wrong, revoked or expired.

        Raises: LedgerError if the tokens cannot be read.
        """
        tokens = self._current()
        if not tokens and not self._needs_token:
            return LOCAL
        scheme, _, text = (authorization or "").partition(" ")
        token_id, secret = parts_of(text.strip()) if scheme.lower() == "bearer" else ("", "")
        token = tokens.get(token_id, _NOBODY)
        return Person(token.name, token.role, token.per_minute) if token.accepts(secret, self._now_utc()) else None

    def cached(self, authorization: str | None) -> Person | None:
        """Return as `who` does, if the tokens were read a moment ago; None if they must be read, or for nobody."""
        return self.who(authorization) if self._is_fresh() else None

    def wait_s(self, person: Person) -> float:
        """Count one request of a person; return how long the person must wait first, zero if not at all."""
        if person.per_minute == 0:
            return 0.0
        with self._counting:
            allowance = self._allowances.setdefault(person.name, _Allowance(person.per_minute))
            return allowance.take(person.per_minute, time.monotonic())

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._read_at < _KEPT_S

    def _current(self) -> Mapping[str, TokenRecord]:
        if not self._is_fresh():
            with self._reading:
                # Another thread may have read them while this one waited.
                if not self._is_fresh():
                    asked_at = time.monotonic()
                    with self._ledger.reading() as connection:
                        self._tokens = _by_id(all_tokens(connection))
                    # A token that is revoked during the read is known later than its begin.
                    self._read_at = asked_at
        return self._tokens


class _Allowance:
    """Requests that may be made at once: it fills with time, up to those of one minute."""

    def __init__(self, per_minute: int) -> None:
        self._left, self._at = float(per_minute), time.monotonic()

    def take(self, per_minute: int, now: float) -> float:
        per_s = per_minute / _MINUTE_S
        self._left = min(self._left + (now - self._at) * per_s, float(per_minute))
        self._at = now
        if self._left >= 1.0:
            self._left -= 1.0
            return 0.0
        return (1.0 - self._left) / per_s


def _by_id(tokens: Sequence[TokenRecord]) -> Mapping[str, TokenRecord]:
    return {token.token_id: token for token in tokens}
