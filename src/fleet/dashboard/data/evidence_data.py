"""The evidence file of a workspace, read back into what it was written from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fleet.errors import DataError
from fleet.evaluation.intervals import Rate
from fleet.evaluation.reliability import PathReliability, Reliability, Week
from fleet.replay.bound_evidence import BoundEvidence, Compared, Evidence, Month
from fleet.replay.running_rate import Running


def read_evidence(path: Path, made_by: str) -> Evidence | None:
    """None where a replay of an earlier version left none.

    Raises: DataError if it cannot be understood.
    """
    if not path.exists():
        return None
    try:
        return _evidence(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path.name} is not what this version writes; run `{made_by}` again") from error


def _evidence(found: Mapping[str, Any]) -> Evidence:
    reference = found["reference"]
    return Evidence(
        confidence=found["confidence"],
        policy=found["policy"],
        bounds={
            variable: {region: _bound(each) for region, each in regions.items()}
            for variable, regions in found["bounds"].items()
        },
        pit={region: [_rate(each) for each in bins] for region, bins in found["pit"].items()},
        breaches=_running(found["breaches"]),
        reference=None
        if reference is None
        else {
            region: Compared(reference=_month(each["reference"]), default=_month(each["default"]))
            for region, each in reference.items()
        },
    )


def _bound(found: Mapping[str, Any]) -> BoundEvidence:
    own, path = found["reliability"], found["path"]
    return BoundEvidence(
        reliability=Reliability(
            overall=_rate(own["overall"]),
            by_lead=[_rate(each) for each in own["by_lead"]],
            by_hour=[_rate(each) for each in own["by_hour"]],
            by_season={name: _rate(each) for name, each in own["by_season"].items()},
            by_decile=[_rate(each) for each in own["by_decile"]],
            weeks=[Week(**each) for each in own["weeks"]],
            worst_week=_week(own["worst_week"]),
        ),
        selected=_rate(found["selected"]),
        others=_rate(found["others"]),
        path=PathReliability(
            overall=_rate(path["overall"]),
            hottest=_rate(path["hottest"]),
            by_window={int(window): _rate(each) for window, each in path["by_window"].items()},
            weeks=[Week(**each) for each in path["weeks"]],
            worst_week=_week(path["worst_week"]),
            width_ratio=_number(path["width_ratio"]),
        ),
        infinite_share=found["infinite_share"],
    )


def _month(found: Mapping[str, Any]) -> Month:
    return Month(
        coverage=_rate(found["coverage"]),
        path=_rate(found["path"]),
        worst_week=_week(found["worst_week"]),
        mean_width=_number(found["mean_width"]),
    )


def _running(found: Mapping[str, Any]) -> Running:
    bound = found["bound"]
    # What is infinite is null in JSON.
    return Running(**{**found, "bound": bound and [float("inf") if each is None else each for each in bound]})


def _rate(found: Mapping[str, Any]) -> Rate:
    low, high = found["interval_95"]
    return Rate(count=found["count"], share=_number(found["share"]), interval_95=(_number(low), _number(high)))


def _week(found: Mapping[str, Any] | None) -> Week | None:
    return None if found is None else Week(**found)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
