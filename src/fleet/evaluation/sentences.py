"""The scores of a region as sentences for people."""

import math

from fleet.conformal.build_bands import STALE_H
from fleet.evaluation.intervals import Rate
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.reliability import PathReliability
from fleet.evaluation.scores import RegionScores
from fleet.units import HOURS_PER_DAY

# Further reasons for an infinite bound, by band method.
_METHOD_REASONS = {
    "aci": ", or if misses have moved its level to zero",
    "rolling": ", or if all scores are older than a month",
}


def verdict(coverage: Rate, confidence: float) -> str:
    """Return whether the band kept its confidence. It did not if the whole interval of the coverage is below it."""
    low, high = coverage.interval_95
    if not coverage.count:
        return "nothing could be scored"
    if high < confidence:
        return "the promise did not hold"
    return "the promise held, with more coverage than promised" if low > confidence else "the promise held"


def region_sentence(region: str, scores: RegionScores, confidence: float) -> str:
    """Return the coverage of one region, its weakest cell, its worst week and its path band, each with its count.

    Args:
        region: name of the region.
        scores: scores of the region.
        confidence: confidence of the bands, in (0, 1).
    """
    hours = scores.reliability
    if scores.infinite_share == 1:
        return f"{region}: nothing was promised, because every bound is infinite."
    sentence = f"{region}: {verdict(hours.overall, confidence)}."
    if hours.weakest is None or hours.worst_week is None:
        return sentence
    weakest_name, weakest = hours.weakest
    sentence += (
        f" {rate_text(hours.overall)} hours were inside the {100 * confidence:g} % band{_infinite_note(scores)}."
        f" Weakest: {weakest_name}, {rate_text(weakest)} hours."
        f" Worst week: from {hours.worst_week.start_utc[:10]}, {100 * hours.worst_week.share:.1f} % of "
        f"{hours.worst_week.count:,} hours."
    )
    return sentence + _path_sentences(scores.path_reliability)


def _infinite_note(scores: RegionScores) -> str:
    # An infinite band contains every value and so raises the coverage.
    if not scores.infinite_share:
        return ""
    return (
        f" ({100 * scores.infinite_share:.1f} % of the bands are infinite; "
        f"the other bands contained {100 * scores.finite_coverage:.1f} %)"
    )


def _path_sentences(path: PathReliability) -> str:
    if not (path.overall.count and math.isfinite(path.width_ratio)):
        return ""
    return (
        f" {rate_text(path.overall)} paths were inside the path band, and {rate_text(path.hottest)} paths in the "
        f"highest tenth of forecasts. The path band is {path.width_ratio:.2f} times as wide as the hourly band."
    )


def infinite_sentence(share: float, protocol: Protocol) -> str:
    """Return why some bounds are infinite.

    Args:
        share: share of infinite bounds.
        protocol: the settings of the evaluation.
    """
    scores_needed = protocol.scores_needed
    days = scores_needed * protocol.step / HOURS_PER_DAY
    return (
        f"{100 * share:.1f} % of bounds are infinite. At {100 * protocol.confidence:g} % confidence, the method "
        f"`{protocol.method}` gives an infinite bound if fewer than {scores_needed:,} scores of a lead are known "
        f"({days:.3g} days), or if nothing was observed for {STALE_H} h{_METHOD_REASONS.get(protocol.method, '')}."
    )


def rate_text(coverage: Rate) -> str:
    """Return a rate with its interval and count, such as 93.1 % [90.0, 95.2] of 1,234."""
    low, high = coverage.interval_95
    return f"{100 * coverage.share:.1f} % [{100 * low:.1f}, {100 * high:.1f}] of {coverage.count:,}"
