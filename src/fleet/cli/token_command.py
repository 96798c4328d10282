"""`fleet token`: tokens of people and programs that use the API."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from fleet.cli.options import HOME, HomeOption, JsonOption, now_utc
from fleet.cli.output import console, counted, print_line, print_table
from fleet.errors import ConfigError
from fleet.ledger.tokens import ROLES, NewToken, all_tokens, create_token, revoke_token
from fleet.storage.files import write_json
from fleet.storage.workspace import Workspace
from fleet.workflows.open_workspace import existing_ledger_of, ledger_of

_MOST_DAYS = 3_650

token = typer.Typer(
    help="Create, list and revoke tokens of the API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@token.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who uses the token; it stands in the journal.")],
    role: Annotated[str, typer.Option(help=" or ".join(ROLES))] = "viewer",
    days: Annotated[int, typer.Option(min=1, max=_MOST_DAYS, help="Days until the token expires.")] = 90,
    per_minute: Annotated[int, typer.Option(min=1, max=1_000_000, help="Most requests in a minute.")] = 6_000,
    home: HomeOption = HOME,
) -> None:
    """Create a token and print it once.

    A viewer reads. A submitter also submits and cancels its own jobs. An operator also overrides decisions, cancels any
    job and pushes telemetry. Only a hash of the token is stored, so a lost token is replaced and never shown again.
    """
    if role not in ROLES:
        raise ConfigError(f"--role is {role!r}, expected one of {', '.join(ROLES)}")
    expires = datetime.now(UTC) + timedelta(days=days)
    new = NewToken(
        name=name,
        role=ROLES[ROLES.index(role)],
        expires_utc=expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        per_minute=per_minute,
    )
    with ledger_of(Workspace(home)) as ledger, ledger.writing() as writer:
        text = create_token(writer, new, by="command", made_utc=now_utc())
    print_line(f"The token of {name} with the role {role}, until {new.expires_utc}. It is not shown again:")
    console.print(text, soft_wrap=True, highlight=False)


@token.command("list")
def list_tokens(home: HomeOption = HOME, json: JsonOption = None) -> None:
    """List all tokens, without their secrets."""
    with existing_ledger_of(Workspace(home)) as ledger, ledger.reading() as connection:
        found = all_tokens(connection)
    now = now_utc()
    rows = []
    for one in found:
        state = "revoked" if one.is_revoked else "expired" if one.expires_utc <= now else "in use"
        rows.append((one.name, one.token_id, one.role, state, one.expires_utc, one.per_minute, one.made_utc))
    columns = ("name", "id", "role", "state", "expires", "per minute", "made or revoked")
    if json is not None:
        write_json(json, {"tokens": [dict(zip(columns, row, strict=True)) for row in rows]})
    print_table(counted(len(rows), "token", "tokens"), columns, rows)


@token.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the token.")], home: HomeOption = HOME
) -> None:
    """Revoke a token. A running service refuses it within two seconds."""
    with existing_ledger_of(Workspace(home)) as ledger, ledger.writing() as writer:
        revoked = revoke_token(writer, name, by="command", made_utc=now_utc())
    print_line(f"The token {revoked.token_id} of {revoked.name} is revoked.")
