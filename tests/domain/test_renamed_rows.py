"""Values that were stored under an earlier id of a region."""

from dataclasses import replace

import numpy as np
import pytest
from support.builders import hours_from

from fleet.domain.outlooks import Outlooks
from fleet.domain.renamed_rows import renamed_regions, renamed_rows
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError

NAMES = {"old": "new", "older": "new"}
REGIONS = ("older", "other", "new", "old")
NAN = np.nan
GRID = np.array([[1.0, NAN, NAN], [7.0, 8.0, 9.0], [NAN, NAN, 3.0], [NAN, 2.0, NAN]])


def test_the_values_of_all_ids_become_one_row():
    assert renamed_regions(REGIONS, NAMES) == ("new", "other")
    np.testing.assert_array_equal(renamed_rows("x", GRID, REGIONS, NAMES), [[1, 2, 3], [7, 8, 9]])


def test_an_hour_that_is_stored_under_two_ids_is_refused():
    twice = np.where(np.isnan(GRID), 5.0, GRID)
    with pytest.raises(
        DataError, match="it_load_mw of new is stored for the same hour under its id and under an alias"
    ):
        renamed_rows("it_load_mw", twice, REGIONS, NAMES)


def test_telemetry_keeps_the_hours_that_each_id_covered():
    hours = hours_from("2024-01-01T00", 3)
    spans = ((0, 1), (0, 3), (2, 3), (0, 0))
    telemetry = Telemetry(regions=REGIONS, time_utc=hours, values={"it_load_mw": GRID}, spans=spans)
    renamed = telemetry.renamed(NAMES)
    assert (renamed.regions, renamed.spans) == (("new", "other"), ((0, 3), (0, 3)))
    np.testing.assert_array_equal(renamed.values["it_load_mw"][0], [1, 2, 3])
    assert telemetry.renamed({"absent": "new"}) is telemetry


def test_outlooks_are_renamed_alike():
    outlooks = Outlooks(
        regions=REGIONS, issued_utc=hours_from("2024-01-01T00", 1), values={"temperature_c": GRID[:, None]}
    )
    renamed = outlooks.renamed(NAMES)
    assert renamed.regions == ("new", "other")
    np.testing.assert_array_equal(renamed.values["temperature_c"][:, 0], [[1, 2, 3], [7, 8, 9]])
    assert replace(outlooks).renamed({}).regions == REGIONS
