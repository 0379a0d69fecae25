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
from typing import Final

from accel_models.accelerator import Accelerator
from accel_models.loopnest import Mapping
from cosearch.evaluation.mapping_bounds import MappingProof
from cosearch.evaluation.network_cost import LayerCost, ShapeKey, evaluate_layer
from cosearch.executors.executor import Executor, Future
from mappings.layer_search import search
from mappings.mappers.optimal.boxes import speaks_of
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
    """

    layers: tuple[tuple[Layer, Mapping], ...]
    accelerator: Accelerator
    latency: bool
    weight_pj: float
    settings: tuple[tuple[str, float], ...]


def map_precisely(task: PreciseTask) -> list[LayerCost]:
    """Map the layers of a task, and say what is proven of them."""
    machine, weight = task.accelerator, task.weight_pj
    if not task.latency:
        machine = replace(machine, static_mw=machine.static_mw + weight * machine.clock_hz / 1e9)
    searches, mapped = speaks_of(machine), []
    for layer, start in task.layers:
        found = search(
            layer,
            machine,
            mapper="optimal",
            objective="latency" if task.latency else "energy",
            start=start,
            settings=dict(task.settings),
        )
        cost = evaluate_layer(layer, task.accelerator, found.mapping)
        mapped.append(replace(cost, proof=_proof(task, found.lower_bound)) if searches else cost)
    return mapped


def _proof(task: PreciseTask, lower_bound: float) -> MappingProof:
    """What the bound of the optimal mapper, in cycles or in pJ, says of energy and latency."""
    clock_hz = task.accelerator.clock_hz
    if task.latency:
        return MappingProof(0.0, 1.0, lower_bound / clock_hz)
    return MappingProof(1.0, task.weight_pj * clock_hz, lower_bound)


def begin_precise(
    executor: Executor,
    layers: MappingABC[ShapeKey, tuple[Layer, Mapping]],
    accelerator: Accelerator,
    weight_pj: float,
    settings: MappingABC[str, float],
) -> list[Future[list[LayerCost]]]:
    """Have workers map layers.

    Args:
        layers: with the mapping to begin with, by shape.
        weight_pj: energy that a cycle is worth; infinite where cycles alone count.
        settings: of the optimal mapper.
    """
    latency = math.isinf(weight_pj)
    pairs, count = list(layers.values()), min(len(layers), SHARES * executor.workers)
    tasks = [
        PreciseTask(
            tuple(pairs[start::count]), accelerator, latency, 0.0 if latency else weight_pj, tuple(settings.items())
        )
        for start in range(count)
    ]
    return [executor.submit(map_precisely, task) for task in tasks]


def gathered(futures: Sequence[Future[list[LayerCost]]]) -> dict[ShapeKey, LayerCost]:
    """What the workers found, by shape."""
    return {mapped.layer.shape_key: mapped for future in futures for mapped in future.result()}
