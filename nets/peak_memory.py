"""How much memory a network's activations need at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from nets.layer import Layer


class Graph(Protocol):
    """What runs: a :class:`nets.Network`."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in the order they run."""

    def inputs(self, name: str, /) -> tuple[str, ...]:
        """Names of the layers that a layer reads; none, or one that is no layer's, for the network's own input."""


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
        in_place = in_place_depthwise and last and _is_depthwise(layer)
        peak = max(peak, live + (layer.N * layer.P * layer.Q if in_place else layer.output_words))
    return peak


@dataclass(frozen=True)
class Piece:
    """Some layers of a network that follow each other; what others write is the piece's own input.

    Attributes:
        layers: in the order they run.
        inputs: as the network's own.
    """

    layers: tuple[Layer, ...]
    inputs: Callable[[str], tuple[str, ...]]


class Sram(NamedTuple):
    """Bytes of a microcontroller's memory that a network of 8 bits takes under TinyEngine.

    What its memory scheduler and its operators count (mit-han-lab/tinyengine: ``GeneralMemoryScheduler.py``,
    ``conv2d.py``, ``depthwiseConv2d.py``): all layers share one buffer for columns and one for a kernel, beside the
    activations.

    Attributes:
        activations: the most alive at once; a depthwise convolution whose input nothing reads later writes over it.
        columns: the largest of what convolutions spread out: the inputs of two output pixels at 16 bits, or two padded
            planes of a depthwise convolution.
        kernel: the largest weights of a convolution wider than 1x1, at 16 bits.
    """

    activations: int
    columns: int
    kernel: int

    @property
    def total(self) -> int:
        """What the device must have."""
        return sum(self)


def sram_of(network: Graph) -> Sram:
    """The memory of a network under TinyEngine; one image."""
    return joined_sram(
        Sram(live + (0 if last and _is_depthwise(layer) else layer.output_words), *_buffers(layer))
        for layer, live, last in _live_inputs(network)
    )


EARLY_REST_BYTES: Final = 2_816


def early_sram_of(network: Graph) -> int:
    """Bytes under the engine of MCUNet's first tables (2021), which was not released.

    Its nine published rows (mit-han-lab/tinyml, ``mcunet/README.md``, d25cd4b) follow, each to its rounding, from what
    the released engine takes, a buffer besides for the largest sum of a shortcut, and 2.75 KiB that are the same in
    every row. Only this last figure is fitted; what it holds is not published.
    """
    sums = (layer.output_words for layer in network.layers if layer.kind == "eltwise" and layer.operands > 1)
    return sram_of(network).total + max(sums, default=0) + EARLY_REST_BYTES


def joined_sram(parts: Iterable[Sram]) -> Sram:
    """The memory of parts that run one after the other, between which nothing else is alive."""
    return Sram(*map(max, zip(Sram(0, 0, 0), *parts, strict=True)))


def _buffers(layer: Layer) -> tuple[int, int]:
    """(columns, kernel) of one layer in bytes, see :class:`Sram`; linear layers are 1x1 convolutions."""
    if not layer.is_mac:
        return 0, 0
    if _is_depthwise(layer):
        beside = layer.R // 2 * 2, layer.S // 2 * 2
        return 2 * (layer.input_height + beside[0]) * (layer.input_width + beside[1]), 0
    columns = 2 * 2 * layer.R * layer.S * layer.C
    return columns, 2 * layer.weight_words if layer.R * layer.S > 1 else 0


def _is_depthwise(layer: Layer) -> bool:
    return layer.kind == "conv" and layer.G > 1 and layer.K == layer.C == 1


def peak_conv_words(network: Graph, *, leave_out: Collection[str] = ()) -> int:
    """The largest input + output + weights of a convolution, in words: a device that also holds the running weights.

    What is kept for a shortcut counts at the depthwise convolutions only, and the layers of the head are left out: the
    definition under which memory was published with the measured Once-for-All subnets of MOOFA.

    Args:
        leave_out: names of the layers that do not count.
    """
    return max(
        (
            (live if _is_depthwise(layer) else layer.input_words) + layer.output_words + layer.weight_words
            for layer, live, _ in _live_inputs(network)
            if layer.kind == "conv" and layer.name not in leave_out
        ),
        default=0,
    )


def _live_inputs(network: Graph) -> Iterator[tuple[Layer, int, bool]]:
    """Every layer with the words that are alive before it writes (its own inputs and what later layers read), and
    whether it is the last to read its inputs."""
    layers = network.layers
    names = {layer.name for layer in layers}
    sources = {
        layer.name: tuple(source if source in names else None for source in network.inputs(layer.name)) or (None,)
        for layer in layers
    }  # None stands for the network's input
    last_use = {source: step for step, layer in enumerate(layers) for source in sources[layer.name]}
    alive: dict[str | None, int] = {
        None: max((_operand_words(layer) for layer in layers if None in sources[layer.name]), default=0)
    }
    for step, layer in enumerate(layers):
        last = all(last_use[source] == step for source in sources[layer.name])
        yield layer, sum(alive.values()), last
        alive[layer.name] = layer.output_words
        alive = {name: words for name, words in alive.items() if last_use.get(name, -1) > step}


def _operand_words(layer: Layer) -> int:
    return layer.input_words // layer.operands
