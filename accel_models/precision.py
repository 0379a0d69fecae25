"""How wide the operands are that a machine is built for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nets.documents.strict import STRICT
from nets.errors import InputError
from nets.number_formats import NumberFormats


@dataclass(frozen=True, slots=True)
class Precision:
    """Bits of a weight, an input, an output and a partial sum."""

    __pydantic_config__ = STRICT

    weight: int = 8
    input: int = 8
    output: int = 8
    psum: int = 24

    def __post_init__(self) -> None:
        for name in ("weight", "input", "output", "psum"):
            bits = getattr(self, name)
            if not isinstance(bits, int) or isinstance(bits, bool) or not 1 <= bits <= 64:
                raise InputError(f"precision: {name}", bits, "must be a whole number of bits from 1 to 64")

    def __str__(self) -> str:
        return f"weights {self.weight}, inputs {self.input}, outputs {self.output}, partial sums {self.psum} bits"


INT8: Final = Precision()
"""What layers are whose network says nothing else, and machines whose description says nothing else."""


def arithmetic_of(formats: NumberFormats | None) -> Precision | None:
    """What a machine computes with that runs networks in some formats; none where none are given."""
    if formats is None:
        return None
    return Precision(formats.multiplied, formats.activations, formats.activations, formats.sums)
