"""The replayed forecast that the pages and the report open with."""

from fleet.dashboard.data.risk_data import TellingForecast, telling_forecast
from fleet.dashboard.data.workspace_data import ReplayData, headroom_of
from fleet.domain.clock import moment
from fleet.ledger import Ledger
from fleet.ledger.decision_search import denied_hours
from fleet.storage.workspace import Workspace


def first_forecast(replay: ReplayData, workspace: Workspace, ledger: Ledger | None) -> TellingForecast | None:
    """Return the forecast that shows best what a bound is for: if possible, a job was denied at its origin.

    None if no region has a limit.

    Args:
        workspace: holds the replay.
        ledger: the decisions of the replay; None if there is no ledger.
    """
    denied = []
    if ledger is not None:
        with ledger.reading() as connection:
            denied = [moment(hour) for hour in denied_hours(connection, "replay")]
    return telling_forecast(replay.risk, replay.fleet.region_ids, headroom_of(workspace), denied)
