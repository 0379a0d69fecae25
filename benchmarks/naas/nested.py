"""The paper's search: an outer sampler of accelerators, priced by what an inner search of mappings finds on each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.template import Template
from benchmarks.naas.conventions import Convention
from benchmarks.naas.mapped import shapes_of
from cosearch.evaluation.network_cost import ShapeKey
from cosearch.problem.hardware import HardwareSpace
from cosearch.problem.objective import geometric_mean
from cosearch.strategies.accelerators import AcceleratorStrategy
from cosearch.strategies.points import Outcome
from mappings import search_many
from mappings.dataflows import dataflow_mappings
from mappings.mapspace import MapSpace
from nets import Layer, Network

Floats = NDArray[np.float64]
Places = dict[ShapeKey, int]
"""The column of each layer shape."""
Priced = Callable[[Sequence[Template]], list[float]]
"""The geometric mean of EDP of each of some designs, as an inner search finds it."""
UNFIT: Final = Outcome(1e300, ())
"""Of a design that a layer does not fit."""


@dataclass(frozen=True)
class Search:
    """What a search over designs tried, a generation after the other.

    Attributes:
        values: of each design, by generation.
        designs: the same.
        seconds: wall time.
    """

    values: list[list[float]] = field(default_factory=list)
    designs: list[list[Template]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def ranked(self) -> list[tuple[float, Template]]:
        """Every design with a value, best first, each once."""
        pairs = {
            design: value
            for values, designs in zip(self.values, self.designs)
            for value, design in zip(values, designs)
            if math.isfinite(value)
        }
        return sorted(((value, design) for design, value in pairs.items()), key=lambda pair: pair[0])


def searched(
    networks: Sequence[Network], convention: Convention, budget: int, seed: int, encoding: str = "importance"
) -> Priced:
    """Designs priced by CMA-ES over the mappings of each layer, in the encoding named, ``budget`` of them each.

    Only layers that multiply count, under either convention.
    """
    counted = [convention.counted(network) for network in networks]
    shapes = shapes_of(counted)
    place = {key: number for number, key in enumerate(shapes)}

    def price(designs: Sequence[Template]) -> list[float]:
        machines = [convention.priced(design) for design in designs]
        found = search_many(
            list(shapes.values()), machines, mapper="cmaes", budget=budget, seed=seed, settings={"encoding": encoding}
        )
        return _values(counted, machines, found.energy_pj, found.cycles, place)

    return price


def _values(
    networks: Sequence[Network], machines: Sequence[Accelerator], energy_pj: Floats, cycles: Floats, place: Places
) -> list[float]:
    """The geometric mean of EDP on each machine, of what its layers take."""
    return [
        geometric_mean(
            _summed(network, energy_pj[row], place) * _summed(network, cycles[row], place) for network in networks
        )
        / machine.clock_hz
        for row, machine in enumerate(machines)
    ]


def _summed(network: Network, each: Floats, place: Places) -> float:
    return math.fsum(float(each[place[layer.shape_key]]) * layer.times for layer in network.layers if layer.is_mac)


def flowing(networks: Sequence[Network], convention: Convention, dataflow: str) -> Priced:
    """Designs priced by a fixed dataflow, each layer with the tiles that suit it best."""
    counted = [convention.counted(network) for network in networks]
    shapes = shapes_of(counted)
    place = {key: number for number, key in enumerate(shapes)}

    def price(designs: Sequence[Template]) -> list[float]:
        machines = [convention.priced(design) for design in designs]
        energy_pj, cycles = by_dataflow_alone(list(shapes.values()), machines, dataflow)
        return _values(counted, machines, energy_pj, cycles, place)

    return price


def by_dataflow_alone(layers: Sequence[Layer], machines: Sequence[Accelerator], dataflow: str) -> tuple[Floats, Floats]:
    """(machines, layers) energy and cycles of the mapping of least EDP of a dataflow; infinite where none fits."""
    space = MapSpace.of(layers, machines)
    mappings, each = dataflow_mappings(dataflow, space)
    cost = space.evaluate(mappings, np.repeat(np.arange(len(space)), each))
    energy_pj, cycles = cost.energy_pj.reshape(-1, each), cost.cycles.reshape(-1, each)
    best = (energy_pj * cycles).argmin(axis=1)[:, None]
    shape = len(machines), len(layers)
    return np.take_along_axis(energy_pj, best, 1).reshape(shape), np.take_along_axis(cycles, best, 1).reshape(shape)


def search(
    space: HardwareSpace[Template], price: Priced, *, sampler: str, trials: int, population: int, seed: int
) -> Iterator[Search]:
    """Search designs, a generation at a time; what was tried so far after each.

    Args:
        sampler: ``cmaes``, ``random`` or another of :data:`cosearch.strategies.samplers.POINT_SAMPLERS`.
    """
    strategy, so_far = AcceleratorStrategy(space, sampler, seed, population), Search()
    for done in range(0, trials, population):
        began = time.perf_counter()
        proposals = strategy.ask(min(population, trials - done))
        values = price([proposal.machine for proposal in proposals])
        outcomes = [Outcome(math.log(value), (value,)) if math.isfinite(value) else UNFIT for value in values]
        strategy.tell(proposals, outcomes)
        so_far.values.append(values)
        so_far.designs.append([proposal.machine for proposal in proposals])
        so_far.seconds.append(time.perf_counter() - began)
        yield so_far
