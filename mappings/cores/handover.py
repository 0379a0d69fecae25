"""A tensor that one stage leaves on its cores and the next finds on its own: what crosses links between the two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Level
from accel_models.fusion.inside import SHARED
from accel_models.systems.routes import Cores, Routes
from accel_models.systems.system import WORD_BITS, System
from mappings.cores.splits import Plane, Split, made, overlaps
from nets.layer import Layer


@dataclass(frozen=True, slots=True)
class Handover:
    """What moves, once for each item.

    Attributes:
        words: of 8 bits.
        links: (links,) words that cross each.
        energy_pj: of links and of both shared memories.
        cycles: of the busiest link.
    """

    words: float
    links: NDArray[np.float64]
    energy_pj: float
    cycles: float


def handover(
    system: System, routes: Routes, layer: Layer, one: tuple[Cores, Split], other: tuple[Cores, Split]
) -> Handover:
    """What a layer made, cut over the cores of one stage, brought to those of the next, cut as those hold it."""
    (senders, held), (takers, wanted) = one, other
    plane = Plane.made_by(layer)
    words = plane.words(overlaps(made(layer, held), made(layer, wanted)))
    words *= np.not_equal.outer(np.array(senders), np.array(takers))
    links = np.zeros(len(routes.word_pj))
    for number, core in enumerate(takers):
        links += words[:, number] @ routes.trees((core,))[list(senders)]
    moved = float(words.sum())
    read, write = _shared(system, senders[0]).read_pj, _shared(system, takers[0]).write_pj
    scales = [WORD_BITS / (_shared(system, cores[0]).word_bits or WORD_BITS) for cores in (senders, takers)]
    energy = routes.energy_pj(links) + moved * (read * scales[0] + write * scales[1])
    return Handover(moved, links, energy, routes.cycles(links))


def _shared(system: System, core: int) -> Level:
    """The shared memory of a core."""
    return system.kinds[system.kind_of(core)].accelerator.levels[SHARED]
