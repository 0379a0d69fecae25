"""How long a group takes, tile by tile, and what its transfers cost.

DRAM works while the chip computes, as for a layer alone: while a tile runs, what the next one reads from outside comes
in and what the last one made for outside goes out, so a tile takes a *slot* as long as the slower of

- its layers, one after the other, each as long as the cost model says of its pieces;
- the transfers of the slot over DRAM's bandwidth;
- all that the shared memory reads and writes in it, over that memory's bandwidth.

Before the first slot the first tile comes in, after the last one the last goes out. Resident weights come in while the
first tile runs, in the order of its layers: a layer waits for its own. Streamed weights come in slices: a layer waits
for the first, and each next one comes in while one runs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Level

Floats = NDArray[np.float64]


def bandwidths(level: Level) -> Floats:
    """(3,) words a cycle that a memory reads, writes, and does both: what the compiled code knows of it."""
    return np.array([level.read_bandwidth, level.write_bandwidth, level.shared_bandwidth], dtype=np.float64)


def loading(dram: Level, words: Floats) -> Floats:
    """Cycles that so many words of weights take to come in."""
    return words / min(dram.read_bandwidth, dram.shared_bandwidth)
