"""Networks on a design: under a fixed dataflow, under the optimal mapper, and what no design of an envelope beats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from accel_models.accelerator import Accelerator, Axis
from accel_models.loopnest import Mapping
from accel_models.template import Template
from benchmarks.naas.conventions import Convention
from benchmarks.naas.envelope import Envelope
from cosearch.evaluation.mapping_bounds import MappingProof
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import NetworkCost, ShapeKey, evaluate_network
from cosearch.executors.executor import Executor
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.objective import OBJECTIVES, geometric_mean
from cosearch.search.precise import begin_precise, gathered
from mappings import dataflow_mapping
from mappings.bounds import cycle_and_energy_bounds
from mappings.mapspace import MapSpace
from nets import Layer, Network

EDP: Final = OBJECTIVES["edp"]
SETTINGS: Final = {"gap": 0.01, "boxes": 1000, "cases": 16}
"""Of the optimal mapper, as a search ends with."""
LOOK: Final = {"gap": 0.03, "boxes": 200, "cases": 2, "larger": 8}
"""Of the same, to choose among designs."""
STARTS: Final = 300
"""Mappings tried by CMA-ES for each layer, that the optimal mapper begins with."""


@dataclass(frozen=True)
class Score:
    """What networks cost on a design, each a geometric mean over them.

    Attributes:
        energy: in pJ, or in multiply-accumulates by the paper's convention.
        latency_s: in seconds.
        edp: their product.
        gap: how far it may be above that of the best mappings, proven; none where nothing is.
    """

    energy: float
    latency_s: float
    edp: float
    gap: float | None = None

    @classmethod
    def of(cls, costs: Sequence[NetworkCost], *, proven: bool = False) -> Score:
        """The score of networks; ``proven`` where a mapper has bounded their layers."""
        energy, latency_s = (
            geometric_mean(getattr(cost, name) for cost in costs) for name in ("energy_pj", "latency_s")
        )
        gap = geometric_mean(1 + cost.gap(EDP) for cost in costs) - 1 if proven else None
        return cls(energy, latency_s, energy * latency_s, gap)


def shapes_of(networks: Sequence[Network]) -> dict[ShapeKey, Layer]:
    """The layers that multiply, each shape once."""
    return {layer.shape_key: layer for network in networks for layer in network.layers if layer.is_mac}


def by_dataflow(networks: Sequence[Network], machine: Accelerator, dataflow: str) -> dict[ShapeKey, Mapping]:
    """The mapping of each layer by a fixed dataflow, with the tiles that suit it best.

    Raises:
        InfeasibleError: a layer fits in no way.
    """
    return {key: dataflow_mapping(dataflow, layer, machine) for key, layer in shapes_of(networks).items()}


def fixed(networks: Sequence[Network], template: Template, convention: Convention, dataflow: str) -> Score:
    """Networks on a design by a fixed dataflow."""
    machine, counted = convention.priced(template), [convention.counted(network) for network in networks]
    nests = by_dataflow(counted, machine, dataflow)
    return Score.of([evaluate_network(network, machine, nests) for network in counted])


def best(
    networks: Sequence[Network],
    template: Template,
    convention: Convention,
    executor: Executor,
    settings: dict[str, float] = SETTINGS,
    dataflow: str = "",
) -> Score:
    """Networks on a design, each layer by the optimal mapper for what its network makes of energy and latency.

    Args:
        settings: of the optimal mapper.
        dataflow: a fixed one whose mappings it begins with, too: then it is never worse.
    """
    machine, counted = convention.priced(template), [convention.counted(network) for network in networks]
    costs = []
    for network in counted:
        shapes = shapes_of([network])
        table = map_shapes(list(shapes.values()), [machine], MapperOptions(), STARTS)
        nests = table.mappings(list(shapes.values()))
        first = evaluate_network(network, machine, nests)
        if dataflow:
            flowing = by_dataflow([network], machine, dataflow)
            known = evaluate_network(network, machine, flowing)
            nests, first = min((nests, first), (flowing, known), key=lambda pair: pair[1].edp)
        layers = {key: (layer, nests[key]) for key, layer in shapes.items()}
        weight = first.energy_pj / first.latency_s / machine.clock_hz
        mapped = gathered(begin_precise(executor, layers, machine, weight, settings))
        proofs = {key: one.proof for key, one in mapped.items() if one.proof is not None}
        precise = evaluate_network(network, machine, {key: one.mapping for key, one in mapped.items()}, proofs)
        costs.append(precise if precise.edp <= first.edp else with_proofs(first, proofs))
    return Score.of(costs, proven=True)


def with_proofs(cost: NetworkCost, proofs: dict[ShapeKey, MappingProof]) -> NetworkCost:
    """A network's cost with what was proven of its layers."""
    layers = tuple(replace(layer, proof=proofs.get(layer.layer.shape_key)) for layer in cost.layers)
    return replace(cost, layers=layers)


def least_of_all(networks: Sequence[Network], envelope: Envelope, convention: Convention) -> float:
    """An EDP that no design inside an envelope is below, whatever its array and mappings.

    That of what every mapping pays (:mod:`mappings.bounds`) on a machine with all elements in one axis that runs any
    dim, and all memory both as L1 and as L2. Energies of an access must not depend on sizes, so it speaks of the
    paper's convention.
    """
    budget = envelope.budget
    ample = replace(envelope.ample(), noc_bandwidth=budget.noc_words_per_cycle or math.inf)
    machine = convention.priced(ample)
    dram, l2, l1 = machine.levels
    machine = replace(machine, levels=(dram, replace(l2, fanout=(Axis("X", int(budget.pes or 1), ()),)), l1))
    bounds = []
    for network in (convention.counted(network) for network in networks):
        cycles, energy = cycle_and_energy_bounds(MapSpace.of(list(network.layers), [machine]))
        times = [layer.times for layer in network.layers]
        latency_s = math.fsum(one * count for one, count in zip(cycles, times)) / machine.clock_hz
        bounds.append(latency_s * math.fsum(one * count for one, count in zip(energy, times)))
    return geometric_mean(bounds)
