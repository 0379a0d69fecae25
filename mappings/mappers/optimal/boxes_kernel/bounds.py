"""A lower bound on the objective of every tiling in a box (``docs/mapping.md``, "Ragged tiles")."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64

from accel_models.codes import PSUM, C, G, I, K, N, O, P, Q, R, S, W
from accel_models.compiled import inside
from accel_models.kernel.tiles import window_length
from mappings.mappers.optimal.boxes_kernel.capacity import joint_excess, plain_words, tensions, tile_words
from mappings.mappers.optimal.boxes_kernel.pieces import ceil, describe
from mappings.mappers.optimal.boxes_kernel.state import (
    BOUNDS,
    BOX,
    DRAM,
    JOINT_HI,
    JOINT_LO,
    LOCAL,
    MOVES,
    PART_LO,
    SHARED,
    TILE_HI,
    TILE_LO,
)
from mappings.mappers.optimal.boxes_kernel.steps import least_steps
from mappings.mappers.optimal.boxes_kernel.ways import (
    I_GOT,
    I_SENT,
    I_SLACK,
    MORE,
    MORE_GOT,
    O_GOT,
    O_GOT_STILL,
    O_SENT,
    O_SENT_STILL,
    W_GOT,
    W_GOT_STILL,
    W_SENT,
    W_SENT_STILL,
    list_ways,
    product,
)
from mappings.mappers.optimal.boxes_kernel.windows import P_SHARED, R_SHARED, SENT_LEAST, list_windows, window_area
from mappings.mappers.optimal.kernel.objective import objective_of

# More trips than that of an output are several, whatever rounding does.
ONCE = 1 + 1e-9


@inside(float64(BOUNDS, BOX))
def _fill_and_drain(w, b):
    """Cycles to fill the first tiles and drain the last, at least."""
    if not w.fills:
        return 0.0
    total = 0.0
    for t in (W, I):
        tile, part = tile_words(w, b, t, TILE_LO), tile_words(w, b, t, PART_LO)
        if not w.at_home:
            total += max(tile * w.word[DRAM, t] / w.read[DRAM], tile * w.word[SHARED, t] / w.write[SHARED])
        sent = plain_words(b, t, JOINT_LO)
        if t == I:
            for axis in range(2):
                stride, dilation = w.geometry[axis], w.geometry[axis + 2]
                outputs, taps = b[P + axis, JOINT_LO], b[R + axis, JOINT_LO]
                if (w.axis[P + axis] == 1 and w.axis[R + axis] == 1) or (dilation == 1 and taps >= stride):
                    sent *= window_length(stride, outputs, dilation, taps)
                else:
                    sent *= outputs + taps - 1
        total += max(sent * w.word[SHARED, t] / w.read[SHARED], part * w.word[LOCAL, t] / w.write[LOCAL])
    tile, joint, part = 1.0, 1.0, 1.0
    for d in (N, G, K, P, Q):
        x = b[d]
        if x[TILE_LO] == x[TILE_HI] and x[JOINT_LO] == x[JOINT_HI]:
            last = w.bound[d] - (ceil(w.bound[d], x[TILE_LO]) - 1) * x[TILE_LO]
            tile *= last
            last -= (ceil(last, x[JOINT_LO]) - 1) * x[JOINT_LO]
            joint *= last
            part *= min(x[PART_LO], last)
    if not w.at_home:
        total += max(tile * w.word[DRAM, O] / w.write[DRAM], tile * w.word[SHARED, PSUM] / w.read[SHARED])
    return total + max(joint * w.word[SHARED, O] / w.write[SHARED], part * w.word[LOCAL, PSUM] / w.read[LOCAL])


@inside(float64(BOUNDS, int64, int64))
def _shared_inputs(w, stays, head):
    """Rows times columns that the block outside the shared memory brings.

    N, P and Q stand innermost where W stays, C, R and S where O does, K where I does; only ``head`` of them, if given.
    """
    words = np.inf
    whole = w.whole_shared[0] * w.whole_shared[1]
    for kind in (P_SHARED, R_SHARED):
        plain, first = (N, P) if kind == P_SHARED else (C, R)
        if (kind == P_SHARED and stays == O) or (kind == R_SHARED and stays == W):
            continue
        if stays != I and w.tiles_hi[plain] > 1 and head in (-1, plain):
            words = min(words, whole)
        for axis in range(2):
            d = first + axis
            if w.tiles_hi[d] == 1:
                continue
            if stays == I:
                words = min(words, w.rows[axis, kind, SENT_LEAST] * w.whole_shared[1 - axis])
            elif head < 0:
                words = min(words, window_area(w, axis, kind, kind, False, 0.0 if w.tiles_lo[plain] > 1 else 1.0))
            elif head == d:
                words = min(words, w.rows[axis, kind, SENT_LEAST] * w.whole_shared[1 - axis])
    if stays == I:
        words = min(words, whole)
    return words


@inside(float64(BOUNDS, int64, int64))
def _rest_of(w, stays, head):
    """Fewest trips of a loop that leaves a tensor in place, other than ``head``; ``inf`` if there is none."""
    least = np.inf
    for d in range(8):
        if d != head and not MOVES[stays, d] and w.tiles_hi[d] > 1:
            least = min(least, float(max(w.tiles_lo[d], 2)))
    return least


@inside(boolean(BOUNDS, int64))
def _idle(w, t):
    """Whether elements may have no work in some tile of the shared memory, and then keep what they hold of a tensor."""
    idle = 0
    for d in range(8):
        if MOVES[t, d]:
            idle += w.idle[d]
    return idle > 0


@inside(boolean(BOUNDS))
def _gaps(w):
    """Whether a tile of the shared memory may hold inputs that no element wants."""
    for axis in range(2):
        outputs, taps = w.bound[P + axis], w.bound[R + axis]
        stride, dilation = w.geometry[axis], w.geometry[axis + 2]
        if outputs > 1 and stride > 1 and (stride > taps or w.tiles_hi[R + axis] > 1):
            return True
        if taps > 1 and dilation > 1:
            return True
    return False


@inside(float64(BOUNDS, BOX))
def bound(w, b):
    """A lower bound on the objective of every tiling in a box, under every order of loops.

    Leaves energies of what crosses into the shared memory and into the array in ``outer_pj`` and ``inner_pj``.
    """
    describe(w, b)
    list_windows(w, b, 0)
    list_windows(w, b, 1)
    ways = list_ways(w, b)
    compute = 1.0
    for d in range(8):
        compute *= w.steps[d]
    plain = float(w.bound[N] * w.bound[G] * w.bound[C])
    least_inputs = plain * w.touched[0] * w.touched[1]
    gaps = _gaps(w)
    idle_w, idle_i, idle_o = _idle(w, W), _idle(w, I), _idle(w, O)
    shares = product(w.width_hi, C, R, S)
    fixed = w.fixed_pj - min(w.macs, w.words[O] * shares) * w.sum_pj
    fill = _fill_and_drain(w, b)
    least_pj, least_reads, least_both = least_steps(w, b)
    tension = tensions(w, b, SHARED, TILE_LO)
    images, sums, filters = product(w.tiles_lo, N, P, Q), product(w.tiles_lo, C, R, S), float(w.tiles_lo[K])
    first_images, first_sums = product(w.first_parts, N, P, Q), product(w.first_parts, C, R, S)
    wide_images, wide_sums = product(w.width_lo, N, P, Q), product(w.width_lo, C, R, S)
    array, back = w.sent_pj[LOCAL], w.got_pj[LOCAL]
    into_w = w.sent_pj[SHARED, W] + w.got_pj[SHARED, W]
    into_i = w.sent_pj[SHARED, I] + w.got_pj[SHARED, I]
    into_o = w.sent_pj[SHARED, O] + w.got_pj[SHARED, O]
    best = np.inf
    for order in range(9):
        # N, P, Q inside all other loops of the outer block (0), or some of them with N, P or Q innermost (1 to 3); the
        # same of C, R, S (4 to 7); K innermost, or no loop (8).
        stays = W if order < 4 else (O if order < 8 else I)
        head = -1
        if 0 < order < 4:
            head = N if order == 1 else P + order - 2
        elif 4 < order < 8:
            head = C if order == 5 else R + order - 6
        rest = 1.0
        if stays != I:
            if head >= 0 and w.tiles_hi[head] == 1:
                continue
            rest = _rest_of(w, stays, head)
            if rest == np.inf:
                continue
            if head < 0:
                rest = 1.0
        weights = w.words[W] * (rest if stays == W else images)
        outputs = w.words[O] * (rest if stays == O else sums)
        inputs = max(least_inputs, plain * _shared_inputs(w, stays, head) * (1.0 if stays == I else filters))
        again = outputs - w.words[O]
        outer_pj = weights * into_w + inputs * into_i + outputs * into_o + w.outputs_pj[SHARED]
        if stays == O:
            outer_pj += joint_excess(w.words[W] * into_w, images, inputs * into_i / filters, filters, tension[0])
        elif stays == W:
            outer_pj += joint_excess(w.words[O] * into_o, sums, inputs * into_i / filters, filters, tension[1])
        else:
            outer_pj += joint_excess(w.words[W] * into_w, images, w.words[O] * into_o, sums, tension[2])
        reads = weights * w.word[DRAM, W] + inputs * w.word[DRAM, I] + again * w.word[DRAM, PSUM]
        writes = again * w.word[DRAM, PSUM] + w.words[O] * w.word[DRAM, O]
        dram = max(reads / w.read[DRAM], writes / w.write[DRAM], (reads + writes) / w.together[DRAM])
        filled = weights * w.word[SHARED, W] + inputs * w.word[SHARED, I] + again * w.word[SHARED, PSUM]
        if w.at_home:
            dram = filled = 0.0
        still_w, still_got_w = (1.0, wide_images) if stays == W or idle_w else (images, first_images)
        still_o, still_got_o = (1.0, wide_sums) if stays == O or idle_o else (sums, first_sums)
        floor_w, floor_o = w.words[W] if idle_w else weights, w.words[O] if idle_o else outputs
        floor_i = least_inputs if gaps or idle_i else inputs
        for i in range(ways):
            way = w.way[i]
            sent_w = max(floor_w, w.words[W] * (way[W_SENT] + way[W_SENT_STILL] * still_w))
            got_w = max(sent_w, w.words[W] * (way[W_GOT] + way[W_GOT_STILL] * still_got_w))
            sent_o = max(floor_o, w.words[O] * (way[O_SENT] + way[O_SENT_STILL] * still_o))
            if w.finished and sent_o > w.words[O] * ONCE:
                continue
            got_o = max(sent_o, w.words[O] * (way[O_GOT] + way[O_GOT_STILL] * still_got_o))
            sent_i = max(floor_i, way[I_SENT])
            got_i = max(sent_i, way[I_GOT])
            returned = sent_o - w.words[O]
            inner_pj = sent_w * array[W] + got_w * back[W] + sent_i * array[I] + got_i * back[I]
            inner_pj += sent_o * array[O] + got_o * back[O] + w.outputs_pj[LOCAL]
            inner_pj += max(got_o - w.words[O] * shares, returned, 0.0) * w.again_pj[LOCAL]
            # The bound on inputs may be above what their trips say already.
            inner_pj += max(0.0, way[MORE] - way[I_SLACK] * (sent_i - way[I_SENT]) * array[I])
            inner_pj += max(0.0, way[MORE_GOT] - way[I_SLACK] * (got_i - way[I_GOT]) * back[I])
            inner_pj = max(inner_pj, least_pj)
            reads = sent_w * w.word[SHARED, W] + sent_i * w.word[SHARED, I] + returned * w.word[SHARED, PSUM]
            reads = max(reads, least_reads)
            if w.drain_reads and not w.at_home:
                reads += outputs * w.word[SHARED, PSUM]
            writes = filled + returned * w.word[SHARED, PSUM] + w.words[O] * w.word[SHARED, O]
            both = max(reads + writes, least_both + filled + w.words[O] * w.word[SHARED, O])
            busy = max(reads / w.read[SHARED], writes / w.write[SHARED], both / w.together[SHARED])
            score = objective_of(w, fixed + outer_pj + inner_pj, max(compute, dram, busy) + fill)
            if score < best:
                best = score
                w.outer_pj, w.inner_pj = outer_pj, inner_pj
    return best
