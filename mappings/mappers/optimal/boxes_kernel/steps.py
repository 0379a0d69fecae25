"""What the array is sent at least, whatever the shared memory holds (``docs/mapping.md``, "Ragged tiles").

From one step of an element to its next, loops over N, P and Q alone leave its weights in place, those over C, R and S
its outputs, and no other step leaves both of two tensors in place. So in each step two of the three tensors move, or
inputs move by what a window moves at least; and a step that multiplies ``m`` operands moves ``m / (n p q)`` weights,
``m / (c r s)`` outputs, where a part is as large as ``n``, ``p``, ... .
"""

from __future__ import annotations

import numpy as np
from numba import float64

from accel_models.codes import PSUM, C, G, I, K, N, O, P, Q, R, S, W
from accel_models.compiled import inside
from mappings.mappers.optimal.boxes_kernel.capacity import joint_excess, sums_width, tile_words
from mappings.mappers.optimal.boxes_kernel.state import BOUNDS, BOX, LOCAL, PART_HI, PART_LO, SHARED, TRIPLE


@inside(float64(BOUNDS, float64[::1], float64, float64, float64))
def _least(w, reuse, weights, inputs, outputs):
    """The least of all steps for prices of a word of each tensor that an element gets.

    Args:
        reuse: how many operands a word is for, at most: weights, outputs, inputs where weights stay, inputs where
            outputs stay; then the most of products: of outputs with inputs, weights with inputs, weights with outputs.
    """
    weights, outputs = weights / reuse[0], outputs / reuse[1]
    beside_weights, beside_outputs = inputs / reuse[2], inputs / reuse[3]
    x, y, u, v = 1.0 / reuse[0], 1.0 / reuse[1], 1.0 / reuse[2], 1.0 / reuse[3]
    first = beside_weights + outputs + joint_excess(beside_weights / u, u, outputs / y, y, 1.0 / reuse[4])
    second = weights + beside_outputs + joint_excess(weights / x, x, beside_outputs / v, v, 1.0 / reuse[5])
    third = weights + outputs + joint_excess(weights / x, x, outputs / y, y, 1.0 / reuse[6])
    return w.macs * min(first, second, third)


@inside(TRIPLE(BOUNDS, BOX), allocates=True)
def least_steps(w, b):
    """Energy of what crosses into the array at least; words that the shared memory reads for it, and reads and writes.

    Sums that come back and go up again are among the words, outputs as they go up first are not.
    """
    word, low = w.word[LOCAL], PART_LO
    most, wide = b[:, PART_HI].astype(np.float64), word[sums_width(w, b, LOCAL)]
    held_w, held_i = tile_words(w, b, W, low) * word[W], tile_words(w, b, I, low) * word[I]
    held_o, room = tile_words(w, b, O, low) * wide, w.capacity[LOCAL]
    of_w, of_i, of_o = room - held_i - held_o, room - held_w - held_o, room - held_w - held_i
    groups, filters = float(b[G, low]), float(b[G, low] * b[K, low])
    rows, columns = min(most[P], most[R]), min(most[Q], most[S])
    taps, plane = most[R] * most[S], most[P] * most[Q]
    reuse = np.empty(7)
    reuse[0] = min(most[N] * plane, of_o / (wide * filters))
    reuse[1] = min(most[C] * taps, of_w / (word[W] * filters))
    reuse[2] = min(most[K] * max(most[R] * columns, most[S] * rows), of_w / (word[W] * groups * b[C, low]))
    reuse[3] = min(most[K] * max(most[P] * columns, most[Q] * rows), of_o / (wide * groups * b[N, low]))
    reuse[4] = of_w / (word[W] * groups) * taps
    reuse[5] = of_o / (wide * groups) * plane
    reuse[6] = of_i / (word[I] * groups) * rows * columns
    width = w.width_hi
    sharing_w, sharing_o = float(width[N] * width[P] * width[Q]), float(width[C] * width[R] * width[S])
    sharing_i = float(width[K] * width[P] * width[Q] * width[R] * width[S])
    sent, got, above = w.sent_pj[LOCAL], w.got_pj[LOCAL], w.word[SHARED]
    energy_pj = _least(
        w, reuse, got[W] + sent[W] / sharing_w, got[I] + sent[I] / sharing_i,
        got[O] + w.again_pj[LOCAL] + sent[O] / sharing_o,
    )  # fmt: skip
    energy_pj += w.outputs_pj[LOCAL] - w.words[O] * sharing_o * w.again_pj[LOCAL]
    weights, inputs, sums = above[W] / sharing_w, above[I] / sharing_i, above[PSUM] / sharing_o
    reads = _least(w, reuse, weights, inputs, sums) - w.words[O] * above[PSUM]
    both = _least(w, reuse, weights, inputs, 2 * sums) - 2 * w.words[O] * above[PSUM]
    return energy_pj, reads, both
