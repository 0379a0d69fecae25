"""What a flow adds to the counts, to the energy and to what keeps memories busy (``docs/cost_model.md``, 4 and 5)."""

from __future__ import annotations

from numba import boolean, float64, int64

from accel_models.codes import (
    DRAIN_READS,
    FILL_AND_DRAIN,
    FILLS,
    READ_BANDWIDTH,
    READ_PJ,
    READS,
    UPDATES,
    WRITE_BANDWIDTH,
    WRITE_PJ,
    C,
    O,
    R,
    S,
)
from accel_models.compiled import inside
from accel_models.kernel.counts import first_step_words
from accel_models.kernel.drains import last_outputs
from accel_models.kernel.flows import GOT, GOT_NEW, SENT, SENT_NEW
from accel_models.kernel.tiles import words_of_element
from accel_models.kernel.work import WIDTH, WORK


@inside(float64(WORK, int64, int64))
def words_of(work, level, width):
    """Words of the memory at ``level`` that an element of the given width (an index of ``bits``) takes."""
    return words_of_element(work.hardware[level], work.bits[width], width)


@inside(float64(WORK, int64, int64, int64, boolean))
def account_operand(work, t, p, c, first_tiles):
    """Account for weights or inputs going from level ``p`` down to ``c``; returns energy in pJ.

    Adds to the counts, to what keeps both levels busy and, with ``first_tiles``, to the cycles of the first fill.
    """
    levels, busy, counts, flow, most = work.hardware, work.busy, work.counts, work.flow, work.most
    at_p = words_of(work, p, t)
    sent, got = flow[SENT], flow[GOT]
    counts[p, t, READS] += sent
    energy = sent * at_p * levels[p, READ_PJ]
    if work.limited[p]:
        busy[work.memory[p], 0] += most[SENT] * at_p
    if c == work.levels:
        return energy
    at_c = words_of(work, c, t)
    counts[c, t, FILLS] += got
    energy += got * at_c * levels[c, WRITE_PJ]
    if work.limited[c]:
        busy[work.memory[c], 1] += most[GOT] * at_c
    if first_tiles and (work.limited[p] or work.limited[c]):
        at_parent, at_child = first_step_words(work, t, p, c) * at_p, work.words[c, t] * at_c
        work.totals[3] += max(at_parent / levels[p, READ_BANDWIDTH], at_child / levels[c, WRITE_BANDWIDTH])
    return energy


@inside(float64(WORK, int64, int64, int64))
def account_outputs(work, p, c, convention):
    """Account for outputs going from level ``c`` up to ``p`` and partial sums down again: :func:`account_operand`."""
    chain, levels, busy, counts, flow, most = (
        work.chain, work.hardware, work.busy, work.counts, work.flow, work.most
    )  # fmt: skip
    to_macs = c == work.levels
    # Partial sums are wider than what they become.
    at_p, final_at_p = words_of(work, p, 3), words_of(work, p, O)
    sent, sent_new, got, got_new = flow[SENT], flow[SENT_NEW], flow[GOT], flow[GOT_NEW]
    # The last update of a word is final, unless instances beside this one hold other parts of its sum.
    final = sent_new
    if chain[WIDTH + p, C] * chain[WIDTH + p, R] * chain[WIDTH + p, S] > 1 or (to_macs and sent > sent_new):
        final = 0
    counts[p, O, UPDATES] += sent
    counts[p, O, READS] += sent - sent_new
    energy = ((sent - final) * at_p + final * final_at_p) * levels[p, WRITE_PJ]
    energy += (sent - sent_new) * at_p * levels[p, READ_PJ]
    if work.limited[p]:
        final_most = most[SENT_NEW] if final > 0 else 0.0
        busy[work.memory[p], 1] += (most[SENT] - final_most) * at_p + final_most * final_at_p
        busy[work.memory[p], 0] += (most[SENT] - most[SENT_NEW]) * at_p
    if to_macs:
        return energy
    at_c = words_of(work, c, 3)
    counts[c, O, FILLS] += got - got_new
    energy += (got - got_new) * at_c * levels[c, WRITE_PJ]
    drain_reads = convention & DRAIN_READS
    if drain_reads:
        counts[c, O, READS] += got
        energy += got * at_c * levels[c, READ_PJ]
    if work.limited[c]:
        busy[work.memory[c], 1] += (most[GOT] - most[GOT_NEW]) * at_c
        if drain_reads:
            busy[work.memory[c], 0] += most[GOT] * at_c
    if convention & FILL_AND_DRAIN and (work.limited[p] or work.limited[c]):
        taken, held = last_outputs(work, p, c)
        at_parent, at_child = taken * final_at_p, held * at_c
        work.totals[4] += max(at_parent / levels[p, WRITE_BANDWIDTH], at_child / levels[c, READ_BANDWIDTH])
    return energy
