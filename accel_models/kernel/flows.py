"""What crosses from one level to the next, of one tensor (``docs/cost_model.md``, 2.1, 2.4 and 2.5)."""

from __future__ import annotations

from numba import float64, int64, types

from accel_models.codes import DEPENDS, O
from accel_models.compiled import inside
from accel_models.kernel.counts import moved_words
from accel_models.kernel.work import EVEN, WIDTH, WORK

SENT, SENT_NEW, GOT, GOT_NEW = 0, 1, 2, 3


@inside(types.void(WORK, int64, int64, int64))
def count_transfer(work, t, p, c):
    """Count what crosses from level ``p`` to level ``c``: fills ``work.flow`` and, where it matters, ``work.most``.

    Both hold words sent by all parents, those of them sent for the first time (outputs only), and the same two as
    received by all children; ``most`` at the busiest parent and child.
    """
    chain, flow, most, L = work.chain, work.flow, work.most, work.levels
    to_macs = c == L
    sent, sent_new = moved_words(work, t, p, c, True, False, not to_macs)
    got, got_new = sent, sent_new
    apart = work.fans[c] > work.fans[p]  # is there a fan-out between?
    if to_macs:
        got, got_new = 0, 0  # one word for each MAC, which needs no counting
    elif apart:
        # How many children receive each word, when that is the same for all words.
        copies, alike = 1, True
        for d in range(8):
            if chain[WIDTH + c, d] > chain[WIDTH + p, d]:
                if DEPENDS[t, d] == 0:
                    copies *= chain[WIDTH + c, d] // chain[WIDTH + p, d]
                    alike = alike and chain[EVEN, d] == 1
                elif DEPENDS[t, d] == 2:
                    alike = False
        if alike:
            got, got_new = sent * copies, sent_new * copies
        else:
            got, got_new = moved_words(work, t, p, c, False, False, True)
    flow[SENT], flow[SENT_NEW], flow[GOT], flow[GOT_NEW] = sent, sent_new, got, got_new
    # The busiest instance is the first; where all are alike it does their share. It matters to bandwidths only.
    if work.limited[p]:
        if not work.differ[p]:
            most[SENT], most[SENT_NEW] = sent / work.instances[p], sent_new / work.instances[p]
        elif to_macs and t != O and not apart:
            most[SENT] = work.totals[2]  # one word each cycle that it computes
        else:
            words, words_new = moved_words(work, t, p, c, True, True, not to_macs)
            most[SENT], most[SENT_NEW] = float64(words), float64(words_new)
    if not to_macs and work.limited[c]:
        if not work.differ[c]:
            most[GOT], most[GOT_NEW] = got / work.instances[c], got_new / work.instances[c]
        elif work.limited[p] and not apart:
            most[GOT], most[GOT_NEW] = most[SENT], most[SENT_NEW]
        else:
            words, words_new = moved_words(work, t, p, c, False, True, True)
            most[GOT], most[GOT_NEW] = float64(words), float64(words_new)
