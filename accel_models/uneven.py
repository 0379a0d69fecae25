"""Uneven mappings: each tensor stays at a memory over its own loops.

In an even mapping all tensors of a memory are held from the same place of the nest on. In an uneven one the nest names
the memory several times, once for each place where it begins to hold some of its tensors::

    L2 [I]  for k ...  L2 [W O]  for p ...

For the cost model each of these is a *level* of its own that shares one memory: capacity and bandwidth are
the memory's, and everything else (what crosses from a level that holds a tensor to the next) is counted as ever. So an
uneven mapping is an ordinary one on the accelerator that :func:`unfold` makes. No two levels of a memory hold the same
tensor.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import groupby

from accel_models.accelerator import Accelerator, Level
from accel_models.loopnest import LevelLoops, Mapping

MARK = "#"
"""Stands between the name of a memory and the number of one of its levels: ``L2``, ``L2#2``, ``L2#3``."""


def unfold(accelerator: Accelerator, counts: Sequence[int]) -> Accelerator:
    """The accelerator with memory ``j`` as ``counts[j]`` levels that share it; the fan-out stands below the last."""
    levels: list[Level] = []
    for level, count in zip(accelerator.levels, counts):
        for number in range(count):
            last = number == count - 1
            part = dataclasses.replace(
                level,
                fanout=level.fanout if last else (),
                network_pj=level.network_pj if last else 0.0,
            )
            if number:
                part = dataclasses.replace(
                    part, name=f"{level.name}{MARK}{number + 1}", shares=level.name, area_mm2=0.0, leakage_mw=0.0
                )
            levels.append(part)
    return dataclasses.replace(accelerator, levels=tuple(levels))


def unfold_for_each_tensor(accelerator: Accelerator) -> Accelerator:
    """The accelerator on which every uneven mapping is an ordinary one: a level for each tensor that a memory keeps.

    The outermost memory holds all tensors from the beginning, so that it stays one level.
    """
    counts = [max(len(set(level.keeps)), 1) if number else 1 for number, level in enumerate(accelerator.levels)]
    return unfold(accelerator, counts)


def unfold_for(accelerator: Accelerator, mapping: Mapping) -> tuple[Accelerator, Mapping]:
    """The accelerator with as many levels for each memory as a mapping names, and the mapping with their names.

    Both come back as they are where no memory is named more than once in a row.
    """
    runs = [(name, list(levels)) for name, levels in groupby(mapping.levels, key=lambda at: at.level)]
    counts = [len(levels) for _, levels in runs]
    if tuple(name for name, _ in runs) != accelerator.level_names or max(counts) == 1:
        return accelerator, mapping
    machine = unfold(accelerator, counts)
    renamed = [dataclasses.replace(at, level=level.name) for at, level in zip(mapping.levels, machine.levels)]
    return machine, Mapping(tuple(renamed))


def spread(machine: Accelerator, mapping: Mapping) -> Mapping:
    """A mapping in the names of the memories on an unfolded accelerator: the last levels of each memory take it.

    What the mapping says of a memory more often than that has levels is left to :func:`to_arrays` to refuse.
    """
    entries = {name: list(levels) for name, levels in groupby(mapping.levels, key=lambda at: at.level)}
    sizes: dict[str, int] = {}
    for level in machine.levels:
        name = level.shares or level.name
        sizes[name] = sizes.get(name, 0) + 1
    if list(entries) != list(sizes) or any(len(entries[name]) > size for name, size in sizes.items()):
        return mapping
    out: list[LevelLoops] = []
    for level in machine.levels:
        name = level.shares or level.name
        waiting = entries[name]
        if len(waiting) < sizes[name]:
            out.append(LevelLoops(level.name, keeps=()))
        else:
            keeps = level.keeps if waiting[0].keeps is None else waiting[0].keeps
            out.append(dataclasses.replace(waiting.pop(0), level=level.name, keeps=keeps))
        sizes[name] -= 1
    return Mapping(tuple(out))


def fold(machine: Accelerator, mapping: Mapping) -> Mapping:
    """A mapping on an unfolded accelerator, in the names of its memories; levels that do nothing are left out."""
    if not any(level.shares for level in machine.levels):
        return mapping
    out: list[LevelLoops] = []
    for at, level in zip(mapping.levels, machine.levels):
        named = dataclasses.replace(at, level=level.shares or level.name)
        idle = not (named.temporal or named.spatial or named.keeps)
        before = out[-1] if out and out[-1].level == named.level else None
        if before is None:
            out.append(named)
        elif idle:
            continue
        elif not (before.temporal or before.spatial):  # nothing runs in between: they begin at the same place
            kept = tuple(tensor for tensor in "WIO" if tensor in (*(before.keeps or ()), *(named.keeps or ())))
            out[-1] = dataclasses.replace(named, keeps=kept)
        elif not named.keeps and not before.spatial and _apart(before, named):
            out[-1] = dataclasses.replace(before, temporal=before.temporal + named.temporal, spatial=named.spatial)
        else:
            out.append(named)
    return Mapping(tuple(out))


def _apart(outer: LevelLoops, inner: LevelLoops) -> bool:
    """Whether the temporal loops of two levels run over different dims, so that one level can have them all."""
    return not {loop.dim for loop in outer.temporal} & {loop.dim for loop in inner.temporal}
