"""What an SRAM takes, read off a table of CACTI's figures by capacity and width of the port.

Between two capacities of the table, which are a factor of two apart, and between two widths, figures lie on a straight
line. Growth with capacity is exact at the widths of the table, to the last bit and on every processor: bounds over
boxes of designs take the figures of a box's smallest memory for the least there are. So there is no logarithm here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

LEAST_BYTES: Final = 256
"""Capacity of the first column: CACTI takes no bank below 64 rows and no port below 32 bits."""
WIDTHS_BITS: Final = (32, 64, 256, 512)


@dataclass(frozen=True, slots=True)
class SramLaw:
    """One figure of every SRAM of a node.

    Attributes:
        figures: by width of the port (:data:`WIDTHS_BITS`), then by capacity: 256 bytes, 512, and so on. They fall
            along neither. Ports with less than 64 rows in a column have the figure of 64 rows.
    """

    figures: tuple[tuple[float, ...], ...]

    def at(self, capacity_bytes: float, width_bits: float) -> float:
        """The figure of a capacity and a width of the port, each taken as the least of the table where it is less.

        Beyond the table capacity goes on by the factor of its last doubling, width along its last line.
        """
        width_bits = max(width_bits, WIDTHS_BITS[0])
        left = max(place for place, width in enumerate(WIDTHS_BITS[:-1]) if width <= width_bits)
        narrow = _along(self.figures[left], capacity_bytes)
        if width_bits == WIDTHS_BITS[left]:
            return narrow
        wide = _along(self.figures[left + 1], capacity_bytes)
        share = (width_bits - WIDTHS_BITS[left]) / (WIDTHS_BITS[left + 1] - WIDTHS_BITS[left])
        return narrow + max(0.0, wide - narrow) * share

    def times(self, factor: float) -> SramLaw:
        """The law of so many times as much."""
        return replace(self, figures=tuple(tuple(value * factor for value in row) for row in self.figures))


def _along(figures: tuple[float, ...], capacity_bytes: float) -> float:
    # capacity = LEAST_BYTES x 2^doublings x (1 + share), exactly
    mantissa, exponent = math.frexp(max(capacity_bytes, LEAST_BYTES) / LEAST_BYTES)
    doublings, share = exponent - 1, 2 * mantissa - 1
    last = len(figures) - 1
    if doublings < last:
        low, high = figures[doublings], figures[doublings + 1]
    else:
        growth, low = figures[last] / figures[last - 1], figures[last]
        for _ in range(doublings - last):
            low *= growth
        high = low * growth
    return min(high, low + (high - low) * share)
