"""How long a group takes (:mod:`accel_models.fusion.timing`)."""

from __future__ import annotations

from numba import boolean, float64, int64

from accel_models.compiled import entry, inside

READ, WRITE, BOTH = 0, 1, 2
"""Bandwidths of a memory, in words a cycle."""

_CYCLES = float64(
    float64[:, :, ::1], int64[::1], float64[:, ::1], float64[:, ::1], float64[::1], float64, float64[::1], float64[::1],
    float64[::1], float64[::1], float64[::1], float64, boolean, float64[::1], float64[::1], float64[::1], float64[::1],
)  # fmt: skip


@entry(_CYCLES)
def group_cycles(
    cycles, slices, counts, shares, loading, filling, reads, writes, fetched, filled, written, weights, resident,
    dram, shared, transfers, exposed,
):  # fmt: skip
    """:func:`cycles_of`, for Python."""
    return cycles_of(
        cycles, slices, counts, shares, loading, filling, reads, writes, fetched, filled, written, weights, resident,
        dram, shared, transfers, exposed,
    )  # fmt: skip


@inside(_CYCLES)
def cycles_of(
    cycles, slices, counts, shares, loading, filling, reads, writes, fetched, filled, written, weights, resident,
    dram, shared, transfers, exposed,
):  # fmt: skip
    """Cycles of a group, tile by tile.

    Args:
        cycles: (steps, tiles, 2) of one piece of each slice; ``slices``: (steps,) how many there are.
        counts, shares: (steps, 2) pieces of each slice, and what one takes of the layer's weights.
        loading: (steps,) cycles that the weights of each layer take to come in.
        filling: words of the shared memory that all weights take; ``weights``: words of DRAM.
        reads, writes: (tiles,) words of the shared memory that the layers read and write.
        fetched, filled, written: (tiles,) words of DRAM and of the shared memory that each tile fetches, and of DRAM
            that it writes.
        resident: whether weights come in once, and not in every tile.
        dram, shared: (3,) bandwidths.
        transfers, exposed: (tiles,) to fill: cycles that DRAM is busy in each slot; that layers wait for weights
            whatever their mappings.
    """
    tiles, steps = len(fetched), len(slices)
    total = port(dram, fetched[0], 0.0) + port(dram, 0.0, written[tiles - 1])
    waited = 0.0
    for n in range(steps):
        waited += loading[n] * shares[n, 0]
    for t in range(tiles):
        comes, goes = fetched[t + 1] if t + 1 < tiles else 0.0, written[t - 1] if t else 0.0
        fills = filled[t + 1] if t + 1 < tiles else 0.0
        exposed[t] = 0.0
        if t == 0 or not resident:
            comes += weights
            fills += filling
            exposed[t] = loading[0] if resident else waited
        transfers[t] = port(dram, comes, goes)
        busy = max(transfers[t], port(shared, reads[t], writes[t] + fills))
        layers = 0.0
        ready = 0.0
        for n in range(steps):
            if not resident:
                layers += _streamed(loading[n], cycles[n, t], slices[n], counts[n], shares[n])
                continue
            if t == 0:
                ready += loading[n]
                layers = max(layers, ready)
            layers += cycles[n, t, 0] * counts[n, 0]
        total += max(layers, busy)
    return total


@inside(float64(float64, float64[::1], int64, float64[::1], float64[::1]))
def _streamed(load, cycles, slices, counts, shares):
    """Cycles of a layer whose weights come in slices: the first is waited for, others come in meanwhile."""
    total = load * shares[0] + cycles[slices - 1]  # nothing comes in while the last one runs
    for part in range(slices):
        total += (counts[part] - 1) * max(cycles[part], load * shares[part])
        if part + 1 < slices:
            total += max(cycles[part], load * shares[part + 1])
    return total


@inside(float64(float64[::1], float64, float64))
def port(bandwidth, reads, writes):
    """Cycles that so many words take over the bandwidths of a memory."""
    alone = max(reads / bandwidth[READ], writes / bandwidth[WRITE])
    return max(alone, (reads + writes) / bandwidth[BOTH])
