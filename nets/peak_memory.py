"""How much memory a network's activations need at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from nets.layer import Layer


class Graph(Protocol):
    """What runs: a :class:`nets.Network`."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in the order they run."""

    def inputs(self, name: str, /) -> tuple[str, ...]:
        """Names of the layers that a layer reads; none for the network's own input."""


def peak_activation_words(network: Graph, *, in_place_depthwise: bool = False) -> int:
    """The largest sum of words alive while a layer runs.

    Layers run one at a time in the order in which they were added, each from whole inputs to a whole output of its
    own (nothing in place). Alive while one runs: its inputs, its output, and every tensor made earlier that a later
    layer still reads. The network's input is alive until the last layer that reads it has run.

    Args:
        in_place_depthwise: a depthwise convolution whose input nothing reads later writes over it, channel by channel,
            and needs one plane besides (MCUNet, Lin et al. 2020, section 3.2).
    """
    peak = 0
    for layer, live, last in _live_inputs(network):
        in_place = in_place_depthwise and last and layer.kind == "conv" and layer.G > 1 and layer.K == layer.C == 1
        peak = max(peak, live + (layer.N * layer.P * layer.Q if in_place else layer.output_words))
    return peak


def peak_conv_words(network: Graph, *, leave_out: Collection[str] = ()) -> int:
    """The largest input + output + weights of a convolution, in words: a device that also holds the running weights.

    What is kept for a shortcut counts at the depthwise convolutions only, and the layers of the head are left out: the
    definition under which memory was published with the measured Once-for-All subnets of MOOFA.

    Args:
        leave_out: names of the layers that do not count.
    """
    return max(
        (
            (live if layer.G > 1 and layer.K == layer.C == 1 else layer.input_words)
            + layer.output_words
            + layer.weight_words
            for layer, live, _ in _live_inputs(network)
            if layer.kind == "conv" and layer.name not in leave_out
        ),
        default=0,
    )


def _live_inputs(network: Graph) -> Iterator[tuple[Layer, int, bool]]:
    """Every layer with the words that are alive before it writes (its own inputs and what later layers read), and
    whether it is the last to read its inputs."""
    layers = network.layers
    last_use: dict[str | None, int] = {}  # None stands for the network's input
    for step, layer in enumerate(layers):
        for source in network.inputs(layer.name) or (None,):
            last_use[source] = step
    alive: dict[str | None, int] = {
        None: max((_operand_words(layer) for layer in layers if not network.inputs(layer.name)), default=0)
    }
    for step, layer in enumerate(layers):
        last = all(last_use[source] == step for source in network.inputs(layer.name) or (None,))
        yield layer, sum(alive.values()), last
        alive[layer.name] = layer.output_words
        alive = {name: words for name, words in alive.items() if last_use.get(name, -1) > step}


def _operand_words(layer: Layer) -> int:
    return layer.input_words // layer.operands
