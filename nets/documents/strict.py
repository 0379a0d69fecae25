"""What all models have in common."""

from __future__ import annotations

from typing import Any, Final

STRICT: Final[dict[str, Any]] = {"strict": True, "extra": "forbid"}
"""Nothing is converted but whole numbers to numbers, and no key is passed over. A dataclass that files describe says
``__pydantic_config__ = STRICT``, which costs nothing where no file is read."""
