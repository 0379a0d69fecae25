"""What no mapping of a layer costs less than in any group of layers, on corners of :mod:`mappings.corner_bounds`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mappings.corner_bounds import (
    DRAM_PJ,
    DRAM_WORDS,
    L2_READ_PJ,
    L2_WORDS,
    L2_WRITE_PJ,
    STATIC_PJ,
    WORD_BITS,
    Floats,
    ShapeArrays,
    least_costs,
)


def least_costs_in_groups(shapes: ShapeArrays, widths: NDArray[np.int64], figures: Floats) -> tuple[Floats, Floats]:
    """Energy (pJ) and cycles, each (corners, n), of layers whose inputs and outputs are at home in L2.

    Activations pay no DRAM and are not filled into L2 (a vector layer reads them there, and writes them there), nothing
    waits for DRAM, and L2 takes in what a layer makes while it sends out what the layer reads.

    Args:
        shapes, widths, figures: see :func:`mappings.corner_bounds.least_costs`.
    """
    inside = figures.copy()
    inside[:, [DRAM_WORDS, L2_WORDS]], inside[:, STATIC_PJ] = np.inf, 0.0
    energy, cycles = least_costs(shapes, widths, inside)
    dram, read, write, static, words, word = (
        figures[:, column, None] for column in (DRAM_PJ, L2_READ_PJ, L2_WRITE_PJ, STATIC_PJ, L2_WORDS, WORD_BITS)
    )
    mac = shapes.mac.astype(bool)
    narrow = np.where(mac, np.minimum(shapes.bits[:, 2], shapes.bits[:, 3]), shapes.bits[:, 2])
    weights, inputs = (shapes.words[:, at] * shapes.bits[:, at] / word for at in (0, 1))
    outputs = shapes.words[:, 2] * narrow / word
    cycles = np.maximum(cycles, np.maximum(weights + inputs, outputs) / words)
    outside = (inputs + outputs) * dram + inputs * write + np.where(mac, 0.0, outputs * read)
    return energy - outside + static * cycles, cycles
