"""Published designs beside the searched one: same area, technology, DRAM and precision, same networks, same mapper.

Where the searched design runs its layers in groups, published ones do too, each in groups of its own shared memory.
Those of all designs, the searched one among them, are looked for at one price of a cycle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from accel_models.accelerator import Accelerator
from accel_models.description import Sized
from accel_models.presets import list_accelerators, load_machine
from accel_models.template import Template, scale_to_area
from cosearch.evaluation.mapping_table import MappingTable
from cosearch.evaluation.network_cost import ShapeKey
from cosearch.evaluation.winner import Winner
from cosearch.executors.executor import Future
from cosearch.problem.hardware import HardwareSpace
from cosearch.problem.objective import Objective, geometric_mean
from cosearch.search.layer_mapper import LayerMapper
from cosearch.search.result import Baseline, Compared
from nets.errors import InfeasibleError
from nets.network import Network

Costs = tuple[float, float]
"""Energy in pJ and latency in s of a network."""
Begun = Future[list[Costs]]


class BaselineComparison:
    """Every preset that is a design of the template, scaled to the area that the searched one was given.

    Args:
        space: the searched design's; presets take its technology, precision and DRAM.
        area_mm2: of the searched design.
        mapper: maps every layer as for the searched design.
    """

    def __init__(self, space: HardwareSpace[Any], area_mm2: float, mapper: LayerMapper) -> None:
        self._mapper = mapper
        self._templates: dict[str, Template] = {}
        self._unfit: dict[str, InfeasibleError] = {}
        for name in list_accelerators():
            preset = load_machine(name)
            if not isinstance(preset, Template):
                continue  # what the template cannot express has no proportions to scale
            try:
                self._templates[name] = _fitted(preset, space, space.budget.area_mm2 or area_mm2)
            except InfeasibleError as error:
                self._unfit[name] = error
        self._begun: dict[str, list[tuple[set[ShapeKey], Future[MappingTable]]]] = {
            name: [] for name in self._templates
        }

    def prefetch(self, networks: Sequence[Network], share: float = 1.0) -> None:
        """Begin to map the layers of networks, as far as that is not begun yet, on a share of the presets."""
        for name in list(self._templates)[: round(share * len(self._templates))]:
            begun = {key for keys, _ in self._begun[name] for key in keys}
            fresh = {layer.shape_key: layer for network in networks for layer in network.layers}
            layers = [layer for key, layer in fresh.items() if key not in begun]
            if layers:
                mapped = self._mapper.begin(layers, [self._templates[name].accelerator()])
                self._begun[name].append(({layer.shape_key for layer in layers}, mapped))

    def baselines(self, winner: Winner, objective: Objective, value: float) -> tuple[Baseline, ...]:
        """The presets with the searched design's networks, compared by an objective.

        Args:
            winner: the searched design.
            objective: to compare by.
            value: of the searched design with every layer alone, under the same mapper.
        """
        networks = [cost.network for cost in winner.costs]
        self.prefetch(networks)
        begun = self._begin_groups(winner, objective) if winner.groups else {}
        found = []
        for name in sorted({*self._templates, *self._unfit}):
            try:
                if name in self._unfit:
                    raise self._unfit[name]
                template = self._templates[name]
                alone = _compared(self._alone(name, networks), objective, value)
                groups = _compared_in_groups(begun, template, winner, objective) if begun else None
                found.append(Baseline(name=name, machine=template, **asdict(alone), groups=groups))
            except InfeasibleError as error:
                none = Compared(math.inf, math.inf, math.inf, math.inf)
                found.append(Baseline(name=name, machine=None, **asdict(none), note=str(error)))
        return tuple(found)

    def _begin_groups(self, winner: Winner, objective: Objective) -> dict[Sized, Begun]:
        """Have workers look for groups on the searched design and on every preset."""
        from cosearch.search.grouped import costs_in_groups

        networks, submit = tuple(cost.network for cost in winner.costs), self._mapper.executor.submit
        machines = [_designed(winner), *self._templates.values()]
        return {machine: submit(costs_in_groups, (machine, networks, objective.name)) for machine in machines}

    def _alone(self, name: str, networks: Sequence[Network]) -> list[Costs]:
        """What networks cost on a preset with every layer alone."""
        layers = {layer.shape_key: layer for network in networks for layer in network.layers}
        costs: dict[ShapeKey, tuple[float, float]] = {}
        for keys, mapped in self._begun[name]:
            if wanted := [layer for key, layer in layers.items() if key in keys]:
                costs |= mapped.result().costs(wanted)
        return [
            (
                math.fsum(costs[layer.shape_key][0] * layer.times for layer in network.layers),
                math.fsum(costs[layer.shape_key][1] * layer.times for layer in network.layers),
            )
            for network in networks
        ]


def _compared_in_groups(
    begun: Mapping[Sized, Begun], preset: Template, winner: Winner, objective: Objective
) -> Compared:
    """A preset beside the searched design, the groups of both looked for alike."""
    searched, own = (begun[machine].result() for machine in (_designed(winner), preset))
    return _compared(own, objective, _compared(searched, objective, 1.0).value)


def _designed(winner: Winner) -> Sized:
    """The description of a searched design."""
    assert not isinstance(winner.machine, Accelerator)
    return winner.machine


def _compared(costs: Sequence[Costs], objective: Objective, value: float) -> Compared:
    """Networks of these costs beside the searched design's value."""
    own = geometric_mean(objective.of(energy_pj, latency_s) for energy_pj, latency_s in costs)
    energy_pj, latency_s = (geometric_mean(each) for each in zip(*costs))
    return Compared(own, energy_pj, latency_s, own / value)


def _fitted(preset: Template, space: HardwareSpace[Any], area_mm2: float) -> Template:
    """The preset with all that is given alike, at the area."""
    alike = replace(
        preset,
        precision=space.precision,
        node_nm=space.node_nm,
        clock_hz=None,
        overhead=space.overhead,
        dram=space.dram,
        voltage=space.voltage,
        standing_costs=space.standing_costs,
        technology=space.technology,
        dram_bandwidth=space.dram_gb_s,
        strict_strides=False,
    )
    return scale_to_area(alike, area_mm2)
