"""What an SRAM takes, read off a table of CACTI's figures by capacity and width of the port (``grid.csv``).

Between two capacities of the table, which are a factor of two apart, and between two widths, figures lie on a straight
line. Growth with capacity is exact at the widths of the table, to the last bit and on every processor, as bounds over
boxes of designs need, which take the figures of a box's smallest memory for the least there are. So there is no
logarithm in them.

A memory of this package says nothing of its banks, so where the grid has it in one and in eight it is their geometric
mean. CACTI's optimiser moves in steps, and a larger memory takes less here and there: figures are then halfway (in
logarithms) between the least table above and the largest below CACTI's that fall along neither capacity nor width.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

Row = dict[str, float]
LEAST_BYTES: Final = 256
"""Capacity of the first column: CACTI takes no bank below 64 rows and no port below 32 bits."""
WIDTHS_BITS: Final = (32, 64, 256, 512)
CAPACITIES_BYTES: Final = tuple(LEAST_BYTES << doublings for doublings in range(16))
LEAST_ROWS: Final = 64


@dataclass(frozen=True, slots=True)
class SramTable:
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


def grid() -> list[Row]:
    """CACTI's SRAMs, as :mod:`benchmarks.sram.run_cacti` asked for them."""
    with (Path(__file__).parent / "grid.csv").open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def table_of(rows: list[Row], node_nm: int, quantity: str) -> SramTable:
    """CACTI's figures of a node, made to fall nowhere; ``quantity``: a column of the grid."""
    figures = np.array(
        [[_mean_log(rows, node_nm, width, at, quantity) for at in CAPACITIES_BYTES] for width in WIDTHS_BITS]
    )
    above = np.maximum.accumulate(np.maximum.accumulate(figures, axis=0), axis=1)
    below = np.minimum.accumulate(np.minimum.accumulate(figures[::-1, ::-1], axis=0), axis=1)[::-1, ::-1]
    return SramTable(tuple(map(tuple, np.exp((above + below) / 2).tolist())))


def _mean_log(rows: list[Row], node_nm: int, width: int, capacity: int, quantity: str) -> float:
    capacity = max(capacity, LEAST_ROWS * width // 8)
    sought = (node_nm, width, capacity)
    found = [row for row in rows if (row["node_nm"], row["width_bits"], row["capacity_bytes"]) == sought]
    return math.fsum(math.log(row[quantity]) for row in found) / len(found)
