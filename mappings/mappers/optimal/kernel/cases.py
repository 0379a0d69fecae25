"""A case: what follows from spatial loops and kept tensors alone (``docs/mapping.md``, "Rules for cases")."""

from __future__ import annotations

from numba import float64, int64, types

from accel_models.codes import (
    DEPENDS,
    DRAIN_READS,
    MOST_LEVELS,
    NETWORK_PJ,
    PSUM,
    READ_BANDWIDTH,
    READ_PJ,
    SHARED_BANDWIDTH,
    WRITE_BANDWIDTH,
    WRITE_PJ,
    C,
    I,
    O,
    P,
    R,
    S,
)
from accel_models.compiled import entry, inside
from accel_models.kernel.tiles import words_of_element
from mappings.mappers.optimal.kernel.block_bounds import smallest_prime
from mappings.mappers.optimal.kernel.flows import compulsory
from mappings.mappers.optimal.kernel.objective import objective_of, slowest
from mappings.mappers.optimal.kernel.state import (
    ALONE,
    C_READ,
    C_WRITE,
    C_WRITE_FIXED,
    COEFFICIENTS,
    E_FIXED,
    E_GOT,
    E_SENT,
    MOST_DIVISORS,
    P_READ,
    P_READ_FIXED,
    P_WRITE,
    P_WRITE_FIXED,
    SEARCH,
)
from mappings.mappers.optimal.kernel.windows import fewest_at_macs, may_share


@inside(types.void(SEARCH))
def _prepare_case(w):
    """Everything that follows from spatial loops and kept tensors alone."""
    L = w.levels
    for level in range(L):
        w.cycles_per_word[level, 0] = 1.0 / w.hardware[level, READ_BANDWIDTH]
        w.cycles_per_word[level, 1] = 1.0 / w.hardware[level, WRITE_BANDWIDTH]
        w.cycles_per_word[level, 2] = 1.0 / w.hardware[level, SHARED_BANDWIDTH]
    for d in range(8):
        w.above[0, d] = 1
        for level in range(L):
            w.above[level + 1, d] = w.above[level, d] * w.spatial[level, d]
        w.n[0, d] = 1
        w.n[L, d] = w.bound[d] // w.above[L, d]
        w.hold[0, d] = w.bound[d]
        w.hold[L, d] = 1
        w.kind[d] = DEPENDS[I, d]
    for axis in range(2):
        # A window that is as wide as one step never overlaps the one before: the dim moves it by whole pieces.
        if w.bound[R + axis] == 1:
            w.kind[P + axis] = 1
        if w.bound[P + axis] == 1:
            w.kind[R + axis] = 1
    macs = 1.0
    w.compute = 1.0
    for d in range(8):
        macs *= w.bound[d]
        w.compute *= w.n[L, d]
    w.fixed_pj = macs * w.mac_pj
    w.combs = 0
    for level in range(L):
        w.fixed_busy[level, 0] = 0.0
        w.fixed_busy[level, 1] = 0.0
        w.apart[level] = 0
    for t in range(3):
        following = L
        w.next_level[L, t] = L
        for k in range(L - 1, -1, -1):
            w.next_level[k, t] = following
            if w.keep[k, t]:
                following = k
        p = 0
        for c in range(1, L + 1):
            if c < L and not w.keep[c, t]:
                continue
            w.parent[c, t] = p
            to_macs = c == L
            outer = w.hardware[p]
            parents, children = 1.0, 1.0
            base_sent, base_got, fresh_sent, fresh_got = 1.0, 1.0, 1.0, 1.0
            for d in range(8):
                parents *= w.above[p, d]
                children *= w.above[c, d]
                if DEPENDS[t, d] == 1:
                    base_sent *= w.bound[d]
                    base_got *= w.bound[d]
                else:
                    base_sent *= w.above[p, d]
                    base_got *= w.above[c, d]
            if t == I:
                w.apart[c] = 0
                for d in range(P, S + 1):
                    if w.above[c, d] > w.above[p, d]:
                        w.apart[c] = 1
            width = PSUM if t == O else t
            at_p, final_at_p = words_of_element(outer, w.bits[width], width), words_of_element(outer, w.bits[t], t)
            network = 0.0
            for level in range(p, c):
                network += w.hardware[level, NETWORK_PJ]
            fresh_sent, fresh_got = base_sent, base_got
            final = fresh_sent
            for d in (C, R, S):
                if w.above[p, d] > 1:
                    final = 0.0
            if to_macs:
                sent = base_sent
                for d in range(8):
                    if DEPENDS[t, d] != 1:
                        sent *= w.n[L, d]
                if t == I:
                    for axis in range(2):
                        sent *= fewest_at_macs(w, p, axis)
                        w.combs = max(w.combs, may_share(w, p, axis))
                if t != O:
                    w.fixed_pj += sent * at_p * outer[READ_PJ]
                    w.fixed_busy[w.memory[p], 0] += sent / parents * at_p
                else:
                    if sent > fresh_sent:
                        final = 0.0
                    w.fixed_pj += ((sent - final) * at_p + final * final_at_p) * outer[WRITE_PJ]
                    w.fixed_pj += (sent - fresh_sent) * at_p * outer[READ_PJ]
                    w.fixed_busy[w.memory[p], 1] += ((sent - final) * at_p + final * final_at_p) / parents
                    w.fixed_busy[w.memory[p], 0] += (sent - fresh_sent) * at_p / parents
                w.fixed_pj += macs * at_p * network
            else:
                inner = w.hardware[c]
                at_c = words_of_element(inner, w.bits[width], width)
                f = w.flow[c, t]
                for i in range(COEFFICIENTS):
                    f[i] = 0.0
                if t != O:
                    f[E_SENT] = base_sent * at_p * outer[READ_PJ]
                    f[E_GOT] = base_got * (at_c * inner[WRITE_PJ] + at_p * network)
                    f[P_READ] = base_sent / parents * at_p
                    f[C_WRITE] = base_got / children * at_c
                else:
                    f[E_SENT] = base_sent * at_p * (outer[WRITE_PJ] + outer[READ_PJ])
                    f[E_GOT] = base_got * (at_c * inner[WRITE_PJ] + 2 * at_p * network)
                    f[E_FIXED] = final * (final_at_p - at_p) * outer[WRITE_PJ] - fresh_sent * at_p * outer[READ_PJ]
                    f[E_FIXED] -= fresh_got * (at_c * inner[WRITE_PJ] + at_p * network)
                    f[P_WRITE] = base_sent * at_p / parents
                    f[P_WRITE_FIXED] = final * (final_at_p - at_p) / parents
                    f[P_READ] = base_sent * at_p / parents
                    f[P_READ_FIXED] = -fresh_sent * at_p / parents
                    f[C_WRITE] = base_got * at_c / children
                    f[C_WRITE_FIXED] = -fresh_got * at_c / children
                    if w.convention & DRAIN_READS:
                        f[E_GOT] += base_got * at_c * inner[READ_PJ]
                        f[C_READ] = base_got * at_c / children
            p = c


@entry(types.void(ALONE, int64[:, :, ::1], float64[::1]))
def bound_cases(alone, spatial, least):
    """Prepare cases that differ in their spatial loops alone, one after the other; the last one stays.

    Args:
        spatial: int64 (cases, levels, 8).
        least: filled: lower bounds on their objectives, from what every level must receive at least once.
    """
    w = alone[0]
    for case in range(len(spatial)):
        w.spatial[: spatial.shape[1]] = spatial[case]
        _prepare_case(w)
        busy = w.busy[MOST_LEVELS]
        energy = compulsory(w, busy)
        least[case] = objective_of(w, energy, slowest(w, busy))


@entry(int64(ALONE))
def start_case(alone):
    """Lay out the lattice of the case that :func:`bound_cases` has prepared.

    Returns the number of nodes, or -1 when a dim has too many divisors.
    """
    w = alone[0]
    w.nodes = 1
    for d in range(8):
        budget = w.n[w.levels, d]
        m = 0
        i = 1
        while i * i <= budget:
            if budget % i == 0:
                if m >= MOST_DIVISORS // 2:
                    return -1
                w.divisors[d, m] = i
                m += 1
            i += 1
        for j in range(m - 1, -1, -1):
            other = budget // w.divisors[d, j]
            if other != w.divisors[d, j]:
                w.divisors[d, m] = other
                m += 1
        w.n_divisors[d] = m
        w.stride[d] = w.nodes
        w.nodes *= m
        w.digits[d] = 0
        _list_rises(w, d)
    return w.nodes


@inside(types.void(SEARCH, int64))
def _list_rises(w, d):
    """List the pairs of divisors of a dim that are a prime apart."""
    count = 0
    divisors = w.divisors[d]
    for i in range(w.n_divisors[d] - 2, -1, -1):
        for j in range(i + 1, w.n_divisors[d]):
            ratio = divisors[j] // divisors[i]
            if divisors[i] * ratio == divisors[j] and smallest_prime(ratio) == ratio:
                w.rise_from[d, count], w.rise_to[d, count] = i, j
                count += 1
    w.rises[d] = count
