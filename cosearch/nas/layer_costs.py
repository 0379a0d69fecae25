"""What layers cost on an accelerator, each shape mapped once: layers repeat across the networks of a space."""

from __future__ import annotations

from collections.abc import Iterable

from accel_models.accelerator import Accelerator
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import ShapeKey
from cosearch.problem.options import MapperOptions
from nets.layer import Layer


class LayerCosts:
    """Costs by layer shape, filled in as shapes are met.

    Args:
        accelerator: where layers run.
        options: how they are mapped.
        budget: mappings tried for each shape.
    """

    def __init__(self, accelerator: Accelerator, options: MapperOptions, budget: int) -> None:
        self.accelerator, self.options, self.budget = accelerator, options, budget
        self._known: dict[ShapeKey, tuple[float, float]] = {}

    def __len__(self) -> int:
        """Shapes mapped so far."""
        return len(self._known)

    def require(self, layers: Iterable[Layer]) -> None:
        """Map those whose shape is new, all in one go."""
        fresh = list({layer.shape_key: layer for layer in layers if layer.shape_key not in self._known}.values())
        if fresh:
            table = map_shapes(fresh, [self.accelerator], self.options, self.budget)
            costs = zip(table.latency_s[0].tolist(), table.energy_pj[0].tolist())
            self._known.update(zip((layer.shape_key for layer in fresh), costs))

    def of(self, layers: Iterable[Layer]) -> tuple[float, float]:
        """(latency in s, energy in pJ) of layers that run one after the other; infinite where one cannot be mapped."""
        layers = list(layers)
        self.require(layers)
        costs = [self._known[layer.shape_key] for layer in layers]
        return sum(latency for latency, _ in costs), sum(energy for _, energy in costs)
