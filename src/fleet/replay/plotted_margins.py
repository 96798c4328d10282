"""The margins of a replay that people look at, by the method that it decided with, each history gone through once."""

from collections.abc import Mapping

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.build_bands import Residuals, both_promises, promised
from fleet.conformal.margins import Promise
from fleet.evaluation.quantiles import quantile_promises
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray

# The variable of the charts and of the picture of quantiles.
PICTURED = "temperature_c"

Margins = Mapping[str, FloatArray]


def pictured(prepared: Prepared) -> Margins:
    """Of PICTURED: those of `upper`, of `charted` and of `quantile_promises`."""
    residuals, miscoverage = prepared.residuals[PICTURED], miscoverage_of(prepared.settings.confidence)
    asked = _upper(prepared) | both_promises(residuals, miscoverage) | quantile_promises()
    return promised(BANDS[prepared.settings.bands](), residuals, asked)


def charted(prepared: Prepared, residuals: Residuals) -> Margins:
    """`hour` and `path` of both sides, and `path above`."""
    asked = both_promises(residuals, miscoverage_of(prepared.settings.confidence))
    asked |= {"path above": _upper(prepared)["path above"]}
    return promised(BANDS[prepared.settings.bands](), residuals, asked)


def upper(prepared: Prepared, residuals: Residuals) -> Margins:
    """`above` of each hour, which decisions stand on, and `path above` of the whole horizon."""
    return promised(BANDS[prepared.settings.bands](), residuals, _upper(prepared))


def _upper(prepared: Prepared) -> dict[str, Promise]:
    miscoverage = miscoverage_of(prepared.settings.confidence)
    return {
        "above": Promise(side="above", miscoverage=miscoverage),
        "path above": Promise(side="above", miscoverage=miscoverage, window=prepared.settings.horizon),
    }
