"""Positions that tiles want, make and read along one axis (:mod:`accel_models.fusion.axis`)."""

from __future__ import annotations

from numba import boolean, int64, types

from accel_models.compiled import entry, inside

TAPS, STRIDE, FIRST, DILATION = 0, 1, 2, 3
"""Columns of ``windows``: taps along the axis, stride, what output 0 reads first, dilation."""

LINES = boolean[:, :, ::1]


@entry(
    types.void(
        int64[::1], boolean[::1], boolean[::1], boolean[::1],
        int64[::1], int64[::1], int64[::1], int64[:, ::1], int64, boolean, LINES, LINES, LINES,
    )
)  # fmt: skip
def fill_lines(
    sizes, leaves, shared, outside, first_operand, operand, writes, windows, tile, keep, wanted, made, read
):  # fmt: skip
    """Follow the windows of a group upwards from its last output, cut into tiles.

    Args:
        sizes: (tensors,) positions of each tensor along the axis.
        leaves, shared, outside: (tensors,) whether it leaves; each tile makes its share; it comes from outside.
        first_operand: (steps + 1,) where the operands of each step begin in ``operand``, which holds tensors.
        writes: (steps,) tensors; ``windows``: (steps, 4).
        tile: positions of the last output in a tile; ``keep``: whether overlaps stay.
        wanted, made: (tensors, tiles, positions) to fill; ``read``: (operands, tiles, positions). All false before.
    """
    tiles, steps = wanted.shape[1], len(writes)
    for step in range(steps - 1, -1, -1):
        tensor = writes[step]
        if leaves[tensor]:
            _leave(wanted[tensor], sizes[tensor], tile if shared[tensor] else 0, made[tensor])
        else:
            for r in range(tiles):
                for p in range(sizes[tensor]):
                    made[tensor, r, p] = wanted[tensor, r, p]
        if keep:
            make_once(made[tensor], sizes[tensor])
        for o in range(first_operand[step], first_operand[step + 1]):
            source = operand[o]
            _read_through(made[tensor], sizes[tensor], windows[step], sizes[source], read[o])
            for r in range(tiles):
                for p in range(sizes[source]):
                    if read[o, r, p]:
                        wanted[source, r, p] = True
    for tensor in range(len(sizes)):
        if outside[tensor]:
            for r in range(tiles):
                for p in range(sizes[tensor]):
                    made[tensor, r, p] = wanted[tensor, r, p]
            if keep:
                make_once(made[tensor], sizes[tensor])


@inside(types.void(boolean[:, ::1], int64, int64, boolean[:, ::1]))
def _leave(wanted, size, tile, needed):
    """What tiles need of a tensor that leaves: their share of it too, and the last tile what nobody needs."""
    last = len(wanted) - 1
    for p in range(size):
        anyone = False
        for r in range(last + 1):
            needed[r, p] = wanted[r, p] or (tile > 0 and p // tile == r)
            anyone = anyone or needed[r, p]
        if not anyone:
            needed[last, p] = True


@inside(types.void(boolean[:, ::1], int64))
def make_once(made, size):
    """Leave each position to the first tile that makes it."""
    for p in range(size):
        before = False
        for r in range(len(made)):
            if made[r, p]:
                if before:
                    made[r, p] = False
                before = True


@inside(types.void(boolean[:, ::1], int64, int64[::1], int64, boolean[:, ::1]))
def _read_through(outputs, made, window, size, read):
    """Positions of an operand that some outputs of a layer read."""
    for r in range(len(outputs)):
        for p in range(made):
            if outputs[r, p]:
                at = p * window[STRIDE] + window[FIRST]
                for _ in range(window[TAPS]):
                    if 0 <= at < size:
                        read[r, at] = True
                    at += window[DILATION]
