"""The numbers of factors, groups of dims and answers."""

from __future__ import annotations

import numpy as np
from numba import int64

from accel_models.codes import C, G, K, N, P, R, S

# Factors of a node: what inputs send and get if rows (A) or columns (B) slide, else trips of loops that repeat the
# flow; words of the tile and of the first step; the least that inputs send and get; trips of reduction loops outside
# the next node of outputs.
SENT_A, SENT_B, GOT_A, GOT_B, TILE, FIRST, LEAST_SENT, LEAST_GOT, SUMS = range(9)
FACTORS = 9
# Groups of dims: each alone but for rows (P, R) and columns (Q, S), whose windows move together.
GROUPS = np.array([[N, -1], [G, -1], [K, -1], [C, -1], [P, R], [P + 1, S]], dtype=np.int64)
N_GROUPS = 6
ROWS, COLUMNS = 4, 5
ANY, NONE = -1, -2
DONE, OUT_OF_TIME = 0, 1

NUMBERS = int64[::1]
