"""Words made and fetched, MACs and DRAM words of a group: products of two axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_models.fusion.group import Group
from accel_models.fusion.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a group makes and moves.

    Attributes:
        made: by tensor, words made over all tiles; fetched from DRAM, where the tensor comes from outside.
        macs: by step, multiply-accumulates over all tiles. Taps that read padding count, as they do for a layer alone
            (:attr:`nets.layer.Layer.macs`).
        weight_words: words of weights fetched.
        dram_words: words between DRAM and chip: what is fetched from outside, weights, and what leaves, once.
    """

    made: tuple[int, ...]
    macs: tuple[int, ...]
    weight_words: int
    dram_words: int


def traffic(group: Group, schedule: Schedule, rows: Sequence[int], columns: Sequence[int]) -> Traffic:
    """Count from how many rows and columns of every tensor are made over all tiles (:meth:`AxisTiles.lengths`)."""
    made = tuple(tensor.channels * down * across for tensor, down, across in zip(group.tensors, rows, columns))
    macs = tuple(
        made[step.writes] * step.layer.C * step.layer.R * step.layer.S if step.layer.is_mac else 0
        for step in group.steps
    )
    weights = group.weight_words * (1 if schedule.resident else schedule.tiles(group))
    fetched = sum(words for words, tensor in zip(made, group.tensors) if tensor.outside)
    leaving = sum(tensor.words for tensor in group.tensors if tensor.leaves)
    return Traffic(made, macs, weights, fetched + weights + leaving)
