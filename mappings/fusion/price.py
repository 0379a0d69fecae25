"""What a group costs as scheduled, with the best mappings of its pieces, and what no mappings of them go below.

What is minimised is energy and cycles at a price, ``E + w T``; without a price ``E`` alone, at an infinite one ``T``.
The time of a group is a sum over slots of the slower of layers and transfers (:mod:`accel_models.fusion.timing`), so a
slot costs at least

    max( sum of least E + w c,  sum of least E + w x transfers )                                         (1)

and both sums have one term for each piece. Mappings of least ``E + w c`` are tried for all pieces, and where transfers
are slower than layers somewhere, those of least ``E`` too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_models.fusion.pieces import StepPieces
from accel_models.fusion.timing import Work
from mappings.fusion.members import Member, Members
from mappings.fusion.ways import Way

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Priced:
    """Layers that run together, or one alone, and what they cost.

    Attributes:
        energy_pj: without static power.
        cycles: of all.
        score: ``energy_pj + w cycles``, or cycles at an infinite price.
        bound: what no mappings of this group, run in this way, are below.
        way, members: how it runs and, by step, its pieces mapped; ``None`` for a layer alone.
    """

    energy_pj: float
    cycles: float
    score: float
    bound: float
    way: Way | None = None
    members: tuple[tuple[Member | None, ...], ...] | None = None


def priced(way: Way, members: Members, cycle_pj: float) -> Priced:
    """The best mappings of a group for a price of a cycle, static power included."""
    best = _with(way, members, cycle_pj, cycle_pj)
    tiles, slots = len(way.moved.fetched), way.slots
    by_cycles = _summed(way, best.members, lambda member: member.bound, tiles)
    if math.isinf(cycle_pj):
        bound = slots.ends + float(np.maximum(by_cycles + slots.exposed, slots.transfers).sum())
        return Priced(best.energy_pj, best.cycles, best.cycles, min(bound, best.cycles), way, best.members)
    compute = by_cycles + cycle_pj * slots.exposed
    least = compute
    if (slots.transfers > _summed(way, best.members, lambda member: member.cycles, tiles) + slots.exposed).any():
        frugal = _with(way, members, 0.0, cycle_pj)
        energies = _summed(way, frugal.members, lambda member: member.bound, tiles)
        least = np.maximum(compute, energies + cycle_pj * slots.transfers)
        best = min(best, frugal, key=lambda found: found.score)
    bound = way.moved_pj + cycle_pj * slots.ends + float(least.sum())
    return Priced(best.energy_pj, best.cycles, best.score, min(bound, best.score), way, best.members)


def _with(way: Way, members: Members, mapped_at: float, cycle_pj: float) -> Priced:
    """The group with mappings that are best for one price, scored for another."""
    found = tuple(tuple(members.find(step.layers(), mapped_at)) for step in way.steps)
    work = [_work(step, of) for step, of in zip(way.steps, found)]
    cycles = way.slots.cycles(work)
    energy_pj = way.moved_pj + float(
        _summed(way, found, lambda member: member.energy_pj, len(way.moved.fetched)).sum()
    )
    score = cycles if math.isinf(cycle_pj) else energy_pj + cycle_pj * cycles
    return Priced(energy_pj, cycles, score, 0.0, way, found)


def _work(step: StepPieces, found: Sequence[Member | None]) -> Work:
    """What the pieces of a layer take, tile by tile."""
    reads, writes = (step.scattered([getattr(each, name) if each else 0.0 for each in found]) for name in ("reads", "writes"))
    cycles = step.scattered([each.cycles if each else 0.0 for each in found])
    return Work(cycles, step.counts, step.shares, reads @ step.counts, writes @ step.counts)


def _summed(way, found, figure, tiles) -> Floats:
    """(tiles,) a figure of all pieces that run in each tile."""
    total = np.zeros(tiles)
    for step, of in zip(way.steps, found):
        total += step.scattered([figure(each) if each else 0.0 for each in of]) @ step.counts
    return total
