"""Rows of the ledger under the current ids of their regions. The stored rows stay as they are."""

from collections.abc import Mapping
from typing import Any


def renamed_row(row: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return a row of any table with each earlier id of a region replaced by the current one.

    Args:
        names: earlier id -> current id.
    """
    if not names:
        return row
    renamed = {**row}
    for column in ("region", "to_region"):
        if row.get(column) in names:
            renamed[column] = names[row[column]]
    if row.get("binding"):
        renamed["binding"] = _named(row["binding"], "region", names)
    if row.get("alternatives"):
        renamed["alternatives"] = [_named(option, "region", names) for option in row["alternatives"]]
    if row.get("remedies"):
        renamed["remedies"] = [_named(remedy, "region", names) for remedy in row["remedies"]]
    if row.get("asked"):
        asked = _named(row["asked"], "home_region", names)
        renamed["asked"] = {**asked, "regions": [names.get(name, name) for name in asked["regions"]]}
    return renamed


def _named(content: Mapping[str, Any], key: str, names: Mapping[str, str]) -> dict[str, Any]:
    return {**content, key: names.get(content[key], content[key])}
