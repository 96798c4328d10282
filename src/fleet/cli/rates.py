"""Rates as text, for the tables of a replay."""


def rate_text(rate: float, interval: tuple[float, float]) -> str:
    """Return the rate and its interval in %, such as "0.36 [0.11, 0.68]". Numbers from 10 % on have one decimal."""
    if rate != rate:
        return "-"
    low, high = (_percent(end) for end in interval)
    return f"{_percent(rate)} [{low}, {high}]"


def _percent(share: float) -> str:
    return f"{100 * share:.{1 if share >= 0.1 else 2}f}"
