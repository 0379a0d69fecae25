"""Designs whose layers run in groups: the best of a search's designs and their neighbours, by what groups cost on them.

The loop searches with every layer alone, for which its bounds and its exact subnets hold. What is best in groups holds
more on the chip, so designs with any amount of memory are looked at, the best of each, and then neighbours of the best.
A look maps nothing (:mod:`mappings.fusion.glance`): it ends below what groups cost, further on some designs than on
others, so the few that look best are mapped. Where the budget limits what groups make of energy and latency, all are.

What subnet is best in groups is not what is best with every layer alone: the one that would be if everything between
its layers stayed on the chip is looked at beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.description import Sized
from accel_models.fusion.inside import SHARED
from cosearch.bounds.grid import LO, DesignGrid, Ints
from cosearch.bounds.machine_boxes import MachineBoxes
from cosearch.evaluation.design import Design, WorkloadCost
from cosearch.evaluation.groups import Grouped
from cosearch.evaluation.winner import Winner
from cosearch.evaluation.workload import Floats, Workload
from cosearch.executors.executor import Executor
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.objective import ObjectiveName
from cosearch.problem.options import CoSearchOptions
from cosearch.search.race.field import template_space
from cosearch.search.race.ground import Ground, TemplateGround
from cosearch.search.race.machines import MachineGround
from mappings.fusion.fuse import Fused, fuse
from mappings.fusion.glance import Glance, at_home, glance
from nets.elementary import log
from nets.errors import InfeasibleError
from nets.layer import Layer
from nets.network import Network

BEGUN: Final = 6
"""Designs of the search that are looked at, at most."""
WAVES: Final = 4
NEIGHBOURS: Final = 3
"""Designs of each wave that lie beside the best one."""
ROOMY: Final = 3
"""Further ones, a step away with more shared memory."""
TOGETHER: Final = 32
"""Layers that a worker maps as if their surroundings stayed on the chip."""
MAPPED: Final = 3
"""Designs that are mapped: those that look best."""

Networks = tuple[Network, ...]
Workloads = tuple[WorkloadCost, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """A design that was looked at in groups.

    Attributes:
        design: with networks at what they cost in groups, or about.
        cycle_pj: price of a cycle that the first network was looked at with.
    """

    design: Design
    cycle_pj: float

    @property
    def rank(self) -> tuple[int, float]:
        """See :attr:`Design.rank`."""
        return self.design.rank


@dataclass(frozen=True)
class GroupedSearch:
    """Looks at designs in groups.

    Attributes:
        options: of the search.
        workload: what runs on the designs.
        executor: whose workers look.
    """

    options: CoSearchOptions
    workload: Workload
    executor: Executor

    def best(self, designs: Sequence[Design]) -> Design | None:
        """The best design of all that are looked at, as it is in groups; ``None`` where none keeps the limits.

        Args:
            designs: that the search evaluated.
        """
        looked = self._look([(design.machine, design.workloads) for design in _spread(designs)])
        if not looked:
            return None
        layers = [
            layer for one in looked for network in self._networks(one.design.workloads) for layer in network.layers
        ]
        ground, design_of = self._ground(layers)
        rng = np.random.default_rng([self.options.seed, len(designs)])
        subnets_of: Sized | None = None
        for _ in range(WAVES):
            if (leader := _best(looked)).design.machine != subnets_of:
                subnets_of = leader.design.machine
                looked += self._look(self._at_home(leader))
            best = _best(looked).design
            known = {one.design.machine for one in looked}
            place = design_of(best.machine)
            drawn = [ground.neighbour(place, rng) for _ in range(NEIGHBOURS)]
            machines = [ground.machine(design) for design in drawn if design is not None] + _roomy(ground, place)
            fresh = [machine for machine in dict.fromkeys(machines) if machine not in known]
            looked += self._look([(machine, best.workloads) for machine in fresh])
        likely = [one.design for one in sorted(looked, key=lambda one: one.rank)[:MAPPED]]
        found = self._look([(design.machine, design.workloads) for design in likely], mapped=True)
        return _best(found).design if found and _best(found).design.feasible else None

    def _networks(self, workloads: Workloads) -> Networks:
        return tuple(self.workload.networks(workloads))

    def _ground(self, layers: Sequence[Layer]) -> tuple[Ground, Callable[[Any], Ints]]:
        """The designs inside the budget, and what turns a machine into one of them."""
        hardware = self.options.hardware
        if isinstance(hardware, MachineSpace):
            boxes = MachineBoxes(hardware)
            return MachineGround(hardware), lambda machine: boxes.point(machine)[:, LO]
        grid = DesignGrid(template_space(self.options), layers)
        return TemplateGround(grid, square=False), lambda machine: grid.point(machine)[:, LO]

    def _at_home(self, looked: Looked) -> list[tuple[Sized, Workloads]]:
        """The subnet that would be best on a machine if all between its layers stayed on the chip; none where given."""
        if self.workload.resolutions is None:
            return []
        machine, layers = looked.design.machine, self.workload.layers
        shares = [tuple(layers[first : first + TOGETHER]) for first in range(0, len(layers), TOGETHER)]
        begun = [self.executor.submit(_costs_at_home, (machine, share, looked.cycle_pj)) for share in shares]
        costs = [future.result() for future in begun]
        energy_pj, latency_s = (np.concatenate(of) for of in zip(*costs))
        return [(machine, self.workload.evaluate(energy_pj, latency_s, looked.design.number))]

    def _look(self, asked: Sequence[tuple[Sized, Workloads]], *, mapped: bool = False) -> list[Looked]:
        """What networks cost on machines in groups, or about; those on which a layer fits nowhere are left out."""
        goal, budget = self.options.goal, self.options.budget
        limited = budget.energy_j is not None or budget.latency_s is not None or budget.power_w is not None
        look = _costs if mapped or limited else _glances
        begun = [self.executor.submit(look, (on, self._networks(of), goal.name)) for on, of in asked]
        looked = []
        for (machine, workloads), future in zip(asked, begun):
            if (found := future.result()) is not None:
                hertz = machine.accelerator().clock_hz
                costs = tuple(
                    replace(work, energy_pj=one.energy_pj, latency_s=one.cycles / hertz)
                    for work, one in zip(workloads, found)
                )
                looked.append(Looked(Design.evaluated(0, machine, costs, goal, budget), found[0].cycle_pj))
        return looked


def _best(looked: Sequence[Looked]) -> Looked:
    return min(looked, key=lambda one: one.rank)


Asked = tuple[Sized, Networks, ObjectiveName]


def _glances(asked: Asked) -> list[Glance] | None:
    """About what networks cost in groups on a machine; ``None`` where a layer fits nowhere."""
    machine, networks, objective = asked
    accelerator = machine.accelerator()
    try:
        return [glance(network, accelerator, objective=objective) for network in networks]
    except InfeasibleError:
        return None


def _costs(asked: Asked) -> list[Glance] | None:
    """What networks cost in groups on a machine, by one price of a cycle; ``None`` where a layer fits nowhere."""
    try:
        found = _fused(asked)
    except InfeasibleError:
        return None
    return [Glance(one.energy_pj, one.cycles, one.cycle_pj) for one in found]


def costs_in_groups(asked: Asked) -> list[tuple[float, float]]:
    """Energy in pJ and latency in s of networks in groups on a machine, by one price of a cycle.

    Raises:
        InfeasibleError: a layer fits nowhere.
    """
    found = _fused(asked)
    return [(one.energy_pj, one.cycles / one.accelerator.clock_hz) for one in found]


def _fused(asked: Asked) -> list[Fused]:
    """Networks in groups on a machine, by one price of a cycle."""
    machine, networks, objective = asked
    accelerator = machine.accelerator()
    return [fuse(network, accelerator, objective=objective, rounds=1) for network in networks]


def _costs_at_home(asked: tuple[Sized, tuple[Layer, ...], float]) -> tuple[Floats, Floats]:
    """Energy in pJ and latency in s of layers whose surroundings stay on the chip; infinite if one fits nowhere."""
    machine, layers, cycle_pj = asked
    accelerator = machine.accelerator()
    try:
        energy_pj, cycles = at_home(layers, accelerator, cycle_pj)
    except InfeasibleError:
        energy_pj = cycles = np.full(len(layers), np.inf)
    return energy_pj, cycles / accelerator.clock_hz


def in_groups(winner: Winner, options: CoSearchOptions, executor: Executor) -> Winner | None:
    """A design with its networks in groups; ``None`` where these break a limit that it keeps with every layer alone."""
    asked = [(cost.network, winner.accelerator, options.goal) for cost in winner.costs]
    groups = tuple(future.result() for future in [executor.submit(_grouped, each) for each in asked])
    costs = tuple(WorkloadCost(one.network.name, one.energy_pj, one.latency_s) for one in groups)
    assert not isinstance(winner.machine, Accelerator)
    design = Design.evaluated(0, winner.machine, costs, options.goal, options.budget)
    return replace(winner, groups=groups) if design.feasible else None


def _grouped(asked: tuple[Network, object, object]) -> Grouped:
    return Grouped.search(*asked)  # type: ignore[arg-type]


def _spread(designs: Sequence[Design]) -> list[Design]:
    """The best designs of every amount of shared memory, by factors of two; the best of all first."""
    chosen: dict[int, Design] = {}
    ranked = [design for design in sorted(designs, key=lambda one: one.rank) if design.feasible]
    for design in ranked:
        words = _shared_words(design.machine)
        chosen.setdefault(round(log(words) / log(2.0)), design)
    machines = {design.machine for design in chosen.values()}
    others = [design for design in ranked if design.machine not in machines]
    return [*chosen.values(), *others][:BEGUN]


def _roomy(ground: Ground, design: Ints) -> list[Sized]:
    """Designs a step away that hold more in the shared memory: with the most of it, and evenly less."""
    machines = [ground.machine(one) for one in ground.around(design)]
    least = _shared_words(ground.machine(design))
    words = {machine: size for machine in machines if (size := _shared_words(machine)) > least}
    ranked = sorted(words, key=lambda machine: -words[machine])
    return [ranked[len(ranked) * place // ROOMY] for place in range(ROOMY)] if ranked else []


def _shared_words(machine: Sized) -> float:
    return machine.accelerator().levels[SHARED].capacity_words
