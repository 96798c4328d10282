"""The margins in the charts and scores of a replay, from the band method of the decisions."""

from collections.abc import Mapping

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.build_bands import Residuals, margins_for, two_sided_targets
from fleet.conformal.margins import MarginTarget
from fleet.evaluation.quantiles import quantile_targets
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray

# The variable of the charts and of the calibration histogram (PIT).
PLOTTED_VARIABLE = "temperature_c"

# Name of a target -> margins, (origin, side, region, lead), in the unit of the variable.
Margins = Mapping[str, FloatArray]


def plotted_margins(prepared: Prepared) -> Margins:
    """Return all margins of PLOTTED_VARIABLE: those of `upper_margins` and `chart_margins`, and of the quantiles.

    One call makes all of them, because each call goes through the whole history.
    """
    residuals, miscoverage = prepared.residuals[PLOTTED_VARIABLE], miscoverage_of(prepared.settings.confidence)
    targets = _upper_targets(prepared) | two_sided_targets(residuals, miscoverage) | quantile_targets()
    return margins_for(BANDS[prepared.settings.bands](), residuals, targets)


def chart_margins(prepared: Prepared, residuals: Residuals) -> Margins:
    """Return the margins of a chart: the two-sided `hour` and `path`, and the one-sided `path above`.

    Args:
        prepared: gives the confidence, the horizon and the band method.
        residuals: residuals of the charted quantity.
    """
    targets = two_sided_targets(residuals, miscoverage_of(prepared.settings.confidence))
    targets |= {"path above": _upper_targets(prepared)["path above"]}
    return margins_for(BANDS[prepared.settings.bands](), residuals, targets)


def upper_margins(prepared: Prepared, residuals: Residuals) -> Margins:
    """Return the one-sided margins: `above` holds for each hour, `path above` for all hours of the horizon jointly.

    `above` is the margin that the levels multiply with the gates DECISION and POINTWISE.

    Args:
        prepared: gives the confidence, the horizon and the band method.
        residuals: residuals of one variable.
    """
    return margins_for(BANDS[prepared.settings.bands](), residuals, _upper_targets(prepared))


def _upper_targets(prepared: Prepared) -> dict[str, MarginTarget]:
    miscoverage = miscoverage_of(prepared.settings.confidence)
    return {
        "above": MarginTarget(side="above", miscoverage=miscoverage),
        "path above": MarginTarget(side="above", miscoverage=miscoverage, window=prepared.settings.horizon),
    }
