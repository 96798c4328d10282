"""Compares the bands of all methods around one set of forecasts of 21 real series, over the test of `fleet evaluate`.

Hourly origins, 24 leads, the default forecaster, nominal 95 %. The peers of the default are split, rolling windows,
adaptive conformal inference with errors known late, and a plain tracker. The plain tracker knows a constant scale of
each lead. Its step was chosen on these series: no other step is better by more than half a percent, and the better ones
have fewer good worst blocks (`--plain` shows them). Bonferroni's path band bounds each hour at a 24th of the
miscoverage, in the units of the default. The width of a path band is a multiple of the width of the hourly band. The
hottest paths belong to the tenth of origins with the highest forecasts. Seconds are of the bands only. Quality is the
mean Winkler score in the unit of the series. The peer of a row is the best simple method on that series. `--ablate`
shows the effect of each part of the default. `--markdown` prints tables for a page.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import numpy as np
from band_cases import Case, Measures, bonferroni_of, case_of, hours_alone, measured
from conformal_methods import (
    ABLATIONS,
    DEFAULT,
    METHODS,
    PLAIN,
    SIMPLE,
    Patches,
    PlainTracker,
)
from forecast_accuracy import SERIES
from harness import Row, publish, shared_data, show

from fleet.conformal import Tracker
from fleet.conformal.base import BandMethod
from fleet.evaluation.scores import RegionScores

# NEAR: range of coverages that are near the nominal 95 %. HOLDS: limits above which a worst block counts as good.
NEAR = (0.945, 0.955)
HOLDS = (0.885, 0.90)


def main() -> None:
    """Score every series, print the tables and write the result file."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--ablate", action="store_true", help="show the effect of each part of the default")
    words.add_argument("--plain", action="store_true", help="show the plain tracker with other steps")
    words.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    asked = words.parse_args()
    cases = {name: case_of(shared_data(), *where) for name, where in SERIES.items()}
    if asked.ablate:
        variants = {label: (Tracker, patches) for label, patches in ABLATIONS.items()}
        compare_variants("conformal_bands_ablation", cases, (Tracker, ()), variants, markdown=asked.markdown)
    elif asked.plain:
        plain = {
            label: (lambda each=each: PlainTracker(each[0], additive=each[1]), ()) for label, each in PLAIN.items()
        }
        compare_variants("conformal_bands_plain", cases, (PlainTracker, ()), plain, markdown=asked.markdown)
    else:
        compare_methods(cases, markdown=asked.markdown)


def compare_methods(cases: Mapping[str, Case], *, markdown: bool) -> None:
    """Score all methods on all series."""
    found: dict[str, dict[str, Measures]] = {}
    bonferroni: dict[str, tuple[float, float]] = {}
    for name, case in cases.items():
        found[name] = {method: measured(case, kind()) for method, kind in METHODS.items()}
        bonferroni[name] = bonferroni_of(case)
        print(f"{name}: {found[name][DEFAULT].seconds:.1f} s", flush=True)
    for method in METHODS:
        header = ["series", "coverage", "worst block", "Winkler", "infinite", "path", "hottest path", "path width"]
        rows = [[name, *cells(each[method])] for name, each in found.items()]
        if method == DEFAULT:
            header += ["Bonferroni width", "Bonferroni path"]
            rows = [[*row, *(f"{value:.3f}" for value in bonferroni[row[0]])] for row in rows]
        show(method, header, rows, markdown=markdown)
    lines = [[name, *(f"{each[method].winkler:.4g}" for method in METHODS)] for name, each in found.items()]
    for line, each in zip(lines, found.values(), strict=True):
        line.append(f"{each[DEFAULT].winkler / each[best_simple(each)].winkler:.3f}")
    ratio = winkler_ratios(found)
    lines.append(["geometric mean, default over each", *(f"{geometric(ratio[method]):.3f}" for method in METHODS)])
    lines[-1].append(f"{geometric(ratio['best simple']):.3f}")
    show("Winkler score", ["series", *METHODS, "default/best simple"], lines, markdown=markdown)
    show(
        f"counts of {len(found)} series",
        ["method", f"coverage {NEAR[0]:.1%} to {NEAR[1]:.1%}", *(f"worst block >= {each:.1%}" for each in HOLDS)],
        [[method, *counts([each[method] for each in found.values()])] for method in METHODS],
        markdown=markdown,
    )
    publish(
        "conformal_bands",
        [row(name, each) for name, each in found.items()],
        ["numpy", "scipy"],
        measures={name: {method: asdict(value) for method, value in each.items()} for name, each in found.items()},
        bonferroni={
            name: {"path_over_hour": width, "path_coverage": held} for name, (width, held) in bonferroni.items()
        },
        default_over={method: geometric(values) for method, values in ratio.items()},
    )


def compare_variants(
    name: str,
    cases: Mapping[str, Case],
    as_it_is: tuple[Callable[[], BandMethod], Patches],
    variants: Mapping[str, tuple[Callable[[], BandMethod], Patches]],
    *,
    markdown: bool,
) -> None:
    """Compare variants with the unchanged method: ratios of Winkler scores, and coverage of the worst blocks."""
    base = [hours_alone(case, *as_it_is) for case in cases.values()]
    lines, rows = [["as it is", "1.000", "", "", *block_cells(base)]], []
    per_series = {}
    for label, variant in variants.items():
        started = time.perf_counter()
        scores = [hours_alone(case, *variant) for case in cases.values()]
        ratio = [mine.winkler / theirs.winkler for mine, theirs in zip(scores, base, strict=True)]
        per_series[label] = dict(zip(cases, ratio, strict=True))
        mean = geometric(ratio)
        lines.append([label, f"{mean:.3f}", f"{min(ratio):.3f}", f"{max(ratio):.3f}", *block_cells(scores)])
        rows.append(
            Row(
                case=label,
                ours_s=time.perf_counter() - started,
                peer="as it is",
                peer_s=None,
                ratio=None,
                quality_ours=mean,
                quality_peer=1.0,
            )
        )
        print(f"{label}: {mean:.3f}", flush=True)
    header = [
        "",
        "Winkler, mean ratio",
        "least",
        "most",
        "worst block, mean",
        "least",
        f">= {HOLDS[1]:.0%}",
        "coverage near",
    ]
    show("over the method as it is", header, lines, markdown=markdown)
    publish(name, rows, ["numpy", "scipy"], winkler_ratio=per_series)


def best_simple(each: Mapping[str, Measures]) -> str:
    """Return the simple method with the smallest Winkler score."""
    return min(SIMPLE, key=lambda method: each[method].winkler)


def winkler_ratios(found: Mapping[str, Mapping[str, Measures]]) -> Mapping[str, Sequence[float]]:
    """Return method -> the default's score over the method's score, by series; also for the "best simple" method."""
    ratio = {method: [each[DEFAULT].winkler / each[method].winkler for each in found.values()] for method in METHODS}
    best = [each[DEFAULT].winkler / each[best_simple(each)].winkler for each in found.values()]
    return {**ratio, "best simple": best}


def geometric(values: Sequence[float]) -> float:
    """Return the geometric mean of ratios."""
    return float(np.exp(np.log(values).mean()))


def counts(measures: Sequence[Measures]) -> list[str]:
    """Return the number of series near the nominal coverage, and with a worst block above each limit of HOLDS."""
    near = sum(NEAR[0] <= each.coverage <= NEAR[1] for each in measures)
    return [str(near), *(str(sum(each.worst_block >= least for each in measures)) for least in HOLDS)]


def cells(each: Measures) -> list[str]:
    """Return the cells of a table row, in the order of the header."""
    shares = [each.coverage, each.worst_block]
    paths = [each.path_coverage, each.hottest_path_coverage, each.path_over_hour]
    start = [*(f"{value:.3f}" for value in shares), f"{each.winkler:.4g}", f"{each.infinite_share:.3f}"]
    return [*start, *(f"{value:.3f}" for value in paths)]


def block_cells(scores: Sequence[RegionScores]) -> list[str]:
    """Return mean and minimum of the worst blocks, the number of good ones, and the number of coverages near 95 %."""
    worst = [each.worst_block_coverage for each in scores]
    near = sum(NEAR[0] <= each.coverage <= NEAR[1] for each in scores)
    return [f"{np.mean(worst):.3f}", f"{min(worst):.3f}", str(sum(each >= HOLDS[1] for each in worst)), str(near)]


def row(name: str, each: Mapping[str, Measures]) -> Row:
    """Return the row that compares the default with the best simple method."""
    best = best_simple(each)
    return Row(
        case=name,
        ours_s=each[DEFAULT].seconds,
        peer=best,
        peer_s=each[best].seconds,
        ratio=each[best].seconds / each[DEFAULT].seconds,
        quality_ours=each[DEFAULT].winkler,
        quality_peer=each[best].winkler,
    )


if __name__ == "__main__":
    main()
