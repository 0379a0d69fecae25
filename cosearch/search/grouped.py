"""Designs whose layers run in groups: the best of a search's designs and their neighbours, by what groups cost on them.

The loop searches with every layer alone, for which its bounds and its exact subnets hold. What is best in groups holds
more on the chip, so designs with any amount of memory are looked at, the best of each, and then neighbours of the best.
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
from cosearch.executors.executor import Executor
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.options import CoSearchOptions
from cosearch.search.race.field import template_space
from cosearch.search.race.ground import Ground, TemplateGround
from cosearch.search.race.machines import MachineGround
from mappings.fusion.fuse import fuse
from nets.elementary import log
from nets.errors import InfeasibleError
from nets.layer import Layer
from nets.network import Network

BEGUN: Final = 6
"""Designs of the search that are looked at, at most."""
WAVES: Final = 4
NEIGHBOURS: Final = 3
"""Designs of each wave that lie beside the best one."""
ROOMY: Final = 2
"""Further ones, a step away with more shared memory."""

Networks = tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """A design and the cost of networks on it, in groups.

    Attributes:
        design: whose value and limits are those of its groups.
        networks: that ran.
    """

    design: Design
    networks: Networks


@dataclass(frozen=True)
class GroupedSearch:
    """Looks at designs in groups.

    Attributes:
        options: of the search.
        executor: whose workers look.
    """

    options: CoSearchOptions
    executor: Executor

    def best(self, designs: Sequence[Design], networks_of: Callable[[Design], Networks]) -> Looked | None:
        """The best design of all that are looked at; ``None`` where none keeps the limits.

        Args:
            designs: that the search evaluated.
            networks_of: the networks that one of them was evaluated with.
        """
        begun = _spread(designs)
        looked = self._look([(design.number, design.machine, networks_of(design)) for design in begun])
        if not looked:
            return None
        layers = [layer for one in looked for network in one.networks for layer in network.layers]
        ground, design_of = self._ground(layers)
        rng = np.random.default_rng([self.options.seed, len(designs)])
        for _ in range(WAVES):
            best = min(looked, key=lambda one: one.design.rank)
            known = {one.design.machine for one in looked}
            place = design_of(best.design.machine)
            drawn = [ground.neighbour(place, rng) for _ in range(NEIGHBOURS)]
            machines = [ground.machine(design) for design in drawn if design is not None] + _roomy(ground, place)
            fresh = [machine for machine in dict.fromkeys(machines) if machine not in known]
            looked += self._look([(best.design.number, machine, best.networks) for machine in fresh])
        best = min(looked, key=lambda one: one.design.rank)
        return best if best.design.feasible else None

    def _ground(self, layers: Sequence[Layer]) -> tuple[Ground, Callable[[Any], Ints]]:
        """The designs inside the budget, and what turns a machine into one of them."""
        hardware = self.options.hardware
        if isinstance(hardware, MachineSpace):
            boxes = MachineBoxes(hardware)
            return MachineGround(hardware), lambda machine: boxes.point(machine)[:, LO]
        grid = DesignGrid(template_space(self.options), layers)
        return TemplateGround(grid), lambda machine: grid.point(machine)[:, LO]

    def _look(self, asked: Sequence[tuple[int, Sized, Networks]]) -> list[Looked]:
        """What networks cost in groups on some machines; those on which a layer fits nowhere are left out."""
        goal, budget = self.options.goal, self.options.budget
        begun = [self.executor.submit(costs_in_groups, (machine, nets, goal.name)) for _, machine, nets in asked]
        looked = []
        for (number, machine, networks), future in zip(asked, begun):
            if (costs := future.result()) is not None:
                design = Design.evaluated(number, machine, costs, goal, budget)
                looked.append(Looked(design, networks))
        return looked


def costs_in_groups(asked: tuple[Sized, Networks, str]) -> tuple[WorkloadCost, ...] | None:
    """What networks cost in groups on a machine, by one price of a cycle; ``None`` where a layer fits nowhere."""
    machine, networks, objective = asked
    accelerator = machine.accelerator()
    costs = []
    for network in networks:
        try:
            found = fuse(network, accelerator, objective=objective, rounds=1)  # type: ignore[arg-type]
        except InfeasibleError:
            return None
        costs.append(WorkloadCost(network.name, found.energy_pj, found.cycles / accelerator.clock_hz))
    return tuple(costs)


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
