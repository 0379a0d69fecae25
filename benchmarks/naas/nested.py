"""The paper's search: an outer sampler of accelerators, whose merit is what an inner search of mappings finds on each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from accel_models.template import Template
from benchmarks.naas.conventions import Convention
from benchmarks.naas.mapped import by_dataflow, shapes_of
from cosearch.evaluation.network_cost import evaluate_network
from cosearch.problem.hardware import HardwareSpace
from cosearch.problem.objective import geometric_mean
from cosearch.strategies.accelerators import AcceleratorStrategy
from cosearch.strategies.points import Outcome
from mappings import search_many
from nets import Network
from nets.errors import InfeasibleError

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
    """Designs priced by CMA-ES over the mappings of each layer, in the encoding named, ``budget`` of them each."""
    counted = [convention.counted(network) for network in networks]
    shapes = shapes_of(counted)
    place = {key: number for number, key in enumerate(shapes)}

    def price(designs: Sequence[Template]) -> list[float]:
        machines = [convention.priced(design) for design in designs]
        found = search_many(
            list(shapes.values()), machines, mapper="cmaes", budget=budget, seed=seed, settings={"encoding": encoding}
        )
        return [
            geometric_mean(
                _summed(network, found.energy_pj[row], place) * _summed(network, found.cycles[row], place)
                for network in counted
            )
            / machines[row].clock_hz
            for row in range(len(designs))
        ]

    return price


def _summed(network: Network, each: Any, place: dict[Any, int]) -> float:
    return math.fsum(float(each[place[layer.shape_key]]) * layer.times for layer in network.layers if layer.is_mac)


def flowing(networks: Sequence[Network], convention: Convention, dataflow: str) -> Priced:
    """Designs priced by a fixed dataflow."""
    counted = [convention.counted(network) for network in networks]

    def price(designs: Sequence[Template]) -> list[float]:
        return [_by_dataflow(counted, convention, design, dataflow) for design in designs]

    return price


def _by_dataflow(counted: Sequence[Network], convention: Convention, design: Template, dataflow: str) -> float:
    machine = convention.priced(design)
    try:
        nests = by_dataflow(counted, machine, dataflow)
    except InfeasibleError:
        return math.inf
    costs = [evaluate_network(network, machine, nests) for network in counted]
    return geometric_mean(cost.energy_pj * cost.latency_s for cost in costs)


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
