"""The numbers that stand for dims, tensors, columns, conventions and answers wherever compiled code reads them."""

from __future__ import annotations

import numpy as np

from accel_models.axes import AXIS_SETS

N, G, K, C, P, Q, R, S = 0, 1, 2, 3, 4, 5, 6, 7
W, I, O = 0, 1, 2
PSUM = 3  # the width of a partial sum, behind those of the tensors
# What is counted of a tensor at a level.
READS, FILLS, UPDATES = 0, 1, 2

# What an evaluation answers: the lowest byte of a status code.
OK = 0
BAD_TILE = 1
BAD_ORDER = 2
AXIS_OVERFLOW = 3
CAPACITY = 4
NOT_KEPT = 5
AXIS_DIM = 6
TOO_MANY = 7

MOST_PIECES = 1 << 24
"""Pairs of pieces of a ragged window that one count may look at one by one; a mapping that takes more is refused."""
MOST_PLACES = 1 << 20
"""Pieces, or instances, that one count may list."""

# Which dims move which tensor, in the order N G K C P Q R S: 0 not at all, 1 by whole pieces, 2 as a sliding window.
DEPENDS = np.array(
    [
        [0, 1, 1, 1, 0, 0, 1, 1],
        [1, 1, 0, 1, 2, 2, 2, 2],
        [1, 1, 1, 0, 1, 1, 0, 0],
    ],
    dtype=np.int64,
)

# Columns of a level's row in the hardware table; partitions and axes take three each, least bits one for every width.
(
    CAPACITY_WORDS,
    WORD_BITS,
    BUFFERS,
    READ_BANDWIDTH,
    WRITE_BANDWIDTH,
    SHARED_BANDWIDTH,
    READ_PJ,
    WRITE_PJ,
    NETWORK_PJ,
    PARTITION_W,
    PARTITION_I,
    PARTITION_O,
    AXIS_SIZE,
    AXIS_DIMS,
    MEMORY,
    LEAST_BITS,
) = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 18, 19)
LEVEL_COLUMNS = 23
# Columns of a machine's row.
MAC_PJ, STATIC_PJ_PER_CYCLE = 0, 1
MACHINE_COLUMNS = 2

# What the latency counts and what a drain costs, as bits of a convention.
FILL_AND_DRAIN = 1
DRAIN_READS = 2
SYSTOLIC = 4

# What binds, where no level does.
COMPUTE = -1

# The axes that run a dim, by the number of their set, a bit each.
AXES_OF = np.array([sum(1 << axis for axis in axes) for axes in AXIS_SETS], dtype=np.int64)

# Levels of a nest: up to 6 memories, each perhaps as one level for each tensor.
MOST_LEVELS = 16
