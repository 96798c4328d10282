"""Errors of successive forecasts: alike for the same hour, lasting for hours, calm for days and then wild."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fleet.domain.region import Region
from fleet.twin.noise import red_noise, stream
from fleet.units import FloatArray

ISSUED_EVERY_H = 6
LEADS_H = np.arange(48)
# A day's high comes some nine hours after the morning's forecast of it, and so on back to the one of the evening two
# days before: the nominal leads of 12, 24, 36 and 48 h.
NOMINAL_LEADS_H = (9, 21, 33, 45)
_ERROR_AT_ISSUE = 0.7  # of that nine hours later, assumed: forecasts start from what is observed nearby

# Fitted: correlations of errors for the same day 12, 24 and 36 h apart are 0.92, 0.88, 0.82 in Phoenix and Cheyenne,
# and 0.16 from one day to the next.
_SHARED_SHARE = 0.55  # of the variance: belongs to the hour, whenever it is forecast
_ISSUE_MEMORY_H = 60.0
_HOUR_MEMORY_H = 15.0
_SPELL_MEMORY_H = 60.0  # assumed: weather that is hard to forecast stays for days

# Errors are drawn where forecasts are issued and lie on lines between.
_KNOTS = len(LEADS_H) // ISSUED_EVERY_H + 1
_KNOTS_BEFORE = 8  # an hour's error has a past when it comes into sight


def by_lead(table: Sequence[Sequence[float]]) -> FloatArray:
    """(region, lead) of what is tabulated at the nominal leads."""
    leads = (0, *NOMINAL_LEADS_H)
    return np.stack([np.interp(LEADS_H, leads, (_ERROR_AT_ISSUE * row[0], *row)) for row in table])


def windows(values: FloatArray, first: int) -> NDArray[np.float32]:
    """(region, issue, lead) what is (region, hour), seen from each issue; the last hour repeats past the end."""
    ahead = np.pad(values.astype(np.float32), ((0, 0), (0, len(LEADS_H))), mode="edge")
    issues = slice(first, values.shape[1], ISSUED_EVERY_H)
    seen: NDArray[np.float32] = sliding_window_view(ahead, len(LEADS_H), axis=1)[:, issues]
    return seen


def unit_errors(regions: Sequence[Region], name: str, issues: int, seed: int) -> NDArray[np.float32]:
    """(region, issue, lead) Gaussian, of unit variance. More issues begin with the same ones."""
    memory = _HOUR_MEMORY_H / ISSUED_EVERY_H
    shared = np.stack(
        [red_noise(stream(seed, r.id, "outlook", name, "shared"), (issues + _KNOTS,), memory) for r in regions]
    )
    # One more than is seen, so that no issue at all is a window too.
    seen = np.moveaxis(sliding_window_view(shared.astype(np.float32), _KNOTS, axis=1)[:, :issues], 2, 0)
    own = _own_errors(regions, name, issues, memory, seed)
    at_knots = np.float32(np.sqrt(_SHARED_SHARE)) * seen + np.float32(np.sqrt(1 - _SHARED_SHARE)) * own
    at_knots = np.moveaxis(at_knots, 0, 2)[..., None]
    # On the line between two knots the variance would sag: it is stretched back to one.
    later = np.arange(ISSUED_EVERY_H) / ISSUED_EVERY_H
    variance = later**2 + (1 - later) ** 2 + 2 * later * (1 - later) * np.exp(-1 / memory)
    to_later = (later / np.sqrt(variance)).astype(np.float32)
    to_earlier = ((1 - later) / np.sqrt(variance)).astype(np.float32)
    between = at_knots[:, :, :-1] * to_earlier
    between += at_knots[:, :, 1:] * to_later
    errors: NDArray[np.float32] = between.reshape(len(regions), issues, len(LEADS_H))
    return errors


def _own_errors(regions: Sequence[Region], name: str, issues: int, memory: float, seed: int) -> NDArray[np.float32]:
    """(knot, region, issue) the part of an error that belongs to the issue: knots remember knots, issues issues."""
    knots = _KNOTS + _KNOTS_BEFORE
    own = np.empty((knots, len(regions), issues), dtype=np.float32)
    for row, region in enumerate(regions):
        # Drawn issue by issue, so that later issues change no earlier one.
        own[:, row] = (
            stream(seed, region.id, "outlook", name, "own").standard_normal((issues, knots), dtype=np.float32).T
        )
    step = np.float32(np.exp(-1 / memory))
    for knot in range(1, knots):
        own[knot] = step * own[knot - 1] + np.sqrt(1 - step**2) * own[knot]
    # The same hour was one knot further off in the forecast before.
    later = np.float32(np.exp(-ISSUED_EVERY_H / _ISSUE_MEMORY_H))
    for knot in range(knots - 2, -1, -1):
        own[knot, :, 1:] = later * own[knot + 1, :, :-1] + np.sqrt(1 - later**2) * own[knot, :, 1:]
    in_sight: NDArray[np.float32] = own[:_KNOTS]
    return in_sight


def spell_scale(regions: Sequence[Region], name: str, spread: FloatArray, hours: int, seed: int) -> FloatArray:
    """(region, hour) lognormal scale of mean square one; `spread` is (region, 1), of its logarithm."""
    wild = np.stack(
        [red_noise(stream(seed, r.id, "outlook", name, "spells"), (hours,), _SPELL_MEMORY_H) for r in regions]
    )
    scale: FloatArray = np.exp(spread * wild - spread**2)
    return scale
