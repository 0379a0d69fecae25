"""The memory of one search: problem, case, chain, bounds and the best so far (``docs/mapping.md``, "Labels").

One *case* is a choice of spatial loops and of which level keeps which tensor. Below level ``k`` the loops of *block*
``k`` run; ``n[k][d]`` are the temporal trips of dim ``d`` over the blocks ``< k``, so ``n[0] = 1``, ``n[k]`` divides
``n[k+1]``, and ``n[L]`` is the case's temporal *budget* (bound over spatial trips). Level ``k`` holds the tile
``hold[k] = bound / (trips n[k] x spatial trips above)``. All levels so share one lattice: the divisors of the budget.

A flow is what one tensor sends from a level to the next inner level that keeps it, in two numbers: words read by the
parents (``sent``) and words received by all children (``got``). Both are a constant of the case times a *multiplier*:
trips of loops the tensor does not depend on, and for inputs the lengths of moving windows as well.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import float64, from_dtype, int8, int64, types
from numba.core import config

from accel_models.codes import LEVEL_COLUMNS, MOST_LEVELS, C, K, N, P, Q, R, S

NOBODY = 3
EDP, LATENCY, ENERGY = 0, 1, 2
MOST_DIVISORS = 256
# Pairs of divisors of one number that are a prime apart: no number with so many divisors has more.
MOST_RISES = 1024
MOST_PATTERNS = 256
# Columns of a flow's coefficients: energy per sent, per got, constant; then slope and constant of what the flow adds
# to the parent's reads and writes (by sent) and to the child's (by got), in words of the busiest instance.
E_SENT, E_GOT, E_FIXED, P_READ, P_READ_FIXED, P_WRITE, P_WRITE_FIXED, C_READ, C_READ_FIXED, C_WRITE, C_WRITE_FIXED = (
    range(11)
)
COEFFICIENTS = 11
# Rows of a level's table over the lattice: its own bounds, and the least of all levels inside it.
OWN_PJ, OWN_CYCLES, OWN_FILL, OWN_OUTER, INNER_PJ, INNER_CYCLES, INNER_FILL, INNER_OUTER = range(8)
# Relative slack of float comparisons: a node within it of the best cannot beat it by more than rounding.
SLACK = 1e-12
# How the orders of a block differ: to which tensor the innermost loop is of no account.
STAY_W, STAY_O, STAY_I = 0, 1, 2
# Nodes looked at for each level before there is any mapping to beat.
FIRST_NODES = 16
# Depth of a case whose root was not looked at.
NOT_BEGUN = -1
# What run_case answers where the children of a label have no room.
NO_ROOM = 2
# Labels remembered for each node of a level.
SLOTS = 8
# Columns of a remembered label before those of its ports, three for each level: energy, fill, what stays of W, O and I
# (sent and got), words that the memory holds so far with final and with partial sums, and those of the memory that
# awaits to know whether its sums are partial.
LABEL_COLUMNS = 9


def _permutations() -> np.ndarray:
    import itertools

    table = np.zeros((6, 120, 5), dtype=np.int64)
    for m in range(6):
        for i, order in enumerate(itertools.permutations(range(m))):
            table[m, i, :m] = order
    return table


PERMUTATIONS = _permutations()
# Dims (as bits) that do not move a tensor.
PASSIVE = np.array([1 << N | 1 << P | 1 << Q, 1 << K, 1 << C | 1 << R | 1 << S], dtype=np.int64)
FACTORIAL = np.array([1, 1, 2, 6, 24, 120], dtype=np.int64)

SEARCH_DTYPE = np.dtype(
    [
        # the problem
        ("levels", np.int64),
        ("objective", np.int64),
        ("convention", np.int64),
        ("bound", np.int64, (8,)),
        ("geometry", np.int64, (4,)),
        ("bits", np.float64, (4,)),
        ("hardware", np.float64, (MOST_LEVELS, LEVEL_COLUMNS)),
        ("memory", np.int64, (MOST_LEVELS,)),
        ("cycles_per_word", np.float64, (MOST_LEVELS, 3)),
        ("mac_pj", np.float64),
        ("static_pj", np.float64),
        ("low", np.int64, (MOST_LEVELS, 8)),
        ("high", np.int64, (MOST_LEVELS, 8)),
        ("rank", np.int64, (MOST_LEVELS, 8)),
        # the case
        ("keep", np.int64, (MOST_LEVELS, 3)),
        ("spatial", np.int64, (MOST_LEVELS, 8)),
        ("above", np.int64, (MOST_LEVELS + 1, 8)),
        ("parent", np.int64, (MOST_LEVELS + 1, 3)),
        ("flow", np.float64, (MOST_LEVELS, 3, COEFFICIENTS)),
        ("kind", np.int64, (8,)),
        ("apart", np.int64, (MOST_LEVELS + 1,)),
        ("combs", np.int64),
        ("fixed_pj", np.float64),
        ("fixed_busy", np.float64, (MOST_LEVELS, 2)),
        ("compute", np.float64),
        ("divisors", np.int64, (8, MOST_DIVISORS)),
        ("n_divisors", np.int64, (8,)),
        ("stride", np.int64, (8,)),
        ("nodes", np.int64),
        # pairs of places among the divisors of a dim, the second a prime times the first, the largest first ones first
        ("rises", np.int64, (8,)),
        ("rise_from", np.int16, (8, MOST_RISES)),
        ("rise_to", np.int16, (8, MOST_RISES)),
        # a walk over the lattice: places among the divisors, and the tile that each leaves to the level at hand
        ("digits", np.int64, (8,)),
        ("tile_at", np.int64, (8, MOST_DIVISORS)),
        # the chain at hand
        ("n", np.int64, (MOST_LEVELS + 1, 8)),
        ("hold", np.int64, (MOST_LEVELS + 1, 8)),
        ("trips", np.int64, (MOST_LEVELS, 8)),
        # what the bound of one flow found, by class
        ("class_pj", np.float64, (3,)),
        ("class_cycles", np.float64, (3,)),
        ("class_outer", np.float64, (3,)),
        ("class_sent", np.float64, (3,)),
        ("class_got", np.float64, (3,)),
        ("class_w", np.float64, (3,)),
        ("class_still", np.float64, (3,)),
        ("class_o", np.float64, (3,)),
        ("busy", np.float64, (MOST_LEVELS + 1, MOST_LEVELS, 2)),
        # orders of the chain at hand, innermost loop first
        ("pattern", np.int64, (MOST_LEVELS, MOST_PATTERNS, 8)),
        ("n_patterns", np.int64, (MOST_LEVELS,)),
        ("length", np.int64, (MOST_LEVELS,)),
        ("times_w", np.float64, (MOST_LEVELS, MOST_PATTERNS)),
        ("times_o", np.float64, (MOST_LEVELS, MOST_PATTERNS)),
        ("chosen", np.int64, (MOST_LEVELS,)),
        ("spacing", np.int64, (16,)),
        ("count", np.int64, (16,)),
        ("words", np.float64, (2,)),
        ("words_taken", np.float64, (MOST_LEVELS,)),
        ("free", np.int64, (8,)),
        ("mine", np.float64, (LABEL_COLUMNS + 3 * MOST_LEVELS,)),
        # the label at each depth: what the flows into the levels so far cost, and what they leave to those further in
        ("label_pj", np.float64, (MOST_LEVELS + 1,)),
        ("label_fill", np.float64, (MOST_LEVELS + 1,)),
        ("still_w", np.float64, (MOST_LEVELS + 1,)),
        ("still_o", np.float64, (MOST_LEVELS + 1,)),
        ("still_sent", np.float64, (MOST_LEVELS + 1,)),
        ("still_got", np.float64, (MOST_LEVELS + 1,)),
        # prices: a flow of multiplier m costs price_slope x m + price_base (inputs: by sent and by got)
        ("pj_price", np.float64),
        ("exchange", np.float64),
        ("price_slope", np.float64, (MOST_LEVELS, 3)),
        ("price_base", np.float64, (MOST_LEVELS, 3)),
        ("price_sent", np.float64, (MOST_LEVELS,)),
        ("price_got", np.float64, (MOST_LEVELS,)),
        ("next_level", np.int64, (MOST_LEVELS + 1, 3)),
        ("constrained", np.int64),
        ("slides", np.int64, (MOST_LEVELS,)),
        # the walk of depth-first search
        ("depth", np.int64),
        ("at", np.int64, (MOST_LEVELS + 1,)),
        ("children", np.int64, (MOST_LEVELS + 1,)),
        ("listed", np.int64, (MOST_LEVELS + 1,)),
        ("base_pj", np.float64, (MOST_LEVELS + 1,)),
        ("base_fill", np.float64, (MOST_LEVELS + 1,)),
        ("base_outer", np.float64, (MOST_LEVELS + 1,)),
        ("base_cycles", np.float64),
        # the best so far, over all cases
        ("best", np.float64),
        ("found", np.int64),
        ("best_n", np.int64, (MOST_LEVELS + 1, 8)),
        ("best_order", np.int64, (MOST_LEVELS, 8)),
        ("best_pj", np.float64),
        ("best_cycles", np.float64),
        ("case", np.int64),
        ("best_case", np.int64),
        ("evaluations", np.int64),
        ("pruned", np.int64),
        ("visited", np.int64),
    ],
    align=True,
)
SEARCH = from_dtype(SEARCH_DTYPE)
ALONE = SEARCH[::1]  # a search by itself, as :mod:`mappings.mappers.optimal.kernel.entries` hands it over


class Tables(NamedTuple):
    """Memory of one case, by level (L) and node of the lattice, or by child of the label at each level.

    Attributes:
        trips: (nodes, 8) of every node. room: (L, nodes), as :func:`memory_words_alone` has it.
        own: (L, 8, nodes), rows ``OWN_PJ`` to ``INNER_OUTER``; level 0 has products of trips, then a sum.
        inputs: (L, nodes) price of inputs into a level, loops over K in full.
        inside: (L, 8, nodes) price of all flows further in, by the tensors that stay put till their next level.
        by_price, prices: (L, nodes) the nodes of a level, those first that may be cheapest, and their prices.
        child_key, child_node, child_order, turn: (L, children) bound, node and packed order; sorted by ``turn``.
        seen: (L, nodes, slots, columns) labels visited; seen_count: (L, nodes) how many.
        scratch: (nodes,).
    """

    trips: Any
    room: Any
    own: Any
    inputs: Any
    inside: Any
    by_price: Any
    prices: Any
    child_key: Any
    child_node: Any
    child_order: Any
    turn: Any
    seen: Any
    seen_count: Any
    scratch: Any


INTS, FLOATS, FLAGS = int64[:, ::1], float64[:, ::1], int8[:, ::1]
TABLES = types.NamedTuple(
    (INTS, FLAGS, float64[:, :, ::1], FLOATS, float64[:, :, ::1], INTS, FLOATS,
     FLOATS, INTS, INTS, INTS, float64[:, :, :, ::1], FLAGS, float64[::1]),
    Tables,
)  # fmt: skip


def new_search() -> Any:
    """Memory of one search, its fields by item; as attributes only where kernels are not compiled, which is slow."""
    memory = np.zeros(1, dtype=SEARCH_DTYPE)
    return memory.view(np.recarray)[0] if config.DISABLE_JIT else memory[0]


def new_tables(levels: int, nodes: int, children: int) -> Tables:
    """Memory of one case."""
    ints, floats = (levels, nodes), (levels, nodes)
    return Tables(
        trips=np.empty((nodes, 8), dtype=np.int64),
        room=np.empty((levels, nodes), dtype=np.int8),
        own=np.empty((levels, 8, nodes)),
        inputs=np.empty(floats),
        inside=np.empty((levels, 8, nodes)),
        by_price=np.empty(ints, dtype=np.int64),
        prices=np.empty(floats),
        child_key=np.empty((levels, children)),
        child_node=np.empty((levels, children), dtype=np.int64),
        child_order=np.empty((levels, children), dtype=np.int64),
        turn=np.empty((levels, children), dtype=np.int64),
        seen=np.empty((levels, nodes, SLOTS, LABEL_COLUMNS + 3 * levels)),
        seen_count=np.zeros((levels, nodes), dtype=np.int8),
        scratch=np.empty(nodes),
    )
