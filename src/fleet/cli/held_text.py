"""Held values in one sentence."""

import numpy as np
from rich.text import Text

from fleet.cli.output import console
from fleet.domain.clock import iso
from fleet.quality.gate import Checked
from fleet.quality.held import HeldStretch
from fleet.units import HOURS_PER_DAY

_RECENT_H = 7 * HOURS_PER_DAY
_NAMED = 3


def print_held(checked: Checked) -> None:
    """Print how many values of telemetry and of outlooks are held, by rule, if any is."""
    for sentence in (by_rule_sentence(checked), outlook_sentence(checked)):
        if sentence:
            console.print(Text(sentence), soft_wrap=True)


def by_rule_sentence(checked: Checked) -> str:
    """Return how many values are held, by rule; an empty text if none is."""
    count = checked.count_by_rule()
    if not count:
        return ""
    rules = ", ".join(f"{rule} {number:,}" for rule, number in count.items())
    return f"{sum(count.values()):,} values are held and count as missing: {rules}. `fleet quality` lists them."


def outlook_sentence(checked: Checked) -> str:
    """Return how many values of outlooks are held, by rule; an empty text if none is."""
    count = checked.count_outlooks_by_rule()
    if not count:
        return ""
    rules = ", ".join(f"{rule} {number:,}" for rule, number in count.items())
    return f"{sum(count.values()):,} values of outlooks are held and count as missing: {rules}."


def recent_sentence(checked: Checked, origin: np.datetime64) -> str:
    """Return how many values of the seven days up to the origin are held, and the latest stretches.

    An empty text if none is.
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


def _text(stretch: HeldStretch) -> str:
    return (
        f"{stretch.region} {stretch.column} from {iso(stretch.first_utc)} to {iso(stretch.last_utc)} "
        f"({stretch.rule}, {stretch.value:g})"
    )
