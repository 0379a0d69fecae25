"""Outputs that are still held when the nest has ended (``docs/cost_model.md``, 2.5 and 4)."""

from __future__ import annotations

from numba import int64

from accel_models.codes import DEPENDS, MOST_PLACES, O
from accel_models.compiled import inside
from accel_models.kernel.pieces import last_size, last_step, only_fan
from accel_models.kernel.ragged_windows import last_piece
from accel_models.kernel.work import EVEN, PAIR, SPREAD, WIDTH, WORK


@inside(PAIR(WORK, int64, int64))
def last_outputs(work, p, c):
    """Outputs still held at level ``c`` when the nest has ended.

    Returns:
        (the most that any parent takes from its children, sums of one word counting once; the most of any child).
    """
    chain, index = work.chain, work.index[0]
    taken, sent = 1, 1
    for d in range(8):
        if DEPENDS[O, d] == 0:
            continue
        children = chain[WIDTH + c, d] // chain[WIDTH + p, d]
        if chain[EVEN, d]:
            taken *= chain[2 * c, d] * children
            sent *= chain[2 * c, d]
            continue
        if chain[WIDTH + c, d] == 1:
            size = last_size(work, d, 0, c, chain[0, d])
            taken *= size
            sent *= size
            continue
        fan = only_fan(work, d, 0, c)
        if fan >= 0:
            part = chain[2 * fan + 2, d]
            i, most, together = 0, 0, 0
            while i < chain[SPREAD + fan, d]:
                _, last = last_step(work, d, 0, fan, chain[0, d], i * part)
                count = max((last - i * part) // part, 1)
                size = last_size(work, d, fan + 1, c, min(part, last - i * part))
                most = max(most, size)
                together += size * count
                i += count
            taken *= together if fan >= p else most
            sent *= most
            continue
        if chain[WIDTH + c, d] > MOST_PLACES:
            work.too_many = 1
            return 0, 0
        most, most_together, together = 0, 0, 0
        for instance in range(chain[WIDTH + c, d]):
            rest = instance
            for level in range(c - 1, -1, -1):
                index[2 * level + 1] = rest % chain[SPREAD + level, d]
                rest //= chain[SPREAD + level, d]
            _, size = last_piece(work, d, 0, 0, c, chain[0, d], 0)
            together = size if instance % children == 0 else together + size
            most = max(most, size)
            most_together = max(most_together, together)
        taken *= most_together
        sent *= most
    return taken, sent
