"""Energy, area and leakage of multiply-accumulate units, at the node of their sources.

Horowitz (ISSCC 2014, 45 nm, 0.9 V) has integers of 8 and 32 bits, and IEEE's floating point of 16 and 32. Of others:

* integers between and below: the product of both widths, to 0.99 in energy; sums on a straight line;
* bfloat16: half precision by the ratios of both at 7 nm (Jouppi et al., ISCA 2021, table 2: multiply 0.21 and 0.34 pJ,
  add 0.11 and 0.16), areas as energies (Dally, AHA retreat 2023: area is proportional to energy);
* 8 bits, e4m3 and e5m2: 50 to 180 % more than a MAC of 8-bit integers (van Baalen et al., arXiv 2303.17951); taken in
  the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nets.elementary import log, power

# Integer adder (8 and 32 bits) and multiplier (8x8 and 32x32 bits).
_ADD_PJ = {8: 0.03, 32: 0.1}
_ADD_UM2 = {8: 36.0, 32: 137.0}
_MULT_PJ = {8: 0.2, 32: 3.1}
_MULT8_UM2 = 282.0

# Floating point by bits of the whole and of the exponent: energy in pJ and area in um2.
BFLOAT16, _HALF, _SINGLE = (16, 8), (16, 5), (32, 8)
_FLOAT_ADD = {_HALF: (0.4, 1360.0), _SINGLE: (0.9, 4184.0), BFLOAT16: (0.4 * 11 / 16, 1360.0 * 11 / 16)}
_FLOAT_MULT = {_HALF: (1.1, 1640.0), _SINGLE: (3.7, 7700.0), BFLOAT16: (1.1 * 21 / 34, 1640.0 * 21 / 34)}
_OF_BYTES: Final = ((8, 4), (8, 5))

FP8_OVER_INT8: Final = (1.5, 2.8)
"""Energy and area of a MAC of 8-bit floating point over those of integers: from and to."""

IEEE_EXPONENT: Final = {16: 5, 32: 8}
"""Bits of the exponent that a floating-point number has where nothing else is said."""
FLOATS: Final = (*_FLOAT_MULT, *_OF_BYTES)
"""Kinds of floating point with sourced figures: bits, and those of the exponent."""

#: Aladdin, 40 nm: its 32-bit multiplier leaks 0.08 mW on 6,350 um2; other arithmetic as much for its area.
LEAKAGE_MW_PER_UM2: Final = 0.08 / 6350


@dataclass(frozen=True, slots=True)
class Mac:
    """One multiply-accumulate unit at 45 nm.

    Attributes:
        pj: of one multiply-accumulate. um2: of its multiplier and adder.
    """

    pj: float
    um2: float


def integer_mac(weight_bits: int, input_bits: int, psum_bits: int) -> Mac:
    """Of whole numbers."""
    exponent = log(_MULT_PJ[32] / _MULT_PJ[8]) / log(16)
    multiply = _MULT_PJ[8] * power(weight_bits * input_bits / 64, exponent)
    area = _MULT8_UM2 * weight_bits * input_bits / 64
    return Mac(float(multiply + _linear(_ADD_PJ, psum_bits)), area + _linear(_ADD_UM2, psum_bits))


def floating_mac(bits: int, exponent: int, psum_bits: int) -> Mac:
    """Of floating point, a kind of :data:`FLOATS`; sums are of the same kind or of single precision."""
    if (bits, exponent) in _OF_BYTES:
        integers, more = integer_mac(8, 8, 32), sum(FP8_OVER_INT8) / 2
        return Mac(integers.pj * more, integers.um2 * more)
    multiply, add = _FLOAT_MULT[bits, exponent], _FLOAT_ADD[_SINGLE if psum_bits == 32 else (bits, exponent)]
    return Mac(multiply[0] + add[0], multiply[1] + add[1])


def sums_of_floats(bits: int, exponent: int) -> tuple[int, ...]:
    """Widths that sums of such products may have."""
    return (32,) if (bits, exponent) in _OF_BYTES else tuple(sorted({bits, 32}))


def _linear(table: dict[int, float], bits: int) -> float:
    """The straight line through a table's figures for 8 and 32 bits, no lower than its share of the first."""
    slope = (table[32] - table[8]) / 24
    return table[8] + slope * (bits - 8) if bits >= 8 else table[8] * bits / 8
