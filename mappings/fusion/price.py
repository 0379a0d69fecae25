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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from accel_models.fusion.pieces import StepPieces
from accel_models.fusion.timing import Work
from mappings.fusion.members import Member, Members
from mappings.fusion.ways import Way

Floats = NDArray[np.float64]

Mapped = tuple[tuple[Member | None, ...], ...]
"""By step, its pieces as :attr:`StepPieces.layers` has them; ``None`` where there is nothing to make."""


@dataclass(frozen=True, slots=True)
class Priced:
    """Layers that run together, or one alone, and what they cost.

    Attributes:
        energy_pj: without static power.
        cycles: of all.
        score: ``energy_pj + w cycles``, or cycles at an infinite price; infinite where there is no room for what the
            mappings send up.
        bound: what no mappings of this group, run in this way, are below.
        way: how it runs; ``None`` for a layer alone. members: by step, its pieces mapped.
    """

    energy_pj: float
    cycles: float
    score: float
    bound: float
    way: Way | None = None
    members: Mapped = ()


def priced(way: Way, members: Members, cycle_pj: float) -> Priced:
    """The best mappings of a group for a price of a cycle, static power included."""
    slots = way.slots
    best = _with(way, members, cycle_pj, cycle_pj)
    if math.isinf(cycle_pj):  # every part of the time rises with the cycles of pieces
        bound = slots.cycles([_least_work(step, of) for step, of in zip(way.steps, best.members)])
        return replace(best, bound=min(bound, best.score))
    least = _summed(way, best.members, lambda member: member.bound) + cycle_pj * slots.exposed
    if (slots.transfers > _summed(way, best.members, lambda member: member.cycles) + slots.exposed).any():
        frugal = _with(way, members, 0.0, cycle_pj)
        energies = _summed(way, frugal.members, lambda member: member.bound)
        least = np.maximum(least, energies + cycle_pj * slots.transfers)
        best = min(best, frugal, key=lambda found: found.score)
    bound = way.moved_pj + cycle_pj * slots.ends + float(least.sum())
    return replace(best, bound=min(bound, best.score))


def _with(way: Way, members: Members, mapped_at: float, cycle_pj: float) -> Priced:
    """The group with mappings that are best for one price, scored for another; without a bound."""
    found = tuple(tuple(members.find(step.layers, mapped_at)) for step in way.steps)
    cycles = way.slots.cycles([_work(step, of) for step, of in zip(way.steps, found)])
    energy_pj = way.moved_pj + float(_summed(way, found, lambda member: member.energy_pj).sum())
    score = cycles if math.isinf(cycle_pj) else energy_pj + cycle_pj * cycles
    if way.finished and not all(one.finished for of in found for one in of if one is not None):
        score = math.inf  # no room for these sums
    return Priced(energy_pj, cycles, score, 0.0, way, found)


def _work(step: StepPieces, found: Sequence[Member | None]) -> Work:
    """What the pieces of a layer take, tile by tile."""
    figures = [(one.cycles, one.reads, one.writes) if one else (0.0, 0.0, 0.0) for one in found]
    cycles, reads, writes = (step.scattered(column) for column in zip(*figures))
    return Work(cycles, step.counts, step.shares, reads @ step.counts, writes @ step.counts)


def _least_work(step: StepPieces, found: Sequence[Member | None]) -> Work:
    """What no mappings of them go below, found for the least latency."""
    cycles = step.scattered([one.bound if one else 0.0 for one in found])
    nothing = np.zeros(len(cycles))
    return Work(cycles, step.counts, step.shares, nothing, nothing)


def _summed(way: Way, found: Mapped, figure: Callable[[Member], float]) -> Floats:
    """(tiles,) a figure of all pieces that run in each tile."""
    total = np.zeros(len(way.moved.fetched))
    for step, of in zip(way.steps, found):
        total += step.scattered([figure(each) if each else 0.0 for each in of]) @ step.counts
    return total
