"""A limit on the load of a region, with the words and the colour that show it."""

from dataclasses import dataclass

# Arrays store a limit as a code: its position in `fleet.physics.limits.LIMITS`. UNKNOWN is always the first.
UNKNOWN_CODE = 0

# Stands in place of a limit where a job was denied only because it came too late.
NO_LIMIT = "no limit: the deadline"


@dataclass(frozen=True, kw_only=True, repr=False)
class Limit:
    """A reason why no more load may be added.

    Args:
        label: name of the limit in JSON and in tables.
        words: name of the limit in a sentence, with the article.
        title: name of the limit in a legend.
        colour: hexadecimal colour, the same in every chart and table.
        hatch: Plotly pattern, so that a print without colours tells the limits apart.
        dark_text: True if text on the colour must be dark.
    """

    label: str
    words: str
    title: str
    colour: str
    hatch: str
    dark_text: bool = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r})"


UNKNOWN = Limit(
    label="unknown",
    words="no bound",
    title="no bound can be given",
    colour="#7a8793",
    hatch=".",
)
CONTROLLER = Limit(
    label="controller",
    words="the breach controller",
    title="controller: closed after breaches",
    colour="#8c6d31",
    hatch="+",
)
