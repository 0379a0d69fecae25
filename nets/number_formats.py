"""How many bits the numbers of a network take: weights with their scales, activations, keys and values in a cache."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nets.errors import InputError

MOST_BITS: Final = 32
SCALE_BITS: Final = 16
FLOATING_SUMS: Final = 32
"""Bits of a partial sum of floating-point products."""
_BITS: Final = r"((?:fp|bf)?\d{1,9}|e\dm\d)"
_SCALED: Final = rf"{_BITS}(?:g(\d{{1,9}})(z)?)?"
_TEXT: Final = re.compile(rf"w{_SCALED}a{_BITS}(?:kv{_SCALED})?")
_ALONE: Final = re.compile(r"(?:fp|bf)\d{1,9}|e\dm\d")
FLOATING: Final = {"fp16": (16, 0), "fp32": (32, 0), "bf16": (16, 8), "e4m3": (8, 4), "e5m2": (8, 5)}
"""Floating point by name: bits of the whole and of the exponent, 0 for that of IEEE 754; kinds with sourced figures."""
_EXAMPLE: Final = (
    "w8a8, w4a16; w4g128a16 with a scale of 16 bits for 128 weights, w4g128za16 with a zero point too; "
    "w4a16kv8 with keys and values of 8 bits, w4a16kv4g64 with a scale for 64 of them; "
    "fp16, bf16, e4m3, w4afp16 with floating point"
)


@dataclass(frozen=True, slots=True)
class Format:
    """How the elements of a matrix are kept.

    Attributes:
        bits: of an element.
        group: elements that share a scale; 0 for those of one output channel.
        scale_bits: of a scale; 0 for none. zero_bits: of a zero point beside it.

    Raises:
        InputError: bits outside 1 to 32, or less than none of the others.
    """

    bits: int
    group: int = 0
    scale_bits: int = 0
    zero_bits: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= MOST_BITS:
            raise InputError("format: bits", self.bits, f"must be 1 to {MOST_BITS} bits")
        for field in ("group", "scale_bits", "zero_bits"):
            if getattr(self, field) < 0:
                raise InputError(f"format: {field}", getattr(self, field), "must be at least 0")

    def bits_of(self, outputs: int, inputs: int) -> int:
        """Of a matrix with so many output channels, each of so many elements; a last group may be smaller."""
        groups = outputs * (-(-inputs // self.group) if self.group else 1)
        return outputs * inputs * self.bits + groups * (self.scale_bits + self.zero_bits)

    def bits_each(self, outputs: int, inputs: int) -> int | float:
        """The same for each element: whole, where no scale adds to it."""
        if not self.scale_bits + self.zero_bits:
            return self.bits
        return self.bits_of(outputs, inputs) / (outputs * inputs)

    @property
    def bits_in_groups(self) -> int | float:
        """Of an element where all groups are full."""
        return self.bits_each(1, max(self.group, 1))

    def __str__(self) -> str:
        return f"{self.bits} bits" + (f", a scale for {self.group}" if self.group else "")


@dataclass(frozen=True, slots=True)
class NumberFormats:
    """Of all numbers of a network.

    Weights that are narrower than activations are widened before they are multiplied (weight-only quantisation): the
    arithmetic is that of activations, or of keys and values where these are wider. Operands made while the network runs
    are activations.

    Attributes:
        weights: how they are kept.
        activations: bits of each.
        cache: how the keys and values are kept that a language model keeps, in groups of the keys or of the values of
            a token; as activations are when omitted.
        floating: activations are floating point, to which everything is widened; sums are of 32 bits.
        exponent: bits of their exponent then; 0 for that of IEEE 754.

    Raises:
        InputError: bits outside 1 to 32.
    """

    weights: Format
    activations: int
    cache: Format | None = None
    floating: bool = False
    exponent: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.activations <= MOST_BITS:
            raise InputError("format: activations", self.activations, f"must be 1 to {MOST_BITS} bits")

    @classmethod
    def parse(cls, text: str) -> NumberFormats:
        """Read ``w4a16``, ``w4g128a16``, ``w4g128za16``, each with ``kv8``, ``kv4g64`` or ``kv4g64z`` behind it or not,
        ``w4afp16``, ``fp16``.

        Raises:
            InputError: the text says something else, or bits that no format has.
        """
        match = _TEXT.fullmatch(f"w{text}a{text}" if _ALONE.fullmatch(text) else text)
        if match is None:
            raise InputError("--precision", text, "is no format of weights and activations", f"write {_EXAMPLE}")
        bits, group, zero, activations, cache, cache_group, cache_zero = match.groups()
        for size, of in ((group, "weights"), (cache_group, "keys and values")):
            if size is not None and int(size) == 0:
                raise InputError("--precision", text, f"has groups of no {of}", f"write {_EXAMPLE}")
        floating = activations in FLOATING
        for kind in (bits, activations, cache):
            _require_known(text, kind, floating=floating)
        kept = None if cache is None else _format(cache, cache_group, cache_zero)
        exponent = FLOATING[activations][1] if floating else 0
        return cls(_format(bits, group, zero), _width(activations), kept, floating, exponent)

    @property
    def multiplied(self) -> int:
        """Bits of a weight, a key or a value as it is multiplied."""
        return max(self.weights.bits, self.activations, self.kept.bits)

    @property
    def kept(self) -> Format:
        """How keys and values are kept."""
        return Format(self.activations) if self.cache is None else self.cache

    @property
    def sums(self) -> int:
        """Bits of a partial sum: three bytes for activations of one, else four."""
        return FLOATING_SUMS if self.floating else sums_of(self.activations)

    def __str__(self) -> str:
        cache = "" if self.cache is None else f", keys and values {self.cache}"
        kind = " in floating point" if self.floating else ""
        return (
            f"weights {self.weights}, activations {self.activations}{kind}{cache}; "
            f"multiplied at {self.multiplied} x {self.activations}, partial sums {self.sums}"
        )


def sums_of(activations: int) -> int:
    """Bits of a partial sum of products with activations of so many bits."""
    return 24 if activations <= 8 else 32


def _format(kind: str, group: str | None, zero: str | None) -> Format:
    """Of ``4``, of ``4g128`` or ``4g128z`` in parts."""
    width = _width(kind)
    return Format(width, int(group or 0), SCALE_BITS if group else 0, width if zero else 0)


def _width(kind: str) -> int:
    """Bits of ``fp16``, ``e4m3`` or ``16``."""
    return FLOATING[kind][0] if kind in FLOATING else int(kind)


def _require_known(text: str, kind: str | None, *, floating: bool) -> None:
    """Refuse bits that no number has, and floating point of an unknown kind, or where activations are none."""
    if kind is None:
        return
    if kind.isdecimal():
        if not 1 <= int(kind) <= MOST_BITS:
            raise InputError("--precision", text, f"has numbers of {int(kind)} bits, which must be 1 to {MOST_BITS}")
        return
    if kind not in FLOATING:
        rule = f"has {kind}, whose arithmetic has no sourced energy and area"
        raise InputError("--precision", text, rule, f"floating point is {', '.join(FLOATING)}")
    if not floating:
        raise InputError(
            "--precision", text, f"has {kind} without activations in floating point", f"write e.g. wfp16a{kind}"
        )
