"""Quick looks at groups, to choose among machines and networks before any piece is mapped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.fusion.inside import DRAM, SHARED, inside, require_shared, static_pj
from accel_models.fusion.timing import loading
from accel_models.fusion.widths import weight_words
from mappings.fusion.best_schedule import Rules
from mappings.fusion.cutter import Cutter
from mappings.fusion.members import Members
from mappings.fusion.price import Floats
from mappings.mappers.mapper import Objective
from nets.layer import Layer
from nets.network import Network


@dataclass(frozen=True, slots=True)
class Glance:
    """A network in groups at a glance: below what the best groups cost.

    Attributes:
        energy_pj, cycles: about what is minimised, and the least of what is not.
        cycle_pj: price of a cycle that it was looked at with.
    """

    energy_pj: float
    cycles: float
    cycle_pj: float


def glance(network: Network, accelerator: Accelerator, *, objective: Objective) -> Glance:
    """What groups of a network cost about; no piece is mapped.

    For the product of energy and latency the bound on ``E + w T`` is taken to be half energy, with w the least energy
    over the least latency.

    Raises:
        InputError: see :func:`mappings.fusion.fuse.fuse`.
        InfeasibleError: a layer fits nowhere.
    """
    require_shared(accelerator)
    cutter, static = Cutter(network, accelerator, Rules()), static_pj(accelerator)
    energy_pj, cycles = cutter.bound(static), cutter.bound(math.inf)
    if objective != "edp":
        return Glance(energy_pj, cycles, static if objective == "energy" else math.inf)
    weight = energy_pj / cycles
    half = cutter.bound(static + weight) / 2
    return Glance(half, half / weight, static + weight)


def at_home(layers: Sequence[Layer], accelerator: Accelerator, cycle_pj: float) -> tuple[Floats, Floats]:
    """Energy in pJ and cycles, (layers,) each, as if nothing but weights came from DRAM.

    What a network of these layers costs where all that lies between them stays on the chip, each mapped for a price of
    a cycle; weights come in once, while the layer runs.

    Raises:
        InfeasibleError: no mapping of a layer exists.
    """
    dram, shared = accelerator.levels[DRAM], accelerator.levels[SHARED]
    found = [one for one in Members(inside(accelerator)).find(layers, cycle_pj) if one is not None]
    outside, filled = (np.array(weight_words(accelerator, level, layers)) for level in (DRAM, SHARED))
    cycles = np.maximum([one.cycles for one in found], loading(dram, outside))
    energy_pj = np.array([one.energy_pj for one in found]) + outside * (dram.read_pj + dram.network_pj)
    return energy_pj + filled * shared.write_pj + static_pj(accelerator) * cycles, cycles
