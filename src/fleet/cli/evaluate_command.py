"""`fleet evaluate`: forecasts and bands on any telemetry, scored."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from fleet.cli.options import JsonOption, OutlooksOption
from fleet.cli.output import console, print_table, progress_bar
from fleet.conformal import BANDS, DEFAULT_BANDS
from fleet.domain.clock import parse_hour
from fleet.evaluation.rolling_origin import Evaluation, Protocol, evaluate
from fleet.evaluation.sentences import infinite_sentence, region_sentence
from fleet.evaluation.splits import SPLITS
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS
from fleet.sources import table
from fleet.storage.files import Write, frame_writer, json_writer, require_table, write_whole


def command(
    telemetry: Annotated[list[Path], typer.Option(metavar="FILE", help="Parquet or CSV; repeat to join in time.")],
    target: Annotated[str, typer.Option(metavar="COLUMN", help="Any numeric column.")],
    outlooks: OutlooksOption = None,
    region: Annotated[str | None, typer.Option(help="Name of a table without a column `region`.")] = None,
    test_start: Annotated[
        str | None, typer.Option(metavar="T", help="Score origins from here on; default the last 8,760 h.")
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, max=168, help="Leads, in hours.")] = 24,
    step: Annotated[int, typer.Option(min=1, help="Hours between origins.")] = 1,
    split: Annotated[str, typer.Option(help=" or ".join(SPLITS))] = "walk-forward",
    forecaster: Annotated[str, typer.Option(help=" or ".join(FORECASTERS))] = DEFAULT_FORECASTER,
    bands: Annotated[
        str | None, typer.Option(help=f"{' or '.join(BANDS)}; default {DEFAULT_BANDS}, or split for the reference.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of both bands, two-sided.")] = 0.95,
    dump: Annotated[Path | None, typer.Option(metavar="FILE", help="Every scored forecast.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Errors and coverage, pictured in an HTML page.")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Rolling-origin forecasts and bands of one variable, scored against what came true."""
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
    observed = table.read(telemetry, region=region)
    foreseen = None if outlooks is None else table.read_outlooks(outlooks, region=region)
    with progress_bar("forecast and bands") as progress:
        result = evaluate(observed, protocol, outlooks=foreseen, with_pit=plot is not None, progress=progress)
    files = {} if dump is None else {dump: frame_writer(dump, result.to_frame())}
    if json is not None:
        files[json] = json_writer(result.as_dict())
    if plot is not None:
        files[plot] = _plot(result)
    write_whole(files)
    _print(result)
    if plot is not None:
        console.print(Text(f"plot: {plot}"))


def _plot(result: Evaluation) -> Write:
    """What writes the picture, for `write_whole`."""
    from fleet.dashboard.figures import errors_figure, reliability_figure  # slow, and most evaluations draw none
    from fleet.dashboard.page import figure_page

    protocol = result.protocol
    scores = {part.region: part.scores for part in result.regions}
    figures = [
        reliability_figure(
            {region: own.reliability},
            nominal=protocol.confidence,
            title=f"{region}: share of {protocol.target} inside the {100 * protocol.confidence:g} % band",
            pit={} if own.pit is None else {region: own.pit},
        )
        for region, own in scores.items()
    ]
    errors = errors_figure(scores, target=protocol.target, forecaster=protocol.forecaster)
    page = figure_page(f"Coverage and errors of {protocol.target}", *figures, errors, words=_sentences(result))
    return lambda part: part.write_text(page, encoding="utf-8")


def _sentences(result: Evaluation) -> list[str]:
    return [region_sentence(part.region, part.scores, result.protocol.confidence) for part in result.regions]


def _print(result: Evaluation) -> None:
    protocol = result.protocol
    rows = []
    for part in result.regions:
        s = part.scores
        rows.append(
            (
                *(part.region, s.origins, s.scored, s.gaps, s.mae, s.naive_mae, s.mape, 100 * s.coverage),
                *(100 * s.worst_block_coverage, 100 * s.path_coverage, s.winkler, 100 * s.infinite_share),
            )
        )
    nominal = 100 * protocol.confidence
    print_table(
        f"{protocol.target}: {protocol.forecaster}, {protocol.method}, {nominal:g} % nominal, {protocol.split} split, "
        f"{protocol.horizon} h",
        (
            *("region", "origins", "scored", "gaps", "MAE", "naive MAE", "MAPE %"),
            *("coverage %", "worst block %", "path %", "Winkler", "infinite %"),
        ),
        rows,
        note="  ".join(f"{stage} {seconds:.2f} s" for stage, seconds in result.seconds.items()),
    )
    for sentence in _sentences(result):
        console.print(Text(sentence), soft_wrap=True)
    infinite = max(part.scores.infinite_share for part in result.regions)
    if infinite:
        console.print(Text(infinite_sentence(infinite, protocol)), soft_wrap=True)
