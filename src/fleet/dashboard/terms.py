"""Short definitions of twelve basic words. docs/glossary.md has the same words with examples."""

from collections.abc import Mapping

TERMS: Mapping[str, str] = {
    "headroom": "the power in MW that may still be added to a region in an hour while every limit holds.",
    "bound": "a number that the actual value does not pass, with the stated confidence.",
    "margin": "the distance between the forecast and the bound.",
    "level": "the number of margins that a decision adds to the forecasts of weather and load; a higher level is more "
    "cautious.",
    "coverage": "the share of actual values inside the band, or not above the upper bound.",
    "miscoverage": "the accepted share of misses: one minus the confidence.",
    "breach": "an hour in which the total IT load of a region is above the load that the limits allow in the actual "
    "weather. Every job that runs in the region in that hour is breached.",
    "risk blocked": "an hour in which no job may be added, because the bound leaves no headroom, although the forecast "
    "would leave some.",
    "contested": "a job in an hour close to a limit: the forecast comes within 3 K of a temperature limit, or "
    "within 5 % of another limit, or the upper bounds leave no headroom.",
    "defer": "to approve a job with a later start, or to let the job wait until a start is safe.",
    "promise": "the goal for the approved contested jobs: the breached share of them is at most the miscoverage.",
    "oracle": "the default policy with the true weather, load, carbon and price of the hours ahead, but without "
    "knowledge of jobs that have not arrived.",
}


def why_two_counts(band_percent: float, decision_percent: float) -> str:
    """Return why the hours in which a band reaches its limit are not the risk-blocked hours.

    Args:
        band_percent: confidence of the two-sided band.
        decision_percent: confidence of the one-sided bounds that decide about jobs.
    """
    return (
        "The two counts differ because the band is of this temperature alone and two-sided: in the long run "
        f"{(100 - band_percent) / 2:g} % of hours are above it. A decision counts all limits of the region, its load "
        f"and the jobs that have a place, with one-sided bounds that {100 - decision_percent:g} % of hours pass."
    )
