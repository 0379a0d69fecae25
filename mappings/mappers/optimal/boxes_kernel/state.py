"""The memory of one problem: its figures, and those of the box at hand; ``docs/mapping.md``, "Ragged tiles".

A *tiling* gives every dim three numbers: the *tile* that the shared memory holds, the *joint* tile that all elements
hold together, and the *part* that one of them holds, part <= joint <= tile <= bound, joint <= axis x part. A *box* is a
range for each of them. Its bound takes numbers of pieces from the largest tiles and capacity from the smallest. For a
single tiling it is close to the cost under the best order of loops: of each block of loops only the innermost one (or
two) are told apart.

Where the shared memory is the home of all tensors (``at_home``: a machine of two levels), the tile is the whole layer
and nothing crosses into that memory. Where only ``finished`` outputs may go up to it, no output is sent twice.

A piece *rests* in a block if no loop of the block cuts it: the last piece of a ragged dim may, or what an element
holds that has no work in the last piece. ``share`` is how much of a dim's bound rests, at most.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, from_dtype, int64, types

from accel_models.codes import DEPENDS

DRAM, SHARED, LOCAL = 0, 1, 2
TILE_LO, TILE_HI, JOINT_LO, JOINT_HI, PART_LO, PART_HI = range(6)
MOVES = DEPENDS != 0
MOST_WAYS = 96

BOUNDS_DTYPE = np.dtype(
    [
        # the problem
        ("bound", np.int64, (8,)),
        ("axis", np.int64, (8,)),
        ("geometry", np.int64, (4,)),
        ("objective", np.int64),
        ("fills", np.int64),
        ("drain_reads", np.int64),
        ("square", np.int64),
        ("at_home", np.int64),
        ("finished", np.int64),
        ("word", np.float64, (3, 4)),
        ("capacity", np.float64, (3,)),
        ("sent_pj", np.float64, (3, 3)),
        ("got_pj", np.float64, (3, 3)),
        ("again_pj", np.float64, (3,)),
        ("outputs_pj", np.float64, (3,)),
        ("sum_pj", np.float64),
        ("fixed_pj", np.float64),
        ("static_pj", np.float64),
        ("read", np.float64, (3,)),
        ("write", np.float64, (3,)),
        ("together", np.float64, (3,)),
        ("macs", np.float64),
        ("words", np.float64, (3,)),
        ("touched", np.float64, (2,)),
        # the box at hand: tiles, joint tiles and parts of each dim, as few and as many as there can be
        ("tiles_lo", np.int64, (8,)),
        ("tiles_hi", np.int64, (8,)),
        ("joints_lo", np.int64, (8,)),
        ("joints_hi", np.int64, (8,)),
        ("parts_lo", np.int64, (8,)),
        ("parts_hi", np.int64, (8,)),
        ("first_parts", np.int64, (8,)),
        ("width_lo", np.int64, (8,)),
        ("width_hi", np.int64, (8,)),
        ("share", np.float64, (8,)),
        ("steps", np.float64, (8,)),
        ("loops", np.int64, (8,)),
        ("rests", np.int64, (8,)),
        ("idle", np.int64, (8,)),
        ("side", np.float64, (2, 15)),
        ("rows", np.float64, (2, 4, 8)),
        ("whole_shared", np.float64, (2,)),
        ("whole_sent", np.float64, (2,)),
        ("whole_got", np.float64, (2,)),
        ("way", np.float64, (MOST_WAYS, 13)),
        ("outer_pj", np.float64),
        ("inner_pj", np.float64),
        # the search: a cut under trial and the best one
        ("cut", np.int64, (4, 8, 6)),
        ("cut_bound", np.float64, (2,)),
        ("promise", np.float64, (24,)),
        ("rise", np.float64, (24, 2)),
        ("tried", np.int64, (24,)),
    ],
    align=True,
)
BOUNDS = from_dtype(BOUNDS_DTYPE)
BOX = int64[:, ::1]
TRIPLE = types.UniTuple(float64, 3)


def new_bounds(count: int = 1) -> Any:
    """Memory of so many problems."""
    return np.zeros(count, dtype=BOUNDS_DTYPE).view(np.recarray)
