"""The evaluation of a mapping, and of a range of them: where Python comes in."""

from __future__ import annotations

import numpy as np
from numba import boolean, float64, int8, int64, types

from accel_models.codes import (
    COMPUTE,
    DEPENDS,
    FILL_AND_DRAIN,
    LEVEL_COLUMNS,
    MAC_PJ,
    MACHINE_COLUMNS,
    MEMORY,
    NETWORK_PJ,
    OK,
    READ_BANDWIDTH,
    SHARED_BANDWIDTH,
    STATIC_PJ_PER_CYCLE,
    SYSTOLIC,
    TOO_MANY,
    WRITE_BANDWIDTH,
    O,
)
from accel_models.compiled import entry, inside
from accel_models.kernel.accounts import account_operand, account_outputs, words_of
from accel_models.kernel.chains import bad_tile, find_loops, unpack
from accel_models.kernel.checks import check_axes, check_capacity
from accel_models.kernel.flows import GOT, GOT_NEW, count_transfer
from accel_models.kernel.latency import pipeline_cycles
from accel_models.kernel.steps import count_steps
from accel_models.kernel.work import WORK

LAYERS = types.Tuple((int64[:, ::1], int64[:, ::1], float64[:, ::1]))
MACHINES = types.Tuple((float64[:, :, ::1], float64[:, ::1], boolean[:, :, ::1]))
NESTS = types.Tuple(
    (int64[::1], int64[::1], int64[:, :, ::1], int64[:, :, ::1], int8[:, :, ::1], int8[:, :, ::1], boolean[:, :, ::1])
)
ANSWERS = types.Tuple((int64[::1], float64[::1], float64[::1], float64[:, ::1], int64[:, :, :, ::1], float64[:, ::1]))


@inside(int64(WORK, int64))
def _evaluate(work, convention):
    """Evaluate the mapping at hand; returns a status code.

    Fills ``work.counts``, ``work.level_cycles`` and ``work.totals``: cycles, energy_pj, compute_cycles, fill_cycles,
    drain_cycles, what binds (a level, or ``COMPUTE``), pipeline_cycles.
    """
    L = work.levels
    levels, busy, flow, totals = work.hardware, work.busy, work.flow, work.totals
    status = unpack(work)
    if status != OK:
        return bad_tile(work)
    status = find_loops(work)
    if status != OK:
        return status
    status = check_axes(work)
    if status != OK:
        return status
    status = check_capacity(work)
    if status != OK:
        return status
    count_steps(work)
    work.too_many = 0
    compute, macs = 1, 1
    for d in range(8):
        macs *= work.bounds[d]
        compute *= work.steps[0, L, d]
    totals[2], totals[3], totals[4] = compute, 0.0, 0.0
    energy = macs * work.machine[MAC_PJ]
    for level in range(L):
        busy[level, 0] = 0.0
        busy[level, 1] = 0.0
        for t in range(3):
            for what in range(3):
                work.counts[level, t, what] = 0

    for t in range(3):
        p = 0
        for c in range(1, L + 1):
            if c < L and not work.keep[c, t]:
                continue
            count_transfer(work, t, p, c)
            if t == O:
                energy += account_outputs(work, p, c, convention)
            else:
                energy += account_operand(work, t, p, c, convention & FILL_AND_DRAIN != 0)
            crossing = macs if c == L else flow[GOT]
            if t == O and c < L:
                crossing += flow[GOT] - flow[GOT_NEW]
            for level in range(p, c):
                energy += crossing * words_of(work, p, 3 if t == O else t) * levels[level, NETWORK_PJ]
            p = c

    if work.too_many:
        return TOO_MANY
    pipeline = pipeline_cycles(work) if convention & SYSTOLIC else 0.0
    cycles = compute + pipeline
    binds = COMPUTE
    for level in range(L):
        work.level_cycles[level] = 0.0
        if work.limited[level] and work.memory[level] == level:
            need = max(busy[level, 0] / levels[level, READ_BANDWIDTH], busy[level, 1] / levels[level, WRITE_BANDWIDTH])
            need = max(need, (busy[level, 0] + busy[level, 1]) / levels[level, SHARED_BANDWIDTH])
            work.level_cycles[level] = need
            if need > cycles:
                cycles = need
                binds = level
    cycles += totals[3] + totals[4]
    energy += cycles * work.machine[STATIC_PJ_PER_CYCLE]
    totals[0], totals[1], totals[5], totals[6] = cycles, energy, binds, pipeline
    return OK


@inside(types.void(WORK, MACHINES, int64))
def _load_machine(work, machines, at):
    """Copy an accelerator's rows next to the rest of what one evaluation reads."""
    levels, machine, can_keep = machines
    work.levels = levels.shape[1]
    for level in range(levels.shape[1]):
        for column in range(LEVEL_COLUMNS):
            work.hardware[level, column] = levels[at, level, column]
        work.memory[level] = int(levels[at, level, MEMORY])
        for t in range(3):
            work.can_keep[level, t] = can_keep[at, level, t]
        slowest = min(levels[at, level, READ_BANDWIDTH], levels[at, level, WRITE_BANDWIDTH])
        work.limited[level] = min(slowest, levels[at, level, SHARED_BANDWIDTH]) < np.inf
    for column in range(MACHINE_COLUMNS):
        work.machine[column] = machine[at, column]


@inside(types.void(WORK, LAYERS, int64))
def _load_layer(work, layers, layer):
    """Copy a layer's figures next to the rest of what one evaluation reads."""
    bounds, geometry, bits = layers
    for i in range(4):
        work.geometry[i] = geometry[layer, i]
        work.bits[i] = bits[layer, i]
    for d in range(8):
        work.bounds[d] = bounds[layer, d]
    for t in range(3):
        work.whole[t] = 1
        for d in range(8):
            if DEPENDS[t, d] == 1:
                work.whole[t] *= bounds[layer, d]


@entry(types.void(WORK, int64, int64, LAYERS, MACHINES, NESTS, int64, ANSWERS))
def evaluate_range(work, begin, end, layers, machines, nests, convention, answers):
    """Evaluate mappings ``begin..end-1``.

    Args:
        layers: bounds (n, 8), geometry (n, 4), bits (n, 4). machines: levels (m, L, columns), machine (m, columns),
            can_keep (m, L, 3).
        nests: layer and machine of every mapping (B,); tile, part, order and axis (B, L, 8), keep (B, L, 3).
        answers: filled: status, cycles and energy in pJ (B,); details (B, 7), counts (B, L, 3, 3) and level_cycles
            (B, L), which may be empty (not wanted).
    """
    layer_of, machine_of, tile, part, order, axis, keep = nests
    status, cycles, energy, details, counts, level_cycles = answers
    L = tile.shape[1]
    full = len(details) > 0
    last_layer, last_machine = -1, -1
    for b in range(begin, end):
        if machine_of[b] != last_machine:
            last_machine = machine_of[b]
            _load_machine(work, machines, last_machine)
        if layer_of[b] != last_layer:
            last_layer = layer_of[b]
            _load_layer(work, layers, last_layer)
        for level in range(L):
            for d in range(8):
                work.tile[level, d] = tile[b, level, d]
                work.part[level, d] = part[b, level, d]
                work.order[level, d] = order[b, level, d]
                work.axis[level, d] = axis[b, level, d]
            for t in range(3):
                work.keep[level, t] = keep[b, level, t]
        code = _evaluate(work, convention)
        status[b] = code
        cycles[b] = work.totals[0] if code == OK else np.inf
        energy[b] = work.totals[1] if code == OK else np.inf
        if full:
            for i in range(7):
                details[b, i] = work.totals[i]
            for level in range(L):
                level_cycles[b, level] = work.level_cycles[level]
                for t in range(3):
                    for what in range(3):
                        counts[b, level, t, what] = work.counts[level, t, what]
