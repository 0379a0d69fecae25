"""All groups that end with the same layer, in the same tiles, counted together.

What tiles make of a tensor inside a group, and how long it is alive, does not depend on where the group begins: a group
that begins a layer earlier adds that layer's own tensor, and what it reads from outside. So what is alive is a sum that
grows from the last layer upwards.
"""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int64, types

from accel_models.compiled import entry, inside
from accel_models.fusion.kernel.areas import alive
from accel_models.fusion.kernel.lines import LINES, make_once

DRAM, SHARED = 0, 1
FINISHED, UNFINISHED = 0, 1
"""What arrives of the tensor that is made: finished outputs, or sums that are not."""


@entry(
    int64(
        int64[::1], int64[::1], int64[::1], int64[::1], boolean[::1], float64[:, ::1], float64[:, ::1], float64[::1],
        LINES, LINES, LINES, int64[::1], boolean, LINES, LINES, LINES, int64[::1], boolean,
        float64, float64[:, :, :, ::1], float64[:, :, :, ::1], float64[:, :, ::1], boolean[::1],
    )
)  # fmt: skip
def count_tails(
    first_operand, operand, writes, born, leaves, made_words, read_words, sums,
    wanted, made, read, sizes, keep, wanted_across, made_across, read_across, sizes_across, beside,
    capacity, peaks, fetched, written, apart,
):  # fmt: skip
    """Count every group that ends with the last step, from the shortest on, until none fits.

    Args:
        first_operand, operand, writes, born, leaves: the longest group, as :class:`GroupArrays` has it.
        made_words: (2, tensors) words of DRAM and of the shared memory that a position takes which the group makes;
            ``read_words``: (2, operands) one that it fetches, as that operand has it.
        sums: (steps,) how many more words of the shared memory a position of what a step makes takes while its sums are
            not finished.
        wanted, made, read, sizes, keep: along rows, as :class:`AxisTiles` has it; then the same along columns.
        capacity: words of the shared memory.
        peaks: (steps, 2, steps, 2) to fill: by the first step of a group, whether tensors from outside are held or
            fetched again, step that runs, and what arrives: the most words alive.
        fetched: (steps, 2, 2, tiles) to fill: by first step, held or fetched again, words of DRAM and of the shared
            memory that each tile fetches; ``written``: (steps, 2, tiles) those that it writes.
        apart: (steps,) to fill: whether fetching again makes a difference.

    Returns:
        The first step of the longest group counted.
    """
    steps, down, across = len(writes), wanted.shape[1], wanted_across.shape[1]
    tiles, operands = down * across, len(operand)
    step_of = np.zeros(operands, dtype=np.int64)
    for step in range(steps):
        step_of[first_operand[step] : first_operand[step + 1]] = step
    most = 0
    for tensor in range(len(born)):
        most = max(most, len(_readers(operand, tensor, 0)))
    areas = np.empty((most + 3, tiles), dtype=np.int64)
    held, known = np.zeros((len(born), most + 3, tiles), dtype=np.int64), np.zeros(len(born), dtype=np.int64)
    lone, met = np.zeros((operands, 4, tiles), dtype=np.int64), np.zeros(operands, dtype=np.bool_)
    brought, brought_alone = np.zeros((len(born), tiles)), np.zeros((operands, tiles))
    wider = np.zeros((steps, tiles))
    total, before, now = np.zeros((steps, tiles)), np.zeros(tiles), np.zeros((steps, tiles))
    for begin in range(steps - 1, -1, -1):
        tensor = writes[begin]
        readers = _readers(operand, tensor, first_operand[begin + 1])
        alive(
            readers, wanted[tensor], made[tensor], read, sizes[tensor], keep,
            wanted_across[tensor], made_across[tensor], read_across, sizes_across[tensor], beside, areas,
        )  # fmt: skip
        own = len(readers) + (2 if leaves[tensor] else 1)
        for t in range(tiles):
            total[begin, t] = before[t] + made_words[SHARED, tensor] * areas[own, t]
            before[t] += made_words[SHARED, tensor] * areas[0, t]
        _add(total, begin + 1, readers, step_of, areas, made_words[SHARED, tensor])
        making = _positions(made[tensor], made_across[tensor], sizes[tensor], sizes_across[tensor])
        for level in range(2):
            for t in range(tiles):
                written[begin, level, t] = written[begin + 1, level, t] if begin + 1 < steps else 0.0
                if leaves[tensor]:
                    written[begin, level, t] += made_words[level, tensor] * making[t]
        for t in range(tiles):
            wider[begin, t] = sums[begin] * making[t]
        if begin == steps - 1:
            continue
        least = np.inf
        for again in range(2):
            if again and not apart[begin]:
                break
            now[begin:] = total[begin:]
            fetched[begin, again] = 0.0
            for source in range(len(born)):
                if born[source] >= begin:
                    continue
                readers = _readers(operand, source, first_operand[begin])
                if len(readers) > 1:
                    apart[begin] = True
                if again and len(readers) > 1:
                    for j in range(len(readers)):
                        o = readers[j]
                        if not met[o]:
                            met[o] = True
                            _outside(
                                readers[j : j + 1], read, sizes[source], keep,
                                read_across, sizes_across[source], beside, lone[o], brought_alone[o],
                            )  # fmt: skip
                        _hold(now, begin, readers[j : j + 1], step_of, lone[o], read_words[SHARED, o])
                        for level in range(2):
                            for t in range(tiles):
                                fetched[begin, again, level, t] += read_words[level, o] * brought_alone[o, t]
                elif len(readers) > 0:
                    if known[source] != len(readers):
                        known[source] = len(readers)
                        _outside(
                            readers, read, sizes[source], keep, read_across, sizes_across[source], beside,
                            held[source], brought[source],
                        )  # fmt: skip
                    _hold(now, begin, readers, step_of, held[source], _most(read_words[SHARED], readers))
                    for level in range(2):
                        words = _most(read_words[level], readers)
                        for t in range(tiles):
                            fetched[begin, again, level, t] += words * brought[source, t]
            highest = 0.0
            for step in range(begin, steps):
                finished, unfinished = 0.0, 0.0
                for t in range(tiles):
                    finished = max(finished, now[step, t])
                    unfinished = max(unfinished, now[step, t] + wider[step, t])
                peaks[begin, again, step, FINISHED] = finished
                peaks[begin, again, step, UNFINISHED] = unfinished
                highest = max(highest, finished)
            least = min(least, highest)
        if least > capacity:
            return begin
    return 0


@entry(
    types.void(
        float64[:, :, :, ::1], float64[:, :, :, ::1], float64[:, :, ::1], boolean[::1], float64[::1], float64[::1],
        boolean, float64[:, :, :, ::1],
    )
)  # fmt: skip
def count_words(peaks, fetched, written, apart, filters, weights, doubled, words):
    """Count the words of the shared memory that every group takes.

    Args:
        peaks, fetched, written, apart: of :func:`count_tails`.
        filters, weights: (steps,) words that one filter and all weights of each layer take.
        doubled: the ends have second buffers.
        words: (2, 2, steps, 2) to fill: by whether weights are resident and whether what arrives is finished, first
            step, and held or fetched again.
    """
    held = 0.0
    for begin in range(len(peaks) - 1, -1, -1):
        held += weights[begin]
        for again in range(2):
            ends = fetched[begin, again, SHARED].max() + written[begin, SHARED].max() if doubled else 0.0
            for arrives in range(2):
                resident, streamed = 0.0, 0.0
                for step in range(begin, len(peaks)):
                    alive = peaks[begin, again, step, arrives]
                    resident = max(resident, alive)
                    streamed = max(streamed, alive + filters[step] * (2 if doubled else 1))
                if again and not apart[begin]:
                    resident, streamed = np.inf, np.inf
                words[1, 1 - arrives, begin, again] = resident + held + ends
                words[0, 1 - arrives, begin, again] = streamed + ends


@inside(float64(float64[::1], int64[::1]))
def _most(figures, of):
    """The largest of some figures."""
    most = 0.0
    for number in of:
        most = max(most, figures[number])
    return most


@inside(int64[::1](int64[::1], int64, int64), allocates=True)
def _readers(operand, tensor, first):
    """(m,) the operands from ``first`` on that are a tensor."""
    count = 0
    for o in range(first, len(operand)):
        if operand[o] == tensor:
            count += 1
    found = np.empty(count, dtype=np.int64)
    count = 0
    for o in range(first, len(operand)):
        if operand[o] == tensor:
            found[count] = o
            count += 1
    return found


@inside(float64[::1](boolean[:, ::1], boolean[:, ::1], int64, int64), allocates=True)
def _positions(made, made_across, rows, columns):
    """(tiles,) positions that each tile makes."""
    across = np.zeros(len(made_across))
    for c in range(len(made_across)):
        for q in range(columns):
            across[c] += made_across[c, q]
    found = np.empty(len(made) * len(across))
    for r in range(len(made)):
        count = 0
        for q in range(rows):
            count += made[r, q]
        for c in range(len(across)):
            found[r * len(across) + c] = count * across[c]
    return found


@inside(types.void(float64[:, ::1], int64, int64[::1], int64[::1], int64[:, ::1], float64))
def _add(total, first, readers, step_of, areas, scale):
    """Add what is alive of a tensor while steps from ``first`` on run, by how many readers have still to read."""
    pending = len(readers)
    for step in range(first, len(total)):
        while pending > 0 and step_of[readers[len(readers) - pending]] < step:
            pending -= 1
        for t in range(total.shape[1]):
            total[step, t] += scale * areas[1 + pending, t]


@inside(types.void(float64[:, ::1], int64, int64[::1], int64[::1], int64[:, ::1], float64))
def _hold(total, begin, readers, step_of, areas, scale):
    """The same of a tensor from outside, which comes when its first reader runs."""
    first = step_of[readers[0]]
    for step in range(begin, first):
        for t in range(total.shape[1]):
            total[step, t] += scale * areas[0, t]
    _add(total, first, readers, step_of, areas, scale)


@inside(
    types.void(
        int64[::1], LINES, int64, boolean, LINES, int64, boolean, int64[:, ::1], float64[::1],
    ),
    allocates=True,
)  # fmt: skip
def _outside(readers, read, rows, keep, read_across, columns, beside, areas, brought):
    """Positions alive of a tensor from outside that some operands read, and those that each tile fetches."""
    wanted, made = _fetched(readers, read, rows, keep)
    wanted_across, made_across = _fetched(readers, read_across, columns, beside)
    alive(readers, wanted, made, read, rows, keep, wanted_across, made_across, read_across, columns, beside, areas)
    brought[:] = _positions(made, made_across, rows, columns)


@inside(types.UniTuple(boolean[:, ::1], 2)(int64[::1], LINES, int64, boolean), allocates=True)
def _fetched(readers, read, size, keep):
    """(tiles, positions) what some operands want along an axis, and what of it is fetched."""
    wanted = np.zeros(read.shape[1:], dtype=np.bool_)
    for o in readers:
        for r in range(len(wanted)):
            for q in range(size):
                if read[o, r, q]:
                    wanted[r, q] = True
    made = wanted.copy()
    if keep:
        make_once(made, size)
    return wanted, made
