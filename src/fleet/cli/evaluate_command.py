"""`fleet evaluate`: makes and scores forecasts and bands for any telemetry."""

from pathlib import Path
from typing import Annotated, Any

import typer

from fleet.cli.options import JsonOption, OutlooksOption
from fleet.cli.output import print_line, print_table, progress_bar
from fleet.conformal import BANDS, DEFAULT_BANDS
from fleet.domain.clock import iso, parse_hour
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import Evaluation, evaluate
from fleet.evaluation.sentences import infinite_sentence, region_sentence
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS
from fleet.quality.gate import Checked, hold
from fleet.quality.held import REASONS
from fleet.sources import table
from fleet.storage.files import Write, frame_writer, json_writer, require_table, write_whole

_TestStartOption = Annotated[
    str | None,
    typer.Option(
        metavar="T",
        help="Score the forecasts made from this hour on. Default: the last 8,760 h, or the last third of a history of "
        "less than two years. Not with --split reference.",
    ),
]

_SplitOption = Annotated[
    str,
    typer.Option(
        help="walk-forward: refit each month. reference: fit on January to October of the last full year, calibrate on "
        "November, score December."
    ),
]

_RegionOption = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="If the table has no column `region`: the region of all rows. If it has one: use only the rows of "
        "this region.",
    ),
]


def command(
    telemetry: Annotated[list[Path], typer.Option(metavar="FILE", help="Parquet or CSV. Repeat it to join tables.")],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Any numeric column.")],
    outlooks: OutlooksOption = None,
    region: _RegionOption = None,
    test_start: _TestStartOption = None,
    horizon: Annotated[int, typer.Option(min=1, max=168, help="How many hours ahead to forecast.")] = 24,
    step: Annotated[int, typer.Option(min=1, help="Hours between origins.")] = 1,
    split: _SplitOption = "walk-forward",
    forecaster: Annotated[str, typer.Option(help=" or ".join(FORECASTERS))] = DEFAULT_FORECASTER,
    bands: Annotated[
        str | None,
        typer.Option(
            help=f"{' or '.join(BANDS)}. Default: {DEFAULT_BANDS}; with --split reference, the method `split`."
        ),
    ] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of the two-sided bands.")] = 0.95,
    dump: Annotated[Path | None, typer.Option(metavar="FILE", help="Write every scored forecast as a table.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write charts of errors and coverage as an HTML page.")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Forecast one column with bands, and score both.

    A forecast is made at every hour of the test, or at every --step hours. This hour is the origin of the forecast. No
    forecast or band uses a value from after its origin. A band reaches from a lower to an upper bound of the actual
    value.
    """
    protocol = Protocol(
        target=target,
        forecaster=forecaster,
        bands=bands or "",
        confidence=confidence,
        horizon=horizon,
        step=step,
        split=split,
        test_start=None if test_start is None else parse_hour(test_start),
    )
    if dump is not None:
        require_table(dump)
    issued = None if outlooks is None else table.read_outlooks(outlooks, region=region)
    checked = hold(table.read(telemetry, region=region), outlooks=issued)
    checked.telemetry.column(target)
    with progress_bar("forecasts and bands") as progress:
        result = evaluate(
            checked.telemetry, protocol, outlooks=checked.outlooks, with_pit=plot is not None, progress=progress
        )
    files = {} if dump is None else {dump: frame_writer(dump, result.to_frame())}
    if json is not None:
        files[json] = json_writer(_content(result, checked))
    if plot is not None:
        files[plot] = _plot(result)
    write_whole(files)
    _print(result)
    _print_held(checked, target)
    if plot is not None:
        print_line(f"plot: {plot}")


def _content(result: Evaluation, checked: Checked) -> dict[str, Any]:
    """Return the scores for JSON, with the number of held values of the target in each region."""
    content = result.as_dict()
    for region, number in checked.count_by_region(result.protocol.target).items():
        content["regions"][region]["held"] = number
    return content


def _print_held(checked: Checked, target: str) -> None:
    """Print how many values of the target are held, and the longest stretch."""
    stretches = [stretch for stretch in checked.held if stretch.column == target]
    if not stretches:
        return
    number = sum(checked.count_by_region(target).values())
    longest = max(stretches, key=lambda stretch: stretch.hours)
    sentence = (
        f"{number:,} values of {target} are held, count as missing and are not scored. Longest: {longest.region} from "
        f"{iso(longest.first_utc)}, {longest.hours:,} h at {longest.value:g}, {REASONS[longest.rule]}."
    )
    print_line(sentence)


def _plot(result: Evaluation) -> Write:
    """Return the writer of the page, for `write_whole`."""
    from fleet.dashboard.figures import errors_figure, reliability_figure  # slow to import, and seldom needed
    from fleet.dashboard.literal import figure_text
    from fleet.dashboard.page import figure_page

    protocol = result.protocol
    scores = {part.region: part.scores for part in result.regions}
    figures = [
        reliability_figure(
            {figure_text(region): region_scores.reliability},
            nominal=protocol.confidence,
            title=f"{region}: share of {protocol.target} inside the {100 * protocol.confidence:g} % band",
            pit={} if region_scores.pit is None else {figure_text(region): region_scores.pit},
        )
        for region, region_scores in scores.items()
    ]
    errors = errors_figure(scores, target=protocol.target, forecaster=protocol.forecaster)
    page = figure_page(f"Coverage and errors of {protocol.target}", *figures, errors, paragraphs=_sentences(result))
    return lambda part: part.write_text(page, encoding="utf-8")


def _sentences(result: Evaluation) -> list[str]:
    return [region_sentence(part.region, part.scores, result.protocol.confidence) for part in result.regions]


def _print(result: Evaluation) -> None:
    protocol = result.protocol
    rows = []
    for part in result.regions:
        scores = part.scores
        rows.append(
            (
                *(part.region, scores.origins, scores.scored, scores.gaps),
                *(scores.mae, scores.naive_mae, scores.mape, 100 * scores.coverage),
                *(100 * scores.worst_block_coverage, 100 * scores.path_coverage),
                *(scores.winkler, 100 * scores.infinite_share),
            )
        )
    print_table(
        f"{protocol.target}: forecaster {protocol.forecaster}, bands {protocol.method} at "
        f"{100 * protocol.confidence:g} % confidence, {protocol.split} split, horizon {protocol.horizon} h",
        (
            *("region", "origins", "scored", "gaps", "MAE", "naive MAE", "MAPE %"),
            *("coverage %", "worst block %", "path %", "Winkler", "infinite %"),
        ),
        rows,
        note="running time: " + ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in result.seconds.items()),
    )
    for sentence in _sentences(result):
        print_line(sentence)
    infinite_share = max(part.scores.infinite_share for part in result.regions)
    if infinite_share:
        print_line(infinite_sentence(infinite_share, protocol))
