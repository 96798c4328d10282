from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from support.entries import denied, entry
from support.frames import ORIGIN, risk_rows, risk_table, write_workspace

from fleet.dashboard import cached, time_choice
from fleet.dashboard.report.report_page import write_report
from fleet.domain.clock import hour_of
from fleet.domain.decision import Binding
from fleet.physics.limits import OUTDOOR
from fleet.storage.files import write_frame
from fleet.workflows.open_workspace import ledger_of
from fleet.workflows.workspace_contents import contents_of

LATER = ORIGIN + timedelta(hours=1)


@pytest.mark.parametrize("is_denied", [False, True])
def test_the_report_shows_the_hour_that_the_pages_open_with(tmp_path, fresh, is_denied):
    workspace = write_workspace(tmp_path)
    # Both origins of Arizona are near the limit. The forecast of the first one stays below it, so it tells more.
    is_calm = (pl.col("quantity") == "outdoor") & (pl.col("region") == "arizona") & (pl.col("origin_utc") == ORIGIN)
    near = risk_rows(forecast=[39.0] + [30.0] * 23)
    write_frame(workspace.risk, pl.concat([risk_table().filter(~is_calm), near]))
    with ledger_of(workspace) as ledger:
        if is_denied:
            ledger.append([entry(_denied_at(hour_of(LATER)), mode="replay")])
    page = write_report(workspace).read_text(encoding="utf-8")
    opens = time_choice.replay_preset(str(tmp_path), cached.file_print(workspace), contents_of(workspace))
    assert opens == (LATER if is_denied else ORIGIN)
    assert f"Replayed hour: values known up to {opens:%d %b %Y %H:%M} UTC" in page
    assert f"forecast made {opens:%d %b %Y %H:%M} UTC" in page


def _denied_at(origin: np.datetime64):
    binding = Binding(limit=OUTDOOR, region="arizona", hour_utc=origin + 1, bound=41.0, limit_value=40.0, unit="degC")
    return denied(origin_utc=origin, binding=binding, alternatives=())
