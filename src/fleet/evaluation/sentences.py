"""What scores say, in plain sentences: whether a promise held, and where it was weakest."""

import math

from fleet.conformal.build_bands import STALE_H
from fleet.evaluation.intervals import Rate
from fleet.evaluation.rolling_origin import Protocol
from fleet.evaluation.scores import RegionScores


def kept(found: Rate, nominal: float) -> str:
    """Whether the nominal share was held, as far as the interval can tell."""
    low, high = found.interval_95
    if not found.count:
        return "nothing could be scored"
    if high < nominal:
        return "the promise fell short"
    return "the promise held with room to spare" if low > nominal else "the promise held"


def region_sentence(region: str, scores: RegionScores, confidence: float) -> str:
    """One region's coverage, its weakest cell and its worst week, each with its count."""
    hours, path = scores.reliability, scores.path_reliability
    if scores.infinite_share == 1:
        return f"{region}: nothing was promised, as every bound is infinite."
    said = f"{region}: {kept(hours.overall, confidence)}"
    if hours.weakest is None or hours.worst_week is None:
        return f"{said}."
    where, weakest = hours.weakest
    # A band without end holds whatever comes.
    unbounded = ""
    if scores.infinite_share:
        ends = f"{100 * scores.infinite_share:.1f} % of bands have no end"
        unbounded = f" ({ends}; of the others {100 * scores.finite_coverage:.1f} % held)"
    said += (
        f": {rate_text(hours.overall)} hours lay inside the {100 * confidence:g} % band{unbounded}. "
        f"Weakest: {where}, {rate_text(weakest)}; worst week: from {hours.worst_week.start_utc[:10]}, "
        f"{100 * hours.worst_week.share:.1f} % of {hours.worst_week.count:,}."
    )
    if path.overall.count and math.isfinite(path.width_ratio):
        said += (
            f" The path band held {rate_text(path.overall)} paths, {rate_text(path.hottest)} in the hottest tenth, "
            f"and is {path.width_ratio:.2f} times as wide."
        )
    return said


_OF_METHOD = {
    "aci": ", or misses have moved its level to zero",
    "rolling": ", which are all forgotten after a month",
}


def infinite_sentence(share: float, protocol: Protocol) -> str:
    """Why some bounds are infinite."""
    needed = protocol.scores_needed
    days = needed * protocol.step / 24
    return (
        f"{100 * share:.1f} % of bounds are infinite: at {100 * protocol.confidence:g} % those of `{protocol.method}` "
        f"are, where fewer than {needed:,} scores of a lead are known ({days:.3g} days of them), or nothing was "
        f"observed for {STALE_H} h{_OF_METHOD.get(protocol.method, '')}"
    )


def rate_text(found: Rate) -> str:
    """93.1 % [90.0, 95.2] of 1,234."""
    low, high = found.interval_95
    return f"{100 * found.share:.1f} % [{100 * low:.1f}, {100 * high:.1f}] of {found.count:,}"
