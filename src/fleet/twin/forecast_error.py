"""Errors of successive forecasts: correlated between issues and between hours, with a scale that varies over days."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fleet.domain.region import Region
from fleet.twin.noise import red_noise, stream
from fleet.units import FloatArray

ISSUED_EVERY_H = 6
LEADS_H = np.arange(48)
# Hours from the issue of a forecast to the day's high, for nominal leads of 12, 24, 36 and 48 h. The morning forecast,
# with a nominal lead of 12 h, is issued about nine hours before the high. The others are issued 12, 24 and 36 h
# earlier.
NOMINAL_LEADS_H = (9, 21, 33, 45)
# Error at lead 0 over the error at the first nominal lead. Assumed: a forecast starts from observations nearby.
_ERROR_AT_ISSUE = 0.7

# Fitted to errors in Phoenix and Cheyenne. Forecasts of the same day issued 12, 24 and 36 h apart have correlations of
# 0.92, 0.88 and 0.82; the correlation from one day to the next is 0.16.
_SHARED_SHARE = 0.55  # share of the variance that all forecasts of an hour have in common
_ISSUE_MEMORY_H = 60.0
_HOUR_MEMORY_H = 15.0
_SPELL_MEMORY_H = 60.0  # assumed: weather that is hard to forecast lasts for days

# Errors are drawn at knots, one every ISSUED_EVERY_H hours, and interpolated linearly between them.
_KNOTS = len(LEADS_H) // ISSUED_EVERY_H + 1
_KNOTS_BEYOND = 8  # knots past the last lead: the error of an hour has a history before the hour reaches that lead


def by_lead(table: Sequence[Sequence[float]]) -> FloatArray:
    """Interpolate values at the nominal leads to every lead, (region, lead)."""
    leads = (0, *NOMINAL_LEADS_H)
    return np.stack([np.interp(LEADS_H, leads, (_ERROR_AT_ISSUE * row[0], *row)) for row in table])


def windows(values: FloatArray, first: int) -> NDArray[np.float32]:
    """Return the values ahead of each issue, (region, issue, lead).

    Args:
        values: (region, hour); past the end, the value of the last hour is repeated.
        first: index of the hour of the first issue.
    """
    padded = np.pad(values.astype(np.float32), ((0, 0), (0, len(LEADS_H))), mode="edge")
    issues = slice(first, values.shape[1], ISSUED_EVERY_H)
    ahead: NDArray[np.float32] = sliding_window_view(padded, len(LEADS_H), axis=1)[:, issues]
    return ahead


def unit_errors(regions: Sequence[Region], name: str, issues: int, seed: int) -> NDArray[np.float32]:
    """Draw Gaussian errors of unit variance, (region, issue, lead). A longer series begins with the same issues.

    Args:
        regions: each draws from its own stream.
        name: quantity, a part of the name of the stream.
        issues: number of issues.
        seed: seed of the twin.
    """
    memory = _HOUR_MEMORY_H / ISSUED_EVERY_H
    by_hour = np.stack(
        [red_noise(stream(seed, r.id, "outlook", name, "shared"), (issues + _KNOTS,), memory) for r in regions]
    )
    # One knot more than is used, so that the window is also valid for zero issues.
    shared = np.moveaxis(sliding_window_view(by_hour.astype(np.float32), _KNOTS, axis=1)[:, :issues], 2, 0)
    of_issue = _errors_of_issues(regions, name, issues, memory, seed)
    at_knots = np.float32(np.sqrt(_SHARED_SHARE)) * shared + np.float32(np.sqrt(1 - _SHARED_SHARE)) * of_issue
    at_knots = np.moveaxis(at_knots, 0, 2)[..., None]
    # Linear interpolation between two knots lowers the variance; dividing by its square root restores it to one.
    later = np.arange(ISSUED_EVERY_H) / ISSUED_EVERY_H
    variance = later**2 + (1 - later) ** 2 + 2 * later * (1 - later) * np.exp(-1 / memory)
    later_weight = (later / np.sqrt(variance)).astype(np.float32)
    earlier_weight = ((1 - later) / np.sqrt(variance)).astype(np.float32)
    interpolated = at_knots[:, :, :-1] * earlier_weight
    interpolated += at_knots[:, :, 1:] * later_weight
    errors: NDArray[np.float32] = interpolated.reshape(len(regions), issues, len(LEADS_H))
    return errors


def _errors_of_issues(
    regions: Sequence[Region], name: str, issues: int, memory: float, seed: int
) -> NDArray[np.float32]:
    """Draw the part of the errors that differs between issues, (knot, region, issue).

    This part is correlated along knots within an issue, and along issues for the same hour.
    """
    knots = _KNOTS + _KNOTS_BEYOND
    errors = np.empty((knots, len(regions), issues), dtype=np.float32)
    for row, region in enumerate(regions):
        # Errors are drawn issue by issue, so that more issues do not change the earlier ones.
        errors[:, row] = (
            stream(seed, region.id, "outlook", name, "own").standard_normal((issues, knots), dtype=np.float32).T
        )
    along_knots = np.float32(np.exp(-1 / memory))
    for knot in range(1, knots):
        errors[knot] = along_knots * errors[knot - 1] + np.sqrt(1 - along_knots**2) * errors[knot]
    # The previous issue has the same hour one knot later.
    along_issues = np.float32(np.exp(-ISSUED_EVERY_H / _ISSUE_MEMORY_H))
    for knot in range(knots - 2, -1, -1):
        errors[knot, :, 1:] = (
            along_issues * errors[knot + 1, :, :-1] + np.sqrt(1 - along_issues**2) * errors[knot, :, 1:]
        )
    within_leads: NDArray[np.float32] = errors[:_KNOTS]
    return within_leads


def spell_scale(regions: Sequence[Region], name: str, spread: FloatArray, hours: int, seed: int) -> FloatArray:
    """Draw a lognormal factor of errors, (region, hour), of mean square one.

    Args:
        spread: (region, 1) standard deviation of the logarithm of the factor.
        regions, name, seed: as for `unit_errors`.
        hours: number of hours.
    """
    series = np.stack(
        [red_noise(stream(seed, r.id, "outlook", name, "spells"), (hours,), _SPELL_MEMORY_H) for r in regions]
    )
    scale: FloatArray = np.exp(spread * series - spread**2)
    return scale
