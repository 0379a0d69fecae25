"""The objective of an energy and of the words that keep memories busy."""

from __future__ import annotations

from numba import float64

from accel_models.compiled import inside
from mappings.mappers.optimal.kernel.state import ENERGY, LATENCY, SEARCH


@inside()
def objective_of(w, dynamic_pj, cycles):
    """The objective of an energy without static power and a latency, of a search over nests or over boxes."""
    if w.objective == LATENCY:
        return cycles
    energy = dynamic_pj + w.static_pj * cycles
    return energy if w.objective == ENERGY else energy * cycles


@inside(float64(SEARCH, float64[:, ::1]))
def slowest(w, busy):
    """Cycles that compute and every level's bandwidth need; ``busy`` words read and written by the busiest instance."""
    cycles = w.compute
    for level in range(w.levels):
        reads, writes = busy[level, 0], busy[level, 1]
        slow = w.cycles_per_word[level]
        cycles = max(cycles, reads * slow[0], writes * slow[1], (reads + writes) * slow[2])
    return cycles


@inside(float64(SEARCH, float64, float64))
def outer_cycles(w, reads, writes):
    """Cycles that the outermost level's bandwidth needs, by its tightest port alone: they add up over flows."""
    slow = w.cycles_per_word[0]
    if slow[2] > 0:
        return (reads + writes) * slow[2]
    return reads * slow[0] if slow[0] > 0 else writes * slow[1]
