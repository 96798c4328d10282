"""Tokens: made once, stored hashed, revoked for good."""

import pytest

from fleet.errors import LedgerError
from fleet.ledger.tokens import NewToken, all_tokens, create_token, parts_of, revoke_token

NOW = "2024-05-20T01:30:00Z"


def create(ledger, name="ann", role="viewer"):
    with ledger.writing() as writer:
        new = NewToken(name=name, role=role, expires_utc="2024-06-01T00:00:00Z", per_minute=60)
        return create_token(writer, new, by="test", made_utc=NOW)


def tokens(ledger):
    with ledger.reading() as connection:
        return all_tokens(connection)


def test_a_token_is_accepted_until_it_expires(ledger):
    token_id, secret = parts_of(create(ledger))
    (token,) = tokens(ledger)
    assert (token.token_id, token.name, token.role) == (token_id, "ann", "viewer")
    assert token.accepts(secret, "2024-05-31T23:59:59Z")
    assert not token.accepts(secret, "2024-06-01T00:00:00Z")
    assert not token.accepts(secret + "x", NOW)
    assert secret not in str(token.as_dict())


def test_a_revoked_token_is_not_accepted_and_its_name_is_free(ledger):
    _, secret = parts_of(create(ledger))
    with ledger.writing() as writer:
        revoke_token(writer, "ann", by="test", made_utc=NOW)
    (token,) = tokens(ledger)
    assert not token.accepts(secret, NOW)
    create(ledger)
    assert [one.is_revoked for one in tokens(ledger)] == [True, False]
    assert not ledger.verify().faults


def test_a_name_in_use_an_empty_and_an_unknown_one_are_refused(ledger):
    create(ledger)
    for name in ("ann", " ", "x" * 101, "a\x1b[2J"):
        with pytest.raises(LedgerError):
            create(ledger, name)
    with ledger.writing() as writer, pytest.raises(LedgerError, match="fleet token list"):
        revoke_token(writer, "bob", by="test", made_utc=NOW)


@pytest.mark.parametrize("text", ["", "fleet", "fleet_", "fleet_a", "fleet_a_", "other_a_b", "_a_b"])
def test_a_text_that_is_no_token_has_no_parts(text):
    assert parts_of(text) == ("", "")
