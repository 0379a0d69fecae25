"""How wide the weights of a network's layers are, as chosen of a table of what is lost by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WeightBits:
    """The widths.

    Attributes:
        bits: of a weight, by layer.
        loss: that they add up to; max_loss: that it may be.
    """

    bits: Mapping[str, float]
    loss: float
    max_loss: float

    @property
    def described(self) -> str:
        """Which layers have which width, the narrowest first."""
        names: dict[float, list[str]] = {}
        for name, bits in sorted(self.bits.items(), key=lambda item: item[1]):
            names.setdefault(bits, []).append(name)
        return "; ".join(f"{bits:g} bits: {', '.join(layers)}" for bits, layers in names.items())

    def __str__(self) -> str:
        return f"weights of {self.described}. They lose {self.loss:g} of {self.max_loss:g}"
