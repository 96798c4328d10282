"""The base record of fleet files, and the types of its fields."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Celsius = Annotated[float, Field(ge=-90, le=100, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Fraction = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Strict(BaseModel):
    """An immutable record that refuses unknown keys, and values of another type than the field's."""

    # Without strict types, pydantic would read a limit of `yes` as 1 MW.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
