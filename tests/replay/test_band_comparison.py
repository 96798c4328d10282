"""The reference split beside the default method, on numbers made by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from support.builders import hours_from
from support.sites import fleet_of, region

from fleet.conformal.build_bands import Residuals
from fleet.domain.bands import Bands
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import Evaluation, ScoredForecasts
from fleet.replay.band_comparison import compare_with_reference
from fleet.replay.plotted_margins import PLOTTED_VARIABLE

HOURS = 30
ORIGINS = hours_from("2023-11-30T00", HOURS)
ACTUAL = np.where(np.arange(HOURS) % 4 == 0, 5.0, 1.0)[:, None] + np.zeros(2)


def compared(origin_utc):
    """A default with margins of 2 by hour and 6 by path, and a reference with margins of 4 at the given origins."""
    residuals = Residuals(
        forecast=np.zeros((HOURS, 1, 2)),
        actual=ACTUAL[:, None],
        origin_utc=ORIGINS,
        age_h=np.zeros((HOURS, 1), dtype=np.int64),
    )
    margin = {name: np.full((HOURS, 2, 1, 2), size) for name, size in (("hour", 2.0), ("path", 6.0))}
    width = np.full((len(origin_utc), 2), 4.0)
    part = ScoredForecasts(
        region="alpha",
        origin_utc=origin_utc,
        forecast=0 * width,
        actual=ACTUAL[-len(origin_utc) :],
        bands=Bands(lower=-width, upper=width, path_lower=-width, path_upper=width),
        scores=None,
    )
    reference = Evaluation(protocol=Protocol(target=PLOTTED_VARIABLE), regions=(part,), seconds={})
    prepared = SimpleNamespace(origin_utc=ORIGINS, fleet=fleet_of(region("alpha")))
    return compare_with_reference(prepared, residuals, margin, reference)


def test_reference_and_default_are_scored_at_the_same_origins():
    scores = compared(ORIGINS[10:])["alpha"]
    # Of the last 20 origins, the actual values at 12, 16, 20, 24 and 28 are 5: above 2 and 4, and below 6.
    assert scores.reference.coverage.count == scores.default.coverage.count == 20 * 2
    assert scores.reference.coverage.share == scores.default.coverage.share == pytest.approx(15 / 20)
    assert scores.reference.path.share == pytest.approx(15 / 20)
    assert scores.default.path.share == 1
    assert (scores.reference.mean_width, scores.default.mean_width) == (8, 4)
    assert scores.reference.worst_week.share == pytest.approx(15 / 20)


def test_a_reference_at_origins_that_were_not_replayed_is_left_out():
    assert compared(ORIGINS[10:] + np.timedelta64(5, "h")) is None
