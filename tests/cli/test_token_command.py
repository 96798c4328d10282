"""`fleet token`."""

import json

import pytest
from support.commands import assert_refused, runner

from fleet.ledger import Ledger, sqlite_url
from fleet.ledger.tokens import all_tokens, parts_of


@pytest.fixture
def fleet(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path))
    return runner(monkeypatch, capsys)


def test_a_token_is_shown_once_and_can_be_revoked(fleet, tmp_path):
    made = fleet("token", "create", "ann", "--role", "operator", "--days", "1")
    assert made.code == 0, made
    text = made.out.strip().splitlines()[-1]
    token_id, secret = parts_of(text)
    with Ledger(sqlite_url(tmp_path / "ledger.sqlite")) as ledger, ledger.reading() as connection:
        (token,) = all_tokens(connection)
    assert (token.token_id, token.role, token.accepts(secret, token.made_utc)) == (token_id, "operator", True)
    listed = fleet("token", "list", "--json", tmp_path / "tokens.json")
    assert secret not in listed.out + (tmp_path / "tokens.json").read_text()
    assert json.loads((tmp_path / "tokens.json").read_text())["tokens"][0]["state"] == "in use"
    assert fleet("token", "revoke", "ann").code == 0
    fleet("token", "list", "--json", tmp_path / "tokens.json")
    assert json.loads((tmp_path / "tokens.json").read_text())["tokens"][0]["state"] == "revoked"


def test_a_wrong_role_name_or_number_of_days_is_refused(fleet):
    assert_refused(fleet("token", "create", "ann", "--role", "king"), "viewer, submitter, operator")
    assert fleet("token", "create", "ann").code == 0
    assert_refused(fleet("token", "create", "ann"), "revoke it first")
    assert fleet("token", "create", "bob", "--days", "0").code == 2
    assert_refused(fleet("token", "revoke", "nobody"), "fleet token list")
