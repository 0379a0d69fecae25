"""A network: a directed acyclic graph of layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx as nx

from nets.errors import InputError
from nets.layer import Layer


class Network:
    """A named DAG of :class:`Layer`, kept in the order in which layers were added.

    Args:
        name: what reports call it.
        resolution: rows (= columns) of its input image, or sequence length.
        space: id of the search space it was drawn from, if any.
        config: its configuration in that space, if any.
    """

    def __init__(
        self, name: str, *, resolution: int = 0, space: str | None = None, config: dict[str, object] | None = None
    ) -> None:
        self.name = name
        self.resolution = resolution
        self.space = space
        self.config = config
        self.graph: nx.DiGraph[str] = nx.DiGraph()
        self._last: str | None = None

    def add(self, layer: Layer, inputs: Sequence[str] | None = None) -> str:
        """Append ``layer`` and return its name.

        Args:
            layer: the operation.
            inputs: names of the layers it reads; the layer added last when omitted, none for ``()``.

        Raises:
            InputError: the name is taken or an input is unknown.
        """
        if layer.name in self.graph:
            raise InputError(f"network {self.name!r}: layer name", layer.name, "is taken")
        if inputs is None:
            inputs = () if self._last is None else (self._last,)
        for source in inputs:
            if source not in self.graph:
                raise InputError(f"network {self.name!r}: input of {layer.name!r}", source, "is not a layer")
        self.graph.add_node(layer.name, layer=layer)
        self.graph.add_edges_from((source, layer.name) for source in inputs)
        self._last = layer.name
        return layer.name

    @property
    def last(self) -> str:
        """Name of the layer added last."""
        if self._last is None:
            raise InputError(f"network {self.name!r}", "", "has no layer yet")
        return self._last

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in the order in which they were added (a topological order)."""
        return tuple(data["layer"] for _, data in self.graph.nodes(data=True))

    @property
    def mac_layers(self) -> tuple[Layer, ...]:
        """The layers that run on the MAC array."""
        return tuple(layer for layer in self.layers if layer.is_mac)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference of the whole batch."""
        return sum(layer.macs for layer in self.layers)

    @property
    def params(self) -> int:
        """Learned parameters."""
        return sum(layer.params for layer in self.layers)

    @property
    def activations(self) -> int:
        """Words written by all MAC layers."""
        return sum(layer.output_words for layer in self.mac_layers)

    def unique_layers(self) -> list[tuple[Layer, int]]:
        """Layers of different shape with how often each occurs, in order of first occurrence."""
        return unique_layers(self.layers)


def unique_layers(layers: Iterable[Layer]) -> list[tuple[Layer, int]]:
    """Group equal shapes: (first layer of that shape, how many)."""
    groups: dict[tuple[object, ...], tuple[Layer, int]] = {}
    for layer in layers:
        first, count = groups.get(layer.shape_key, (layer, 0))
        groups[layer.shape_key] = (first, count + 1)
    return list(groups.values())
