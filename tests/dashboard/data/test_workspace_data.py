import math

import polars as pl
import pytest
from support.frames import REGIONS, footprint_table, risk_rows, write_workspace

from fleet.dashboard.data import footprint_totals, hours_ahead, open_replay, periods_of
from fleet.errors import ConfigError, DataError
from fleet.storage.files import write_frame
from fleet.storage.workspace import Workspace


def test_an_empty_workspace_is_refused_with_the_command_to_run(tmp_path):
    with pytest.raises(ConfigError, match="run `fleet demo` or `fleet replay --home` first"):
        open_replay(Workspace(tmp_path))


def test_a_replay_has_the_packaged_fleet_and_the_outcomes(tmp_path):
    replay = open_replay(write_workspace(tmp_path))
    assert replay.fleet.region_ids == REGIONS
    assert list(replay.outcomes) == ["home_region", "priced", "oracle"]


def test_a_replay_of_another_fleet_is_refused(tmp_path):
    workspace = write_workspace(tmp_path)
    write_frame(workspace.footprint, footprint_table().filter(pl.col("region") != "ireland"))
    with pytest.raises(DataError, match="the replay has the regions arizona, wyoming, the fleet has"):
        open_replay(workspace)


def test_the_message_names_a_missing_column(tmp_path):
    workspace = write_workspace(tmp_path)
    write_frame(workspace.risk, risk_rows().drop("path_upper"))
    with pytest.raises(DataError, match="no column 'path_upper'"):
        open_replay(workspace)


def test_a_replay_of_an_earlier_version_has_an_unknown_cost(tmp_path):
    workspace = write_workspace(tmp_path)
    write_frame(workspace.footprint, footprint_table().drop("job_beyond_energy_usd"))
    footprint = open_replay(workspace).footprint
    totals = footprint_totals(footprint, "priced", periods_of(footprint)[0])
    assert math.isnan(totals.cost_usd)
    assert totals.carbon_t > 0


@pytest.mark.parametrize("name", ["risk", "replay"])
def test_a_broken_file_is_refused_in_one_line(tmp_path, name):
    workspace = write_workspace(tmp_path)
    getattr(workspace, name).write_text("{")
    with pytest.raises(DataError, match="run `fleet demo` or `fleet replay --home` again"):
        open_replay(workspace)


def test_a_bound_of_nan_is_read_as_infinite(tmp_path):
    workspace = write_workspace(tmp_path)
    rows = risk_rows(margin=[float("nan")] + [2.0] * 23)
    write_frame(workspace.risk, rows)
    hours = hours_ahead(open_replay(workspace).risk, "outdoor", "arizona", rows["origin_utc"][0])
    assert hours["upper"][0] == float("inf")
    assert hours["is_reached"].to_list() == [True] + [False] * 23
