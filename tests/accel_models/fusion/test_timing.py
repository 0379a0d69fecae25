"""Slots of groups against a clock that follows every tile, layer, slice and transfer one by one."""

from __future__ import annotations

import random

import numpy as np
import pytest

from accel_models.accelerator import Accelerator, Level
from accel_models.fusion.timing import Slots, Transfers, Work


class _Step:
    """What slots ask of the pieces of a layer."""

    def __init__(self, shares: list[float]) -> None:
        self.shares = np.array(shares)


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

    moved = Transfers(words(tiles), words(tiles), words(tiles), words(layers), words(layers), resident)
    slices = [[1] if resident else [draw.randint(1, 3) for _ in range(draw.randint(1, 2))] for _ in range(layers)]
    work, steps = [], []
    for counts in slices:
        sizes = [draw.randint(1, 4) for _ in counts]
        whole = sum(size * count for size, count in zip(sizes, counts))
        steps.append(_Step([size / whole for size in sizes]))
        cycles = np.array([[float(draw.randint(1, 30)) for _ in counts] for _ in range(tiles)])
        work.append(Work(cycles, np.array(counts, dtype=float), steps[-1].shares, words(tiles), words(tiles)))
    slots = Slots.of(machine, moved, steps)  # type: ignore[arg-type]
    assert slots.cycles(work) == pytest.approx(_clock(machine, moved, work), rel=1e-12)
    assert (slots.transfers <= slots.busy(work)).all()


def _clock(machine: Accelerator, moved: Transfers, work: list[Work]) -> float:
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
