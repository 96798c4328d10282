"""Tokens of people and programs: made, listed and revoked. Only a hash of each secret is stored."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, func, select

from fleet.errors import LedgerError
from fleet.ledger.ledger_writer import Author, LedgerWriter
from fleet.ledger.record import Record
from fleet.ledger.tables import tokens

Role = Literal["viewer", "submitter", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)
_PREFIX = "fleet"
_SECRET_BYTES = 32
_MOST_NAME_LETTERS = 100


class TokenRecord(Record):
    """A token, as recorded. The secret itself is not stored."""

    seq: int
    token_id: str
    made_utc: str
    by: str
    name: str
    role: Role
    secret_hash: str
    expires_utc: str
    per_minute: int
    is_revoked: bool

    def accepts(self, secret: str, now_utc: str) -> bool:
        """Tell whether a secret is the one of this token, and the token is neither revoked nor expired."""
        is_same = hmac.compare_digest(self.secret_hash, secret_hash(secret))
        return is_same and not self.is_revoked and now_utc < self.expires_utc


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """What a person asks for. `per_minute` is the most requests in a minute."""

    name: str
    role: Role
    expires_utc: str
    per_minute: int


def secret_hash(secret: str) -> str:
    """Return the hash of a secret. The secret is random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parts_of(token: str) -> tuple[str, str]:
    """Return the id and the secret in the text of a token; empty texts if it is no token."""
    prefix, _, rest = token.partition("_")
    token_id, _, secret = rest.partition("_")
    return (token_id, secret) if prefix == _PREFIX and secret else ("", "")


def create_token(writer: LedgerWriter, new: NewToken, *, by: str, made_utc: str) -> str:
    """Record a token and return its text, which cannot be shown again.

    Raises: LedgerError if a token in use has the name, or the name is empty or too long.
    """
    name = new.name.strip()
    if not name.isprintable() or not 0 < len(name) <= _MOST_NAME_LETTERS:
        raise LedgerError(f"a token needs a name of 1 to {_MOST_NAME_LETTERS} printable letters, found {len(name)}")
    if any(token.name == name and not token.is_revoked for token in all_tokens(writer.connection)):
        raise LedgerError(f"a token named {name!r} exists; revoke it first, or choose another name")
    token_id, secret = secrets.token_hex(4), secrets.token_urlsafe(_SECRET_BYTES)
    row = {
        "token_id": token_id,
        "made_utc": made_utc,
        "by": by,
        "name": name,
        "role": new.role,
        "secret_hash": secret_hash(secret),
        "expires_utc": new.expires_utc,
        "per_minute": new.per_minute,
        "is_revoked": False,
    }
    writer.add(tokens, [{**row, "id": secrets.token_hex(8)}])
    writer.sign(Author(by=by, action="create token"), made_utc)
    return f"{_PREFIX}_{token_id}_{secret}"


def revoke_token(writer: LedgerWriter, name: str, *, by: str, made_utc: str) -> TokenRecord:
    """Record that a token is revoked. Raises: LedgerError if no token in use has the name or id."""
    for token in all_tokens(writer.connection):
        if name in (token.name, token.token_id) and not token.is_revoked:
            row = token.as_dict() | {"made_utc": made_utc, "by": by, "is_revoked": True, "id": secrets.token_hex(8)}
            writer.add(tokens, [row])
            writer.sign(Author(by=by, action="revoke token"), made_utc)
            return token
    raise LedgerError(f"no token in use is named {name!r}; `fleet token list` shows them")


def all_tokens(connection: Connection) -> list[TokenRecord]:
    """Return the newest row of each token, in the order in which the tokens were made."""
    newest = select(func.max(tokens.c.seq)).group_by(tokens.c.token_id)
    rows = connection.execute(select(tokens).where(tokens.c.seq.in_(newest)).order_by(tokens.c.seq)).mappings()
    return [TokenRecord.model_validate(dict(row)) for row in rows]
