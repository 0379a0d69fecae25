"""What flows cost: energy, busy memories, fill and drain (``docs/mapping.md``, "Why the cost is what it is")."""

from __future__ import annotations

from numba import boolean, float64, int64, types

from accel_models.codes import (
    DEPENDS,
    FILL_AND_DRAIN,
    PSUM,
    READ_BANDWIDTH,
    READ_PJ,
    WRITE_BANDWIDTH,
    I,
    O,
    P,
    R,
)
from accel_models.compiled import inside
from accel_models.kernel.tiles import words_of_element
from mappings.mappers.optimal.kernel.state import (
    C_READ,
    C_READ_FIXED,
    C_WRITE,
    C_WRITE_FIXED,
    E_FIXED,
    E_GOT,
    E_SENT,
    P_READ,
    P_READ_FIXED,
    P_WRITE,
    P_WRITE_FIXED,
    SEARCH,
)
from mappings.mappers.optimal.kernel.tiles import input_length, tile_words
from mappings.mappers.optimal.kernel.windows import fewest_at_macs, spread_of


@inside(float64(SEARCH, int64, int64, float64, float64))
def energy_of_flow(w, c, t, sent, got):
    """Energy of a flow into level ``c``."""
    f = w.flow[c, t]
    return sent * f[E_SENT] + got * f[E_GOT] + f[E_FIXED]


@inside(float64(SEARCH, int64, int64, float64, float64, float64[:, ::1]))
def add_flow(w, c, t, sent, got, busy):
    """Energy of a flow into level ``c``; adds its words to ``busy``."""
    f = w.flow[c, t]
    p, q = w.memory[w.parent[c, t]], w.memory[c]
    busy[p, 0] += sent * f[P_READ] + f[P_READ_FIXED]
    busy[p, 1] += sent * f[P_WRITE] + f[P_WRITE_FIXED]
    busy[q, 0] += got * f[C_READ] + f[C_READ_FIXED]
    busy[q, 1] += got * f[C_WRITE] + f[C_WRITE_FIXED]
    return energy_of_flow(w, c, t, sent, got)


@inside(float64(SEARCH, float64[:, ::1]))
def compulsory(w, busy):
    """Energy of what every level must receive at least once; ``busy`` becomes its words."""
    for level in range(w.levels):
        busy[level, 0] = w.fixed_busy[level, 0]
        busy[level, 1] = w.fixed_busy[level, 1]
    energy = w.fixed_pj
    for c in range(1, w.levels):
        for t in range(3):
            if not w.keep[c, t]:
                continue
            sent, got = 1.0, 1.0
            if t == I:
                p = w.parent[c, t]
                for axis in range(2):
                    a, b = P + axis, R + axis
                    sent *= w.bound[a] // w.above[p, a] + w.bound[b] // w.above[p, b] - 1
                    got *= w.bound[a] // w.above[c, a] + w.bound[b] // w.above[c, b] - 1
            energy += add_flow(w, c, t, sent, got, busy)
    return energy


@inside(float64(SEARCH, int64, boolean))
def fill_and_drain(w, c, known):
    """Cycles to fill the first tiles of level ``c`` and drain its last."""
    if not w.convention & FILL_AND_DRAIN:
        return 0.0
    total = 0.0
    for t in range(3):
        if not w.keep[c, t]:
            continue
        p = w.parent[c, t]
        outer, inner = w.hardware[p], w.hardware[c]
        words = tile_words(w, t, c)
        sent = 1.0
        for d in range(8):
            if DEPENDS[t, d] == 1:
                sent *= w.hold[c, d] * (w.above[c, d] // w.above[p, d])
        if t == I:
            for axis in range(2):
                sent *= spread_of(w, axis, p, c, input_length(w, axis, c), known)
        width = PSUM if t == O else t
        at_p, at_c = words_of_element(outer, w.bits[t], t), words_of_element(inner, w.bits[width], width)
        if t == O:
            total += max(sent * at_p / outer[WRITE_BANDWIDTH], words * at_c / inner[READ_BANDWIDTH])
        else:
            total += max(sent * at_p / outer[READ_BANDWIDTH], words * at_c / inner[WRITE_BANDWIDTH])
    return total


@inside(types.void(SEARCH))
def exact_mac_reads(w):
    """What inputs read for the MACs, beyond the bound in ``fixed_pj``, where windows run in parallel on several combs.

    Leaves energy in ``words[0]`` and words of the busiest instance in ``words[1]``.
    """
    L = w.levels
    p = w.parent[L, I]
    outer = w.hardware[p]
    sent, least, parents = 1.0, 1.0, 1.0
    for d in range(8):
        parents *= w.above[p, d]
        if DEPENDS[I, d] == 1:
            sent *= w.bound[d]
        else:
            sent *= w.above[p, d] * w.n[L, d]
    least = sent
    for axis in range(2):
        sent *= spread_of(w, axis, p, L, 1, True)
        least *= fewest_at_macs(w, p, axis)
    at_p = words_of_element(outer, w.bits[I], I)
    w.words[0] = (sent - least) * at_p * outer[READ_PJ]
    w.words[1] = (sent - least) / parents * at_p
