"""Sentences about held values. A held value failed a quality rule, or a person withdrew it. It counts as missing."""

from collections.abc import Mapping

import numpy as np

from fleet.cli.output import print_line
from fleet.domain.clock import iso
from fleet.quality.gate import Checked
from fleet.quality.held import HeldStretch
from fleet.units import HOURS_PER_DAY

_RECENT_H = 7 * HOURS_PER_DAY
_NAMED = 3


def print_held(checked: Checked) -> None:
    """Print the number of held values of telemetry and of outlooks, by rule. Print nothing if no value is held."""
    for sentence in (by_rule_sentence(checked), outlook_sentence(checked)):
        if sentence:
            print_line(sentence)


def by_rule_sentence(checked: Checked) -> str:
    """Return a sentence with the number of held values by rule; an empty text if no value is held."""
    return _sentence("values", checked.count_by_rule())


def outlook_sentence(checked: Checked) -> str:
    """Return a sentence with the number of held values of outlooks by rule; an empty text if no value is held."""
    return _sentence("values of outlooks", checked.count_outlooks_by_rule())


def recent_sentence(checked: Checked, origin: np.datetime64) -> str:
    """Return a sentence with the number of held values in the seven days up to the origin, and their latest stretches.

    Returns: an empty text if no value is held.
    """
    hours = checked.telemetry.time_utc
    end = int(np.searchsorted(hours, origin, side="right"))
    recent = slice(max(end - _RECENT_H, 0), end)
    number = sum(int((codes[:, recent] >= 0).sum()) for codes in checked.rule.values())
    if not number:
        return ""
    stretches = [
        stretch for stretch in checked.held if stretch.last_utc >= hours[recent][0] and stretch.first_utc <= origin
    ]
    stretches.sort(key=lambda stretch: stretch.last_utc, reverse=True)
    named = "; ".join(_text(stretch) for stretch in stretches[:_NAMED])
    more = f"; and {len(stretches) - _NAMED:,} more" if len(stretches) > _NAMED else ""
    return f"{number:,} values of the last 7 days are held and count as missing: {named}{more}."


def _sentence(what: str, count: Mapping[str, int]) -> str:
    if not count:
        return ""
    rules = ", ".join(f"{rule} {number:,}" for rule, number in count.items())
    return f"{sum(count.values()):,} {what} are held and count as missing: {rules}. `fleet quality` lists them."


def _text(stretch: HeldStretch) -> str:
    return (
        f"{stretch.region} {stretch.column} from {iso(stretch.first_utc)} to {iso(stretch.last_utc)} "
        f"({stretch.rule}, {stretch.value:g})"
    )
