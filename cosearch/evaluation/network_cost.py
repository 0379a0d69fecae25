"""What a network costs on an accelerator, given a mapping for every layer of different shape.

Layers run one after the other, so energies and latencies add up and the EDP of the network is the one sum times the
other. Search, replay and reports all come through here, which is why a replay gives the same figures to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from accel_models.accelerator import Accelerator
from accel_models.cost import Cost, evaluate
from accel_models.loopnest import Mapping
from accel_models.vector import VectorCost, vector_cost
from cosearch.evaluation.frames import frame
from cosearch.evaluation.mapping_bounds import LayerBound, MappingProof, bound_mappings, network_bound
from cosearch.evaluation.region import steepest
from cosearch.problem.objective import OBJECTIVES, Objective
from nets.errors import InputError
from nets.layer import Layer
from nets.network import Network

if TYPE_CHECKING:
    import pandas

ShapeKey = tuple[object, ...]
"""Identity of layers that cost the same, as :attr:`nets.Layer.shape_key`."""


class EnergyParts(MappingABC[str, float]):
    """The energy of a layer by part, worked out when somebody asks: most designs are only compared.

    Args:
        cost: of one run of the layer.
        times: it runs.
    """

    def __init__(self, cost: Cost | VectorCost | LayerCost, times: int | float = 1) -> None:
        self._cost, self._times = cost, times

    @cached_property
    def _parts(self) -> dict[str, float]:
        return {part: energy * self._times for part, energy in self._cost.energy_breakdown_pj.items()}

    def __getitem__(self, part: str) -> float:
        return self._parts[part]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __reduce__(self) -> tuple[Callable[..., MappingABC[str, float]], tuple[dict[str, float]]]:
        return dict, (self._parts,)


@dataclass(frozen=True, slots=True)
class LayerCost:
    """Cost of one layer: of all its runs in one inference (:attr:`nets.Layer.times`).

    Attributes:
        layer: what ran.
        mapping: how; ``None`` for a vector layer.
        cycles: latency in cycles; latency_s: in seconds.
        energy_pj: of everything, static power included; energy_breakdown_pj: by part.
        utilization: share of the MACs that do useful work over the latency; 0 for a vector layer.
        bound_by: ``"compute"`` or the memory whose bandwidth binds.
        proof: what a mapper proved of all mappings of one run; ``None`` where none did.
    """

    layer: Layer
    mapping: Mapping | None
    cycles: float
    latency_s: float
    energy_pj: float
    energy_breakdown_pj: MappingABC[str, float]
    utilization: float
    bound_by: str
    proof: MappingProof | None = None

    @property
    def edp(self) -> float:
        """Energy-delay product in joule seconds."""
        return self.energy_pj * 1e-12 * self.latency_s

    @property
    def macs(self) -> int | float:
        """Multiply-accumulates."""
        return self.layer.macs * self.layer.times

    def of(self, layer: Layer) -> LayerCost:
        """Of all runs of another layer of the same shape, where this is of one run."""
        if (times := layer.times) == 1:
            return replace(self, layer=layer)
        return replace(
            self,
            layer=layer,
            cycles=self.cycles * times,
            latency_s=self.latency_s * times,
            energy_pj=self.energy_pj * times,
            energy_breakdown_pj=EnergyParts(self, times),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, without the mapping."""
        return {
            "name": self.layer.name,
            "kind": self.layer.kind,
            "times": self.layer.times,
            "macs": self.macs,
            "cycles": self.cycles,
            "latency_s": self.latency_s,
            "energy_pj": self.energy_pj,
            "edp_js": self.edp,
            "utilization": self.utilization,
            "bound_by": self.bound_by,
            "energy_breakdown_pj": dict(self.energy_breakdown_pj),
        }


@dataclass(frozen=True)
class NetworkCost:
    """Cost of one inference of a network, layer by layer in the order they run.

    Attributes:
        network: what ran.
        accelerator: where.
        layers: one cost for each layer.
    """

    network: Network
    accelerator: Accelerator
    layers: tuple[LayerCost, ...]

    @cached_property
    def energy_pj(self) -> float:
        """Energy of all layers."""
        return math.fsum(cost.energy_pj for cost in self.layers)

    @cached_property
    def latency_s(self) -> float:
        """Latency of all layers, one after the other."""
        return math.fsum(cost.latency_s for cost in self.layers)

    @property
    def edp(self) -> float:
        """Energy-delay product in joule seconds: all energy times all latency."""
        return self.energy_pj * 1e-12 * self.latency_s

    @cached_property
    def bounds(self) -> tuple[LayerBound, ...]:
        """What no mapping of each layer on this machine can beat."""
        return self._bounds()

    def _bounds(self, *, dividing: bool = False) -> tuple[LayerBound, ...]:
        known: dict[ShapeKey, LayerBound] = {}
        for cost in self.layers:
            if cost.layer.shape_key not in known:
                known[cost.layer.shape_key] = _bound(cost, self.accelerator, dividing)
        return tuple(known[cost.layer.shape_key].over(cost.layer.times) for cost in self.layers)

    def lower_bound(self, objective: Objective) -> float:
        """What the objective is not below under any mappings of these layers on this machine, in its unit: proven."""
        return network_bound(self.bounds, objective)

    def gap(self, objective: Objective) -> float:
        """How far the objective may be above that of the best mappings: at most this share, proven."""
        value = objective.of(self.energy_pj, self.latency_s)
        return max(value / self.lower_bound(objective) - 1, 0.0)

    def above_dividing(self, objective: Objective) -> float | None:
        """How far the objective may be above that of the best mappings whose tiles divide: at most this share, below 0
        where it is less than that of all of them; ``None`` where not every layer was held against those.
        """
        if any(cost.mapping is not None and cost.proof is None for cost in self.layers):
            return None
        value = objective.of(self.energy_pj, self.latency_s)
        return value / network_bound(self._bounds(dividing=True), objective) - 1

    @property
    def weakly_bounded(self) -> int:
        """Layers of which nothing is proven but what every mapping has to pay, which the best may stay far above."""
        return sum(cost.mapping is not None and bound.proof is None for cost, bound in zip(self.layers, self.bounds))

    def layer_gaps(self, objective: Objective) -> tuple[float, ...]:
        """The same for each layer's part in it: for a product, for the sum E + w T with w = E / T of the network."""
        direction = steepest(objective, self.energy_pj, self.latency_s)
        costs = (direction[0] * cost.energy_pj + direction[1] * cost.latency_s for cost in self.layers)
        return tuple(max(cost / bound.least(direction) - 1, 0.0) for cost, bound in zip(costs, self.bounds))

    def layers_frame(self) -> pandas.DataFrame:
        """Every layer, see :func:`layers_frame`."""
        return layers_frame([self])

    @property
    def power_w(self) -> float:
        """Average power while it runs."""
        return self.energy_pj * 1e-12 / self.latency_s

    @property
    def utilization(self) -> float:
        """Share of the machine's MACs that do useful work over the whole latency."""
        cycles = math.fsum(cost.cycles for cost in self.layers)
        return self.network.macs / (cycles * self.accelerator.macs_per_cycle)

    @cached_property
    def energy_breakdown_pj(self) -> dict[str, float]:
        """Energy by part; the values add up to :attr:`energy_pj` (to rounding)."""
        parts: dict[str, float] = {}
        for cost in self.layers:
            for part, energy in cost.energy_breakdown_pj.items():
                parts[part] = parts.get(part, 0.0) + energy
        return parts

    @property
    def time_shares(self) -> dict[str, float]:
        """Share of the latency during which each thing binds, largest first."""
        seconds: dict[str, float] = {}
        for cost in self.layers:
            seconds[cost.bound_by] = seconds.get(cost.bound_by, 0.0) + cost.latency_s
        ranked = sorted(seconds.items(), key=lambda item: -item[1])
        return {name: time / self.latency_s for name, time in ranked}

    def costliest(self, count: int) -> list[LayerCost]:
        """Layers with the most energy times latency, costliest first."""
        return sorted(self.layers, key=lambda cost: -cost.edp)[:count]

    def to_dict(self) -> dict[str, Any]:
        """Figures of the whole network as plain data for JSON."""
        return {
            "network": self.network.name,
            "resolution": self.network.resolution,
            "macs": self.network.macs,
            "params": self.network.params,
            "latency_s": self.latency_s,
            "energy_pj": self.energy_pj,
            "edp_js": self.edp,
            "edp_lower_bound_js": self.lower_bound(OBJECTIVES["edp"]),
            "edp_gap": self.gap(OBJECTIVES["edp"]),
            "power_w": self.power_w,
            "utilization": self.utilization,
            "energy_breakdown_pj": self.energy_breakdown_pj,
            "time_bound_by": self.time_shares,
        }


def _bound(cost: LayerCost, accelerator: Accelerator, dividing: bool) -> LayerBound:
    """The bound on one run of a layer; a vector layer has only one way to run."""
    if cost.mapping is None:
        times = cost.layer.times
        return LayerBound(cost.latency_s / times, cost.energy_pj / times)
    return bound_mappings(cost.layer, cost.mapping, accelerator, cost.proof, dividing=dividing)


def evaluate_layer(layer: Layer, accelerator: Accelerator, mapping: Mapping | None) -> LayerCost:
    """Cost of one run of a layer; a vector layer takes no mapping.

    Raises:
        InputError: a layer for the MAC array without a mapping, or with one that is not valid.
    """
    cost: Cost | VectorCost
    if not layer.is_mac:
        cost, mapping, utilization = vector_cost(layer, accelerator), None, 0.0
    elif mapping is None:
        raise InputError(f"layer {layer.name!r}", "no mapping", "runs on the MAC array and needs one")
    else:
        cost = evaluate(layer, accelerator, mapping)
        if cost.error is not None:
            raise cost.error
        utilization = cost.utilization
    return LayerCost(
        layer=layer,
        mapping=mapping,
        cycles=cost.cycles,
        latency_s=cost.latency_s,
        energy_pj=cost.energy_pj,
        energy_breakdown_pj=EnergyParts(cost),
        utilization=utilization,
        bound_by=cost.bound_by,
    )


def evaluate_network(
    network: Network,
    accelerator: Accelerator,
    mappings: MappingABC[ShapeKey, Mapping],
    proofs: MappingABC[ShapeKey, MappingProof] = MappingProxyType({}),
) -> NetworkCost:
    """Cost of one inference of ``network``.

    Args:
        network: what runs.
        accelerator: where.
        mappings: for every shape of its MAC layers (:attr:`nets.Layer.shape_key`).
        proofs: of those shapes whose mappings were proven near their best.

    Raises:
        InputError: a mapping is missing or not valid.
    """
    seen: dict[ShapeKey, LayerCost] = {}
    costs = []
    for layer in network.layers:
        key = layer.shape_key
        if key not in seen:
            seen[key] = replace(evaluate_layer(layer, accelerator, mappings.get(key)), proof=proofs.get(key))
        costs.append(seen[key].of(layer))
    return NetworkCost(network, accelerator, tuple(costs))


def layers_frame(costs: Sequence[NetworkCost]) -> pandas.DataFrame:
    """Every layer of every network, in the order they run: the columns of ``layers.csv``.

    Raises:
        CosearchError: pandas is not installed.
    """
    columns, rows = layer_rows(costs)
    return frame(rows, columns)


def layer_rows(costs: Sequence[NetworkCost]) -> tuple[list[str], list[dict[str, Any]]]:
    """Columns, with units, and the cost of every layer of every network."""
    parts = list(dict.fromkeys(part for cost in costs for part in cost.energy_breakdown_pj))
    rows = []
    for cost in costs:
        for layer, bound in zip(cost.layers, cost.bounds):
            figures = layer.to_dict() | {"edp_lower_bound_js": network_bound([bound], OBJECTIVES["edp"])}
            figures |= {f"{part}_pj": energy for part, energy in figures.pop("energy_breakdown_pj").items()}
            shape = dict(zip("NGKCPQRS", layer.layer.bounds))
            rows.append({"network": cost.network.name} | figures | shape)
    columns = ["network", "name", "kind", *"NGKCPQRS", "times", "macs", "cycles", "latency_s", "energy_pj", "edp_js"]
    columns += ["edp_lower_bound_js", "utilization", "bound_by", *(f"{part}_pj" for part in parts)]
    return columns, rows
