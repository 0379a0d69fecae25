"""What models are built of, for modules that are imported when a file is read and not before: pydantic is heavy."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_validators import BeforeValidator

__all__ = ["Count", "Finite", "Model", "NotNegative", "Positive", "Whole"]


class Model(BaseModel):
    """A mapping with keys of its own and no others."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _whole(value: Any) -> Any:
    """Whole numbers may be written as 16.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole, json_schema_input_type=int), Field(ge=0, le=1 << 48)]
"""At least zero."""
Count = Annotated[int, BeforeValidator(_whole, json_schema_input_type=int), Field(ge=1, le=1 << 48)]
"""At least one."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, le=1e30, allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=1e-30, le=1e30, allow_inf_nan=False)]
