"""The last mapping of a design: by the optimal mapper, for what the whole network makes of energy and latency.

The energy-delay product of a network is least where some E + w T is, w = E / T of the best mappings themselves
(``docs/network_level.md``). A layer mapped for its own product pays less energy for a cycle than one beside slow layers
should. So each layer of the networks found is mapped for E + w T: energy on a machine that draws w more a cycle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.cost import evaluate_batch
from accel_models.loopnest import Mapping
from accel_models.mapping_arrays import to_arrays
from accel_models.tables import AcceleratorTable
from cosearch.evaluation.mapping_bounds import MappingProof
from cosearch.evaluation.network_cost import ShapeKey
from cosearch.executors.executor import Executor, Future
from mappings.layer_search import mapped_shape, search_layers
from mappings.mappers.optimal.boxes import speaks_of
from mappings.mapspace import join
from nets.layer import Layer

SHARES: Final = 4
"""Tasks for each worker: layers take different times."""


@dataclass(frozen=True, slots=True)
class PreciseTask:
    """Layers to map for E + w T.

    Attributes:
        layers: on the MAC array, each with the mapping to begin with.
        accelerator: where.
        latency: whether cycles alone count.
        weight_pj: energy that a cycle is worth.
        settings: of the optimal mapper.
        divides: whether layers that it cannot bound are mapped by the best mapping whose tiles divide, or a better one.
    """

    layers: tuple[tuple[Layer, Mapping], ...]
    accelerator: Accelerator
    latency: bool
    weight_pj: float
    settings: tuple[tuple[str, float], ...]
    divides: bool


@dataclass(frozen=True, slots=True)
class PreciselyMapped:
    """One run of a layer as the optimal mapper left it.

    Attributes:
        layer: that was mapped. mapping: the best found.
        cycles, latency_s, energy_pj: what it costs.
        proof: what was proven of all mappings; where the mapper cannot bound them, nothing, or of those whose tiles
            divide.
    """

    layer: Layer
    mapping: Mapping
    cycles: float
    latency_s: float
    energy_pj: float
    proof: MappingProof | None


def map_precisely(task: PreciseTask) -> list[PreciselyMapped]:
    """Map the layers of a task, and say what is proven of them."""
    machine, weight = task.accelerator, task.weight_pj
    if not task.latency:
        machine = replace(machine, static_mw=machine.static_mw + weight * machine.clock_hz / 1e9)
    layers = [layer for layer, _ in task.layers]
    search = partial(
        search_layers, layers, machine, mapper="optimal", objective="latency" if task.latency else "energy"
    )
    starts = [[start] for _, start in task.layers]
    bounds: NDArray[np.float64] | None = None
    dividing = task.divides and not speaks_of(machine)
    if dividing:
        best = search(tiles="perfect")
        bounds = best.lower_bound[0]
        starts = [[start, best.mapping(at)] if best.valid[0, at] else [start] * 2 for at, [start] in enumerate(starts)]
    of_shape = {mapped_shape(layer): to_arrays(layer, machine, start) for layer, start in zip(layers, starts)}
    found = search(start=join(list(of_shape.values())), settings=dict(task.settings))
    if speaks_of(machine):
        bounds = found.lower_bound[0]
    # What a cycle is worth to the network was energy to the mapper.
    here = AcceleratorTable.of([task.accelerator])
    cost = evaluate_batch(found.space.layer_table, here, found.found.mappings, layer_of=found.space.layer_of)
    energy_pj = cost.energy_pj[found.problem_of[0]]
    return [
        PreciselyMapped(
            layer,
            found.mapping(at),
            float(found.cycles[0, at]),
            float(found.cycles[0, at]) / machine.clock_hz,
            float(energy_pj[at]),
            None if bounds is None else _proof(task, float(bounds[at]), dividing),
        )
        for at, layer in enumerate(layers)
    ]


def _proof(task: PreciseTask, lower_bound: float, dividing: bool) -> MappingProof:
    """What the bound of the optimal mapper, in cycles or in pJ, says of energy and latency."""
    clock_hz = task.accelerator.clock_hz
    if task.latency:
        return MappingProof(0.0, 1.0, lower_bound / clock_hz, dividing)
    return MappingProof(1.0, task.weight_pj * clock_hz, lower_bound, dividing)


def begin_precise(
    executor: Executor,
    layers: MappingABC[ShapeKey, tuple[Layer, Mapping]],
    accelerator: Accelerator,
    weight_pj: float,
    settings: MappingABC[str, float],
    *,
    divides: bool = False,
) -> list[Future[list[PreciselyMapped]]]:
    """Have workers map layers.

    Args:
        layers: with the mapping to begin with, by shape.
        weight_pj: energy that a cycle is worth; infinite where cycles alone count.
        settings: of the optimal mapper.
        divides: see :class:`PreciseTask`.
    """
    latency = math.isinf(weight_pj)
    pairs, count = list(layers.values()), min(len(layers), SHARES * executor.workers)
    weight_pj = 0.0 if latency else weight_pj
    tasks = [
        PreciseTask(tuple(pairs[start::count]), accelerator, latency, weight_pj, tuple(settings.items()), divides)
        for start in range(count)
    ]
    return [executor.submit(map_precisely, task) for task in tasks]


def gathered(futures: Sequence[Future[list[PreciselyMapped]]]) -> dict[ShapeKey, PreciselyMapped]:
    """What the workers found, by shape."""
    return {mapped.layer.shape_key: mapped for future in futures for mapped in future.result()}
