"""The base of the typed records of the ledger's rows."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen row. `as_dict` returns the values as JSON files and the database hold them."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, from_attributes=True)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values: times as ISO texts, and null for a number that is not finite."""
        return self.model_dump(mode="json")
