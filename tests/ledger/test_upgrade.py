"""The versions of the ledger's tables: an empty database, one of before, one of a newer program."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from support.entries import entry
from support.older_ledgers import WITHOUT_VERSION

from fleet.errors import LedgerError
from fleet.ledger import Ledger, upgrade_database
from fleet.ledger.database import open_engine
from fleet.ledger.tables import metadata
from fleet.ledger.upgrade import _MIGRATIONS, HEAD, version_of


def run(url, *statements):
    engine = open_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_the_program_knows_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_migrations_make_the_tables_of_the_program(url):
    Ledger(url).close()
    engine = open_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
        assert version_of(connection) == HEAD
    engine.dispose()
    assert differences == []


def test_a_ledger_from_before_the_versions_is_migrated_with_its_rows(url):
    with Ledger(url) as ledger:
        ledger.append([entry("a"), entry("b")])
    run(url, *WITHOUT_VERSION)
    assert upgrade_database(url) == (None, HEAD)
    with Ledger(url) as ledger:
        assert ledger.append([entry("c")]) == 1
        assert [record.job_id for record in ledger.decisions()] == ["c", "b", "a"]
        assert not ledger.verify().faults


def test_a_database_of_a_newer_version_is_refused_and_left_alone(url):
    Ledger(url).close()
    run(url, "UPDATE alembic_version SET version_num = '9999'")
    for use in (Ledger, upgrade_database):
        with pytest.raises(LedgerError, match="a newer program made them"):
            use(url)
    run(url, "SELECT 1 FROM decisions")


def test_a_database_of_an_older_version_is_refused_until_it_is_upgraded(url):
    Ledger(url).close()
    run(url, *WITHOUT_VERSION[:-1], "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(LedgerError, match="fleet db upgrade"):
        Ledger(url)
    assert upgrade_database(url) == ("0001", HEAD)
    assert upgrade_database(url) == (HEAD, HEAD)
    Ledger(url).close()
