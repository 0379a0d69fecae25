"""The layer-wise table of a mobile space: the cost of a subnet as a sum over slots of the choices made there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cosearch.strategies.additive import Additive, Floats, Term
from nets.spaces import Block, Config, MobileSpace
from nets.spaces.ofa_mobile import KERNELS


@dataclass(frozen=True, slots=True)
class _Slot:
    """A block slot: its name, the depth entry that governs it, and its place in that stage."""

    name: str
    stage: int
    place: int


def mobile_tables(space: MobileSpace, cost: Callable[[Block], Floats]) -> list[Additive]:
    """One table for each figure that ``cost`` gives of a block.

    Every slot costs something by resolution, depth of its stage, kernel and expansion (nothing where it is skipped);
    stem and head by resolution.
    """
    numbers = {decision.name: number for number, decision in enumerate(space.decisions)}
    slots = [
        _Slot(f"stage{stage + 1}.block{place + 1}", stage, place)
        for stage, depth in enumerate(space.depths)
        for place in range(depth.slots)
    ]
    shape = (len(space.resolutions), len(KERNELS), len(space.expansions))
    figures = len(cost(space.blocks(space.max_config())[0]))
    ends = np.zeros((figures, len(space.resolutions)))
    inner = np.zeros((figures, len(slots), *shape))
    for (k, kernel), (e, expansion) in itertools.product(enumerate(KERNELS), enumerate(space.expansions)):
        for r, resolution in enumerate(space.resolutions):
            named = dict(space.named_blocks(_uniform(space, kernel, expansion, resolution)))
            ends[:, r] = cost(named["stem"]) + cost(named["head"])
            for index, slot in enumerate(slots):
                inner[:, index, r, k, e] = cost(named[slot.name])
    tables = []
    for figure in range(figures):
        terms = [Term((numbers["r"],), ends[figure])]
        for index, slot in enumerate(slots):
            depth = space.depths[slot.stage]
            runs = np.array([slot.place < depth.active(value) for value in depth.choices])
            by = (numbers["r"], numbers[f"d[{slot.stage}]"], numbers[f"ks[{index}]"], numbers[f"e[{index}]"])
            terms.append(Term(by, np.where(runs[None, :, None, None], inner[figure, index][:, None], 0.0)))
        tables.append(Additive(tuple(terms)))
    return tables


def _uniform(space: MobileSpace, kernel: int, expansion: int, resolution: int) -> Config:
    """The deepest subnet with the same kernel and expansion everywhere."""
    return space.max_config() | {"ks": [kernel] * space.slots, "e": [expansion] * space.slots, "r": resolution}
