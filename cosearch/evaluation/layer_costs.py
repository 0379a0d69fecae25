"""What layers cost on an accelerator, each shape mapped once: layers repeat across the networks of a space."""

from __future__ import annotations

from collections.abc import Iterable

from accel_models.accelerator import Accelerator
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import ShapeKey
from cosearch.evaluation.precision import at_precision_of, precision_note
from cosearch.problem.mapper_options import MapperOptions
from nets.layer import Layer


class LayerCosts:
    """Costs by layer shape, filled in as shapes are met; layers run at the precision of the accelerator.

    Layers that state a precision of their own keep it, see :func:`cosearch.evaluation.precision.at_precision_of`.

    Args:
        accelerator: where layers run.
        options: how they are mapped.
        budget: mappings tried for each shape.
    """

    def __init__(self, accelerator: Accelerator, options: MapperOptions, budget: int) -> None:
        self.accelerator, self.options, self.budget = accelerator, options, budget
        self._known: dict[ShapeKey, tuple[float, float]] = {}

    def __len__(self) -> int:
        """Shapes met so far."""
        return len(self._known)

    def require(self, layers: Iterable[Layer]) -> None:
        """Map those whose shape is new, all in one go."""
        new = {layer.shape_key: layer for layer in layers if layer.shape_key not in self._known}
        if new:
            fresh = {key: at_precision_of(self.accelerator, layer) for key, layer in new.items()}
            shapes = {layer.shape_key: layer for layer in fresh.values()}
            table = map_shapes([*shapes.values()], [self.accelerator], self.options, self.budget)
            costs = dict(zip(shapes, zip(table.latency_s[0].tolist(), table.energy_pj[0].tolist())))
            self._known.update((key, costs[layer.shape_key]) for key, layer in fresh.items())

    def precision(self, layers: Iterable[Layer]) -> str:
        """Which precision counts for layers, in words; empty where machine and layers agree on the usual one."""
        return precision_note(self.accelerator, [at_precision_of(self.accelerator, layer) for layer in layers])

    def of(self, layers: Iterable[Layer]) -> tuple[float, float]:
        """(latency in s, energy in pJ) of layers that run one after the other; infinite where one cannot be mapped."""
        layers = list(layers)
        self.require(layers)
        costs = [self._known[layer.shape_key] for layer in layers]
        return sum(latency for latency, _ in costs), sum(energy for _, energy in costs)
