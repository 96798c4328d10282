"""The recorded headroom of each hour ahead agrees with the curve that a decision starts from."""

import numpy as np
import polars as pl
from support.sites import summer_prepared
from support.steady_hours import steady

from fleet.decisions.build_curve import curve_of, hours_needed
from fleet.domain.headroom_curve import rounded_down_mw
from fleet.replay.headroom_table import headroom_frame


def test_the_table_has_the_headroom_of_windows_of_one_hour_at_every_origin():
    prepared = summer_prepared()
    frame, horizon = headroom_frame(prepared), prepared.settings.horizon
    regions, origins = prepared.fleet.region_ids, len(prepared.origin_utc)
    assert len(frame) == len(regions) * origins * horizon
    nothing = np.zeros((len(regions), hours_needed(horizon, 1)))
    for step in (0, origins // 2, origins - 1):
        curve = curve_of(prepared, step, nothing, None, 1)
        at = pl.lit(prepared.origin_utc[step].astype("datetime64[ms]")).dt.replace_time_zone("UTC")
        for row, region in enumerate(regions):
            rows = frame.filter(pl.col("region") == region, pl.col("origin_utc") == at).sort("lead_h")
            spare = rows["spare_mw"].fill_null(0.0).to_numpy()
            # The table holds 32-bit numbers, so a value may fall to the next tenth.
            np.testing.assert_allclose(rounded_down_mw(spare), curve.headroom_mw[row], atol=0.1001)
            labels = [binding.limit.label for binding in curve.binding[row]]
            is_known = rows["spare_mw"].is_not_null().to_numpy()
            assert [label for label, known in zip(rows["limit"], is_known, strict=True) if known] == [
                label for label, known in zip(labels, is_known, strict=True) if known
            ]


def test_an_hour_without_a_bound_is_null_and_its_limit_is_unknown():
    frame = headroom_frame(steady(0.0, load_bound_mw=[np.inf]))
    assert frame["spare_mw"].null_count() == len(frame)
    assert set(frame["limit"]) == {"unknown"}
