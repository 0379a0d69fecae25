"""How wide the operands are that a machine is built for, and those that its memories hold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from accel_models.technology import FLOAT_BITS, Technology
from nets.documents.strict import STRICT
from nets.errors import InputError
from nets.layer import Layer
from nets.number_formats import NumberFormats

MOST_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Precision:
    """Bits of a weight, an input, an output and a partial sum.

    Attributes:
        floating: the arithmetic is floating point: operands of 16 or 32 bits, sums too (IEEE 754).
    """

    __pydantic_config__ = STRICT

    weight: int = 8
    input: int = 8
    output: int = 8
    psum: int = 24
    floating: bool = False

    def __post_init__(self) -> None:
        for name in ("weight", "input", "output", "psum"):
            bits = getattr(self, name)
            if not isinstance(bits, int) or isinstance(bits, bool) or not 1 <= bits <= MOST_BITS:
                raise InputError(f"precision: {name}", bits, f"must be a whole number of bits from 1 to {MOST_BITS}")
        if self.floating and not (self.weight == self.input and {self.input, self.psum} <= {*FLOAT_BITS}):
            rule = f"must be of operands and sums of {' or '.join(map(str, FLOAT_BITS))} bits"
            raise InputError("precision: floating", str(self), rule, "no other floating point has sourced figures")

    @property
    def bits(self) -> dict[str, int]:
        """Of each operand, by its name."""
        return {"weight": self.weight, "input": self.input, "output": self.output, "psum": self.psum}

    def mac_pj(self, tech: Technology) -> float:
        """Energy of one multiply-accumulate."""
        return tech.mac_pj(self.weight, self.input, self.psum, floating=self.floating)

    def mac_area_mm2(self, tech: Technology) -> float:
        """Area of a multiplier and its adder."""
        return tech.mac_area_mm2(self.weight, self.input, self.psum, floating=self.floating)

    def __str__(self) -> str:
        kind = "floating point, " if self.floating else ""
        return f"{kind}weights {self.weight}, inputs {self.input}, outputs {self.output}, partial sums {self.psum} bits"


INT8: Final = Precision()
"""What layers are whose network says nothing else, and machines whose description says nothing else."""


@dataclass(frozen=True, slots=True)
class LeastBits:
    """Bits that an element of a tensor takes at least, from one memory inwards.

    Elements that arrive narrower are unpacked: so weight-only quantisation ends where weights become as wide as what
    multiplies them. Outputs are packed where they leave the memory; partial sums take no less than outputs do.

    Attributes:
        W, I, O: of weights, of inputs, of outputs and their sums; 0 leaves them as they come.
    """

    __pydantic_config__ = STRICT

    W: int = 0
    I: int = 0
    O: int = 0

    def __post_init__(self) -> None:
        for tensor, bits in (("W", self.W), ("I", self.I), ("O", self.O)):
            if not isinstance(bits, int) or isinstance(bits, bool) or not 0 <= bits <= MOST_BITS:
                raise InputError(f"least_bits: {tensor}", bits, f"must be a whole number of bits up to {MOST_BITS}")

    def __str__(self) -> str:
        named = (("weights", self.W), ("inputs", self.I), ("outputs", self.O))
        return " and ".join(f"{what} to {bits} bits" for what, bits in named if bits)

    def inside(self, outer: LeastBits) -> LeastBits:
        """What holds in a memory that says this, inside one for which ``outer`` holds."""
        if outer.W <= self.W and outer.I <= self.I and outer.O <= self.O:
            return self
        return LeastBits(max(self.W, outer.W), max(self.I, outer.I), max(self.O, outer.O))


AS_THEY_COME: Final = LeastBits()


def arithmetic_of(formats: NumberFormats | None) -> Precision | None:
    """What a machine computes with that runs networks in some formats; none where none are given."""
    if formats is None:
        return None
    bits = formats.activations
    return Precision(formats.multiplied, bits, bits, formats.sums, formats.floating)


def arithmetic_for(layers: Iterable[Layer]) -> Precision:
    """What multiplies all of some layers in the formats that they state; the usual, where none states wider ones."""
    products = [layer for layer in layers if layer.is_mac]
    inputs = max((layer.input_bits for layer in products), default=INT8.input)
    weights = max((_multiplied(layer.weight_bits) for layer in products), default=INT8.weight)
    if max(inputs, weights) <= INT8.input:
        return INT8
    inputs = max(inputs, INT8.input)
    return Precision(max(weights, inputs), inputs, inputs, max(INT8.psum, *(layer.psum_bits for layer in products)))


def _multiplied(bits: float) -> int:
    """Bits of a weight without its share of a scale, which is less than as many again: 8 of 8.5."""
    return 1 << (math.floor(bits).bit_length() - 1)
