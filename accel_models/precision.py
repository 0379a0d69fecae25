"""How wide the operands are that a machine is built for, and those that its memories hold."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from accel_models.arithmetic import BFLOAT16, FLOATS, IEEE_EXPONENT, Mac, floating_mac, integer_mac, sums_of_floats
from nets.documents.strict import STRICT
from nets.errors import InputError
from nets.layer import Layer
from nets.number_formats import NumberFormats

MOST_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Precision:
    """Bits of a weight, an input, an output and a partial sum.

    Attributes:
        floating: the arithmetic is floating point, of :data:`~accel_models.arithmetic.FLOATS`.
        exponent: bits of the exponent of an operand then; IEEE 754's when 0.
    """

    __pydantic_config__ = STRICT

    weight: int = 8
    input: int = 8
    output: int = 8
    psum: int = 24
    floating: bool = False
    exponent: int = 0

    def __post_init__(self) -> None:
        for name in ("weight", "input", "output", "psum"):
            bits = getattr(self, name)
            if not isinstance(bits, int) or isinstance(bits, bool) or not 1 <= bits <= MOST_BITS:
                raise InputError(f"precision: {name}", bits, f"must be a whole number of bits from 1 to {MOST_BITS}")
        if self.floating:
            self._check_floating()
        elif self.exponent:
            raise InputError("precision: exponent", self.exponent, "is of floating point", "write floating: true, too")

    def _check_floating(self) -> None:
        if self.exponent == IEEE_EXPONENT.get(self.input):
            object.__setattr__(self, "exponent", 0)
        kind = self._kind
        if self.weight != self.input or kind not in FLOATS:
            known = ", ".join(f"{bits} with {exponent}" for bits, exponent in FLOATS)
            rule = f"must have operands of one kind that has sourced figures, bits with bits of exponent: {known}"
            raise InputError("precision: floating", str(self), rule)
        if self.psum not in sums_of_floats(*kind):
            allowed = " or ".join(map(str, sums_of_floats(*kind)))
            raise InputError(
                "precision: psum", self.psum, f"must be {allowed} bits, of which adders have sourced figures"
            )

    @property
    def bits(self) -> dict[str, int]:
        """Of each operand, by its name."""
        return {"weight": self.weight, "input": self.input, "output": self.output, "psum": self.psum}

    @property
    def _kind(self) -> tuple[int, int]:
        return self.input, self.exponent or IEEE_EXPONENT.get(self.input, 0)

    @property
    def bfloat(self) -> bool:
        """Whether it is bfloat16: half as wide as single precision, with as large an exponent."""
        return self.floating and self._kind == BFLOAT16

    @property
    def mac(self) -> Mac:
        """The unit that multiplies and adds."""
        if self.floating:
            return floating_mac(*self._kind, self.psum)
        return integer_mac(self.weight, self.input, self.psum)

    def __str__(self) -> str:
        exponent = f" with {self.exponent} bits of exponent" if self.exponent else ""
        kind = f"floating point{exponent}, " if self.floating else ""
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
    return Precision(formats.multiplied, bits, bits, formats.sums, formats.floating, formats.exponent)


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
