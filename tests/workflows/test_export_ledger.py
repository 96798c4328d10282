"""The ledger as Parquet: typed, complete, without secrets."""

from datetime import UTC, datetime

import polars as pl
from support.entries import denied, entry

from fleet.domain.decision import Verdict
from fleet.ledger import Ledger, sqlite_url
from fleet.ledger.tokens import NewToken, create_token
from fleet.workflows.export_ledger import export_ledger

NOW = "2024-05-20T01:30:00Z"


def test_all_rows_are_exported_with_their_types(tmp_path):
    with Ledger(sqlite_url(tmp_path / "ledger.sqlite")) as ledger:
        ledger.append([entry("a"), entry(denied("b"))])
        ledger.override(entry("a").id, Verdict.DENY, by="Ann", reason="x", made_utc=NOW)
        with ledger.writing() as writer:
            new = NewToken(name="ann", role="viewer", expires_utc=NOW, per_minute=1)
            create_token(writer, new, by="test", made_utc=NOW)
        assert export_ledger(ledger, tmp_path / "out") == {"decisions": 2, "overrides": 1, "tokens": 1, "journal": 3}
    frame = pl.read_parquet(tmp_path / "out" / "decisions.parquet")
    assert frame["start_utc"].to_list() == [datetime(2024, 5, 20, 1, tzinfo=UTC), None]
    assert frame["power_mw"].dtype == pl.Float64
    assert frame["binding"][0]["hour_utc"] == datetime(2024, 5, 20, 1, tzinfo=UTC)
    assert [len(options) for options in frame["alternatives"]] == [0, 2]
    assert "secret_hash" not in pl.read_parquet(tmp_path / "out" / "tokens.parquet").columns
