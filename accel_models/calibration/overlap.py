"""Cycles of tiles whose transfers overlap with the work of the array: no fitted number."""

from __future__ import annotations

import numpy as np

from accel_models.calibration.tile_work import BURST_WORDS, Array, TileWork


def overlapped_cycles(work: TileWork, words_per_cycle: float) -> Array:
    """The slower of array and DRAM, and a tile of the other: nothing overlaps with the first tile's way in and the last
    one's way out.

    Args:
        work: counts of B mappings.
        words_per_cycle: of DRAM, reads and writes together.

    Returns:
        Cycles (B,).
    """
    transfers = (work.input_bursts + work.weight_bursts + work.output_bursts) * (BURST_WORDS / words_per_cycle)
    slower, faster = np.maximum(work.array_cycles, transfers), np.minimum(work.array_cycles, transfers)
    return np.asarray(slower + faster / work.tiles)
