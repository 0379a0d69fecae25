"""A network: a directed acyclic graph of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import networkx as nx

from nets.errors import NO_VALUE, InputError
from nets.layer import DIMS, CachedTensor, Layer
from nets.number_formats import NumberFormats
from nets.peak_memory import peak_activation_words
from nets.ranges import EXACT, require_exact


class Network:
    """A named DAG of :class:`Layer`, kept in the order in which layers were added, which is the order they run in.

    Args:
        name: what reports call it.
        resolution: rows (= columns) of its input image, or sequence length.
        space: id of the search space it was drawn from, if any.
        config: its configuration in that space, if any.

    Attributes:
        graph: the DAG; node ``name`` carries its ``layer`` and the ordered names of the ``inputs`` it reads.
    """

    def __init__(
        self, name: str, *, resolution: int = 0, space: str | None = None, config: Mapping[str, object] | None = None
    ) -> None:
        self.name = name
        self.resolution = resolution
        self.space = space
        self.config = config
        self.graph: nx.DiGraph[str] = nx.DiGraph()
        self._last: str | None = None
        self._totals: dict[str, int | Fraction] = dict.fromkeys(("macs", "params", "input_words", "output_words"), 0)

    def __repr__(self) -> str:
        return f"Network({self.name!r}, resolution={self.resolution}, {len(self.graph)} layers)"

    def add(self, layer: Layer, inputs: Sequence[str] | None = None) -> str:
        """Append ``layer`` and return its name.

        Args:
            layer: the operation.
            inputs: names of the layers it reads, in the order of its operands (a matmul of two activations reads the
                one that plays ``I`` first); the layer added last when omitted; none for ``()``, which stands for the
                network's own input.

        Raises:
            InputError: the name is taken, an input is unknown, or the MACs, parameters or words of all layers are too
                many to be counted exactly (:mod:`nets.ranges`).
        """
        if layer.name in self.graph:
            raise InputError(f"network {self.name!r}: layer name", layer.name, "is taken")
        if inputs is None:
            inputs = () if self._last is None else (self._last,)
        for source in inputs:
            if source not in self.graph:
                raise InputError(f"network {self.name!r}: input of {layer.name!r}", source, "is not a layer")
        for what in self._totals:
            count = getattr(layer, what)
            total = self._totals[what] + (count if what == "params" else _in_all(layer, count))
            if total > EXACT:
                require_exact(f"network {self.name!r}: {what} up to layer {layer.name!r}", round(total))
            self._totals[what] = total
        self.graph.add_node(layer.name, layer=layer, inputs=tuple(inputs))
        self.graph.add_edges_from((source, layer.name) for source in inputs)
        self._last = layer.name
        return layer.name

    def label(self, name: str, *, cached: CachedTensor) -> None:
        """Say of a layer which of its tensors lies in a cache of keys and values."""
        self.graph.nodes[name]["layer"] = replace(self.layer(name), cached=cached)

    def at_precision(self, *, weight: int, input: int, output: int, psum: int) -> Network:
        """The same network with operands of so many bits, but for layers that state a precision of their own."""
        return self.changed(lambda layer: layer.at_precision(weight=weight, input=input, output=output, psum=psum))

    def in_formats(self, formats: NumberFormats) -> Network:
        """The same network with its numbers in other formats.

        Raises:
            InputError: see :func:`require_cache`.
        """
        require_cache(formats, self.layers, f"network {self.name!r}")
        return self.changed(lambda layer: layer.in_formats(formats))

    def with_weight_bits(self, bits: Mapping[str, float]) -> Network:
        """The same network with weights of so many bits, by layer; the others keep theirs."""
        return self.changed(lambda layer: replace(layer, weight_bits=bits.get(layer.name, layer.weight_bits)))

    def changed(self, change: Callable[[Layer], Layer]) -> Network:
        """The same network of other layers."""
        other = Network(self.name, resolution=self.resolution, space=self.space, config=self.config)
        for layer in self.layers:
            other.add(change(layer), self.inputs(layer.name))
        return other

    @property
    def last(self) -> str:
        """Name of the layer added last."""
        if self._last is None:
            raise InputError(f"network {self.name!r}", NO_VALUE, "has no layer yet")
        return self._last

    def layer(self, name: str) -> Layer:
        """The layer of that name."""
        layer: Layer = self.graph.nodes[name]["layer"]
        return layer

    def inputs(self, name: str) -> tuple[str, ...]:
        """Names of the layers that a layer reads, in the order of its operands."""
        inputs: tuple[str, ...] = self.graph.nodes[name]["inputs"]
        return inputs

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
        return round(sum(_in_all(layer, layer.macs) for layer in self.layers))

    @property
    def params(self) -> int:
        """Learned parameters."""
        return sum(layer.params for layer in self.layers)

    @property
    def activations(self) -> int:
        """Words written by all MAC layers."""
        return round(sum(_in_all(layer, layer.output_words) for layer in self.mac_layers))

    @property
    def peak_memory_words(self) -> int:
        """Most words of activations alive at once, as :func:`nets.peak_memory.peak_activation_words` defines it."""
        return peak_activation_words(self)

    def unique_layers(self) -> list[tuple[Layer, float]]:
        """Layers of different shape with how often each runs, in order of first occurrence."""
        return unique_layers(self.layers)

    def to_dict(self) -> dict[str, object]:
        """The network and its layers as plain data, ready for JSON."""
        return {
            "name": self.name,
            "resolution": self.resolution,
            "macs": self.macs,
            "params": self.params,
            "activations": self.activations,
            "peak_activation_words": self.peak_memory_words,
            "layers": [
                {
                    "name": layer.name,
                    "kind": layer.kind,
                    "inputs": list(self.inputs(layer.name)),
                    "dims": dict(zip(DIMS, layer.bounds)),
                    "stride": list(layer.stride),
                    "dilation": list(layer.dilation),
                    "padding": list(layer.padding),
                    "times": layer.times,
                    "macs": layer.macs,
                    "params": layer.params,
                }
                for layer in self.layers
            ],
        }


def unique_layers(layers: Iterable[Layer]) -> list[tuple[Layer, float]]:
    """Group equal shapes: (first layer of that shape, how often all of them run)."""
    groups: dict[tuple[object, ...], tuple[Layer, float]] = {}
    for layer in layers:
        first, count = groups.get(layer.shape_key, (layer, 0))
        groups[layer.shape_key] = (first, count + layer.times)
    return list(groups.values())


def require_cache(formats: NumberFormats, layers: Iterable[Layer], place: str) -> None:
    """Make sure that keys and values are kept somewhere, if formats say how.

    Raises:
        InputError: none of the layers reads or writes them; groups that do not divide those of a token.
    """
    if formats.cache is None:
        return
    keeping = [layer for layer in layers if layer.cached]
    if not keeping:
        raise InputError(
            f"--precision: {place}", f"kv{formats.cache.bits}",
            "is of keys and values, and it keeps none that are known",
            "leave it out: language models of a config.json, and those of 'cosearch networks list', keep some",
        )  # fmt: skip
    group = formats.cache.group
    for layer in keeping:
        words = layer.G * layer.K
        if layer.cached == "O" and group and words % group:
            rule = f"has groups that do not divide the {words} words that a token adds in {layer.name}"
            raise InputError(f"--precision: {place}", f"kv{formats.cache.bits}g{group}", rule)


def _in_all(layer: Layer, count: int) -> int | Fraction:
    """A count of one run over all runs of a layer, exactly."""
    return count if layer.times == 1 else count * Fraction(layer.times)
