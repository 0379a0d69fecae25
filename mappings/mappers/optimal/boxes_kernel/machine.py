"""A problem put on a machine: its axes, its words, and what every word that moves costs; bounds without a search."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.codes import (
    AXIS_DIMS,
    AXIS_SIZE,
    BUFFERS,
    CAPACITY_WORDS,
    MAC_PJ,
    NETWORK_PJ,
    PSUM,
    READ_BANDWIDTH,
    READ_PJ,
    SHARED_BANDWIDTH,
    STATIC_PJ_PER_CYCLE,
    WRITE_BANDWIDTH,
    WRITE_PJ,
    C,
    I,
    O,
    P,
    Q,
    R,
    S,
    W,
)
from accel_models.compiled import entry, inside
from accel_models.kernel.tiles import words_of_element
from mappings.mappers.optimal.boxes_kernel.bounds import bound
from mappings.mappers.optimal.boxes_kernel.capacity import shrink
from mappings.mappers.optimal.boxes_kernel.state import BOUNDS, LOCAL, SHARED, TILE_LO


@inside(types.void(BOUNDS, float64[:, ::1], float64[::1], float64[::1], boolean))
def _put_on(w, levels, machine, bits, square):
    """Everything that depends on the machine."""
    w.axis[:] = 1
    for a in range(3):
        dims = int64(levels[SHARED, AXIS_DIMS + a])
        for d in range(8):
            if levels[SHARED, AXIS_SIZE + a] > 1 and (dims >> d) & 1:
                w.axis[d] = min(int64(levels[SHARED, AXIS_SIZE + a]), w.bound[d])
    w.square = int64(square and w.axis[P] == w.axis[Q] and w.axis[R] == w.axis[S])
    for level in range(3):
        for t in range(4):
            w.word[level, t] = words_of_element(levels[level], bits[t], t)
        w.capacity[level] = levels[level, CAPACITY_WORDS] / levels[level, BUFFERS]
        w.read[level], w.write[level] = levels[level, READ_BANDWIDTH], levels[level, WRITE_BANDWIDTH]
        w.together[level] = levels[level, SHARED_BANDWIDTH]
    _price(w, LOCAL, levels)
    if not w.at_home:
        _price(w, SHARED, levels)
        # Into the shared memory, all but the first sums come back.
        w.got_pj[SHARED, O] += w.again_pj[SHARED]
        w.outputs_pj[SHARED] -= w.words[O] * w.again_pj[SHARED]
    words, read, write = w.word[LOCAL], levels[LOCAL, READ_PJ], levels[LOCAL, WRITE_PJ]
    w.sum_pj = words[PSUM] * read
    product_word = words[PSUM] if w.bound[C] * w.bound[R] * w.bound[S] > 1 else words[O]
    operands = (words[W] + words[I]) * read
    wires = (words[W] + words[I] + words[PSUM]) * levels[LOCAL, NETWORK_PJ]
    w.fixed_pj = w.macs * (machine[MAC_PJ] + operands + w.sum_pj + product_word * write + wires)
    w.static_pj = machine[STATIC_PJ_PER_CYCLE]


@inside(types.void(BOUNDS, int64, float64[:, ::1]))
def _price(w, c, levels):
    """Energy of a word sent to a level and of a word that it got."""
    p = c - 1
    above, below, network = w.word[p], w.word[c], levels[p, NETWORK_PJ]
    for t in (W, I):
        w.sent_pj[c, t] = above[t] * levels[p, READ_PJ]
        w.got_pj[c, t] = below[t] * levels[c, WRITE_PJ] + above[t] * network
    w.sent_pj[c, O] = above[PSUM] * (levels[p, WRITE_PJ] + levels[p, READ_PJ])
    w.got_pj[c, O] = above[PSUM] * network
    if w.drain_reads:
        w.got_pj[c, O] += below[PSUM] * levels[c, READ_PJ]
    w.again_pj[c] = below[PSUM] * levels[c, WRITE_PJ] + above[PSUM] * network
    # Every output is written once at its own width, and its first sum is not read.
    first = above[PSUM] * levels[p, READ_PJ]
    w.outputs_pj[c] = w.words[O] * ((above[O] - above[PSUM]) * levels[p, WRITE_PJ] - first)


@entry(types.void(BOUNDS[::1], int64[::1], float64[:, ::1], float64[::1], float64[:, ::1], boolean[::1]))
def put_on(problems, chosen, levels, machine, bits, square):
    """Let some problems be those on a machine.

    Args:
        problems: whose layers are known; chosen: places of those that are put.
        levels, machine: rows of a :class:`accel_models.tables.AcceleratorTable`, those of three levels; nothing is read
            of the first for problems whose tensors are at home in the second.
        bits: (n, 4) of W, I, O and a partial sum.
        square: (n,) whether rows and columns of each layer can change places.
    """
    for i in chosen:
        _put_on(problems[i], levels, machine, bits[i], square[i])


@entry(types.void(BOUNDS[::1], int64[::1], int64[:, :, ::1], float64[::1]))
def root_bounds(problems, chosen, boxes, keys):
    """Put down the boxes of all tilings of some problems, without what does not fit, and their bounds.

    Args:
        boxes: int64 (at least n, 8, 6). keys: (at least n,) infinite where no tiling fits.
    """
    for i in range(len(chosen)):
        w, box = problems[chosen[i]], boxes[i]
        for d in range(8):
            for what in range(3):
                box[d, 2 * what] = 1
                box[d, 2 * what + 1] = w.bound[d]
            if w.at_home:
                box[d, TILE_LO] = w.bound[d]
        keys[i] = bound(w, box) if shrink(w, box) else np.inf
