"""Slots of groups against a clock that follows every tile, layer, slice and transfer one by one."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pytest

from accel_models.accelerator import Accelerator, Level
from accel_models.fusion.kernel.timing import group_cycles
from accel_models.fusion.timing import bandwidths, loading


@dataclass
class _Moved:
    """(tiles,) words that cross, and (layers,) words of weights, of DRAM and of the shared memory."""

    fetched: np.ndarray
    written: np.ndarray
    filled: np.ndarray
    weights: np.ndarray
    weights_filled: np.ndarray
    resident: bool


@dataclass
class _Work:
    """What the pieces of one layer take: (tiles, slices) cycles, (slices,) counts and shares, (tiles,) words."""

    cycles: np.ndarray
    counts: np.ndarray
    shares: np.ndarray
    reads: np.ndarray
    writes: np.ndarray


@pytest.mark.parametrize("seed", range(60))
def test_slots_are_those_of_a_clock(seed: int) -> None:
    draw = random.Random(seed)
    tiles, layers, resident = draw.randint(1, 5), draw.randint(1, 4), draw.random() < 0.5
    machine = Accelerator(
        name="clocked",
        levels=(
            Level(name="DRAM", read_bandwidth=draw.choice([1, 2, 4]), write_bandwidth=2, shared_bandwidth=3),
            Level(name="L2", read_bandwidth=draw.choice([2, 8]), write_bandwidth=draw.choice([2, 8])),
        ),
    )

    def words(count: int) -> np.ndarray:
        return np.array([float(draw.randint(0, 40)) for _ in range(count)])

    moved = _Moved(words(tiles), words(tiles), words(tiles), words(layers), words(layers), resident)
    slices = [[1] if resident else [draw.randint(1, 3) for _ in range(draw.randint(1, 2))] for _ in range(layers)]
    work = []
    for counts in slices:
        sizes = [draw.randint(1, 4) for _ in counts]
        whole = sum(size * count for size, count in zip(sizes, counts))
        cycles = np.array([[float(draw.randint(1, 30)) for _ in counts] for _ in range(tiles)])
        shares = np.array([size / whole for size in sizes])
        work.append(_Work(cycles, np.array(counts, dtype=float), shares, words(tiles), words(tiles)))
    transfers, exposed = np.empty(tiles), np.empty(tiles)
    found = group_cycles(
        np.stack([_two(one.cycles) for one in work]), np.array([len(one.counts) for one in work]),
        np.stack([_two(one.counts) for one in work]), np.stack([_two(one.shares) for one in work]),
        loading(machine.levels[0], moved.weights), moved.weights_filled.sum(),
        sum(one.reads for one in work), sum(one.writes for one in work),
        moved.fetched, moved.filled, moved.written, moved.weights.sum(), resident,
        *(bandwidths(level) for level in machine.levels), transfers, exposed,
    )  # fmt: skip
    assert found == pytest.approx(_clock(machine, moved, work), rel=1e-12)
    ends = _port(machine.levels[0], moved.fetched[0], 0) + _port(machine.levels[0], 0, moved.written[-1])
    assert transfers.sum() + ends <= found
    assert (
        exposed.sum() + sum((one.cycles @ one.counts).sum() for one in work) + ends <= found * (1 + 1e-12)
        or not resident
    )


def _two(figures: np.ndarray) -> np.ndarray:
    """(.., 2) figures of one or two slices."""
    return np.concatenate([figures, np.zeros((*figures.shape[:-1], 2 - figures.shape[-1]))], axis=-1)


def _clock(machine: Accelerator, moved: _Moved, work: list[_Work]) -> float:
    dram, shared = machine.levels
    now = _port(dram, moved.fetched[0], 0)
    last = len(moved.fetched) - 1
    for tile in range(last + 1):
        reads = moved.fetched[tile + 1] if tile < last else 0
        fills = moved.filled[tile + 1] if tile < last else 0
        writes = moved.written[tile - 1] if tile else 0
        if tile == 0 or not moved.resident:
            reads, fills = reads + sum(moved.weights), fills + sum(moved.weights_filled)
        ready = at = 0.0
        for number, one in enumerate(work):
            load = _port(dram, moved.weights[number], 0)
            pieces = [part for part, count in enumerate(one.counts) for _ in range(int(count))]
            if moved.resident:
                ready += load if tile == 0 else 0
                at = max(at, ready) + sum(one.cycles[tile, part] for part in pieces)
                continue
            at += load * one.shares[pieces[0]]
            for part, following in zip(pieces, [*pieces[1:], None]):
                coming = 0.0 if following is None else load * one.shares[following]
                at += max(one.cycles[tile, part], coming)
        inner = [sum(getattr(one, name)[tile] for one in work) for name in ("reads", "writes")]
        now += max(at, _port(dram, reads, writes), _port(shared, inner[0], inner[1] + fills))
    return now + _port(dram, 0, moved.written[-1])


def _port(level: Level, reads: float, writes: float) -> float:
    return max(reads / level.read_bandwidth, writes / level.write_bandwidth, (reads + writes) / level.shared_bandwidth)
