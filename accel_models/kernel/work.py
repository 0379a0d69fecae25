"""The scratch memory of one mapping: what one evaluation reads and writes, passed on as one pointer.

Passing arrays one by one costs more than using them. Section numbers are those of ``docs/cost_model.md``.

A column of ``chain`` belongs to a dim, so that all eight are computed in step: row 0 is its bound, row ``2l + 1`` its
extent below the temporal loops of level ``l``, row ``2l + 2`` below its fan-out; ``TRIPS + k`` and ``WIDTH + k`` hold
the products of its temporal and of its spatial trips over the levels ``< k``, ``SPREAD + l`` the spatial trips of level
``l`` alone, ``BACK + k`` how far its first and its last piece lie apart over the temporal loops of levels ``< k``,
``EVEN`` whether every tile divides. The *cut* ``k`` of a dim says that its temporal loops of levels ``< k`` lie outside
the loop at hand, the others inside. A range ``lo, hi`` says which spatial levels are summed over; in the others only
the first instance counts (it has work whenever any has).
"""

from __future__ import annotations

import numpy as np
from numba import from_dtype, int64, types

from accel_models.codes import LEVEL_COLUMNS, MACHINE_COLUMNS, MOST_LEVELS

MOST_CUTS = MOST_LEVELS + 6  # temporal ones of every level, spatial ones of every memory
# Rows of the chain, and sizes of the lists of pieces: a cut adds at most one size of piece.
TRIPS = 2 * MOST_LEVELS + 1
WIDTH = TRIPS + MOST_LEVELS + 1
SPREAD = WIDTH + MOST_LEVELS + 1
BACK = SPREAD + MOST_LEVELS
RAGGED, EVEN, CUT, FACTOR, CHAIN_ROWS = (BACK + MOST_LEVELS + 1 + row for row in range(5))
LIST_ROWS = 2048
WINDOW_ROWS = 128
MOVES = 2048  # a row for each size, kind of step (2) and level of the last piece, of full instances and a cut one
PIECES = MOST_CUTS + 2
STALE = -1
STEPS = PIECES  # the row of ``pieces`` that holds (number of sizes, sum of multiplicities)

# One mapping's scratch memory, passed from function to function as one pointer.
WORK_DTYPE = np.dtype(
    [
        ("levels", np.int64),
        ("too_many", np.int64),  # 1 once a count would have to look at too many pieces one by one
        ("bounds", np.int64, (8,)),
        ("tile", np.int64, (MOST_LEVELS, 8)),
        ("part", np.int64, (MOST_LEVELS, 8)),
        ("order", np.int64, (MOST_LEVELS, 8)),
        ("axis", np.int64, (MOST_LEVELS, 8)),
        ("keep", np.int64, (MOST_LEVELS, 3)),
        ("chain", np.int64, (CHAIN_ROWS, 8)),
        ("geometry", np.int64, (4,)),
        ("bits", np.float64, (4,)),
        ("whole", np.int64, (3,)),  # words of each tensor by its plain dims
        ("loops", np.int64, (8 * MOST_LEVELS + 1,)),  # dim | level << 3, outermost first
        ("begin", np.int64, (MOST_LEVELS + 1,)),  # how many of them stand outside each level
        ("spread", np.int64, (MOST_LEVELS,)),  # not 0 where a level has a fan-out in use
        ("fans", np.int64, (MOST_LEVELS + 1,)),  # how many such levels lie above each
        ("instances", np.int64, (MOST_LEVELS + 1,)),
        ("differ", np.int64, (MOST_LEVELS + 1,)),  # 1 where instances do not all work on the same sizes
        ("summed", np.int64, (MOST_LEVELS + 1,)),  # the row of ``steps`` for each ``hi``
        ("steps", np.int64, (MOST_LEVELS + 1, MOST_LEVELS + 1, 8)),
        ("words", np.int64, (MOST_LEVELS, 3)),  # of the tiles of each level
        ("memory", np.int64, (MOST_LEVELS,)),  # the first level that shares a level's memory
        ("taken", np.float64, (MOST_LEVELS,)),  # words that are held in a memory
        ("lists", np.int64, (2, LIST_ROWS, 4)),
        ("pieces", np.int64, (8, MOST_LEVELS + 1, MOST_LEVELS + 1, PIECES + 1, 2)),
        ("moves", np.int64, (2, MOVES, 4)),
        ("kinds", np.int64, (2, WINDOW_ROWS, 3)),
        ("children", np.int64, (2, WINDOW_ROWS, 4)),
        ("edges", np.int64, (2, 4 * WINDOW_ROWS)),
        ("index", np.int64, (2, 2 * MOST_LEVELS + 2)),
        ("hardware", np.float64, (MOST_LEVELS, LEVEL_COLUMNS)),
        ("machine", np.float64, (MACHINE_COLUMNS,)),
        ("can_keep", np.int64, (MOST_LEVELS, 3)),
        ("limited", np.int64, (MOST_LEVELS,)),  # 1 where a bandwidth of the level is finite
        ("flow", np.int64, (4,)),
        ("most", np.float64, (4,)),
        ("busy", np.float64, (MOST_LEVELS, 2)),  # of memories, by their first level
        ("counts", np.int64, (MOST_LEVELS, 3, 3)),
        ("level_cycles", np.float64, (MOST_LEVELS,)),
        ("totals", np.float64, (7,)),
    ],
    align=True,
)
WORK = from_dtype(WORK_DTYPE)
PAIR = types.UniTuple(int64, 2)
TABLE = int64[:, ::1]


def new_work(n: int) -> np.recarray:
    """Scratch memory for ``n`` threads."""
    return np.zeros(n, dtype=WORK_DTYPE).view(np.recarray)
