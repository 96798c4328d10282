"""Short definitions of the eleven words that every page uses. docs/glossary.md has the same words with examples."""

from collections.abc import Mapping

TERMS: Mapping[str, str] = {
    "headroom": "the power in MW that may still be added to a region in an hour while every limit holds.",
    "bound": "the value that the actual stays below with the stated confidence.",
    "margin": "the distance between the forecast and the bound.",
    "level": "how many margins above the forecast a decision assumes; a higher level is more cautious.",
    "coverage": "the share of actual values that lie inside the bound.",
    "miscoverage": "the accepted share of misses: one minus the confidence.",
    "breach": "an hour in which the actual weather and the actual load put a region outside a limit. Every job that "
    "runs in the region in that hour is breached.",
    "contested": "a job near a limit: in some hour of its window the upper bounds leave no headroom, or the forecast "
    "comes within 3 K of a temperature limit or within 5 % of another limit.",
    "defer": "to approve a job with a later start, or to let the job wait until a start is safe.",
    "promise": "in the long run, at most the miscoverage of the contested jobs that were approved is breached.",
    "oracle": "the default policy with the true weather, load, carbon and price of the hours ahead, but without "
    "knowledge of jobs that have not arrived.",
}
