"""Inference patch by patch: the first part of a network runs on one piece of the image at a time (MCUNetV2, Lin et al.
2021, section 3.1).

The output of that *stage* is cut into patches. For each of them only what it depends on is computed: going back
through the layers a patch grows by the halo of every filter, and what halos share is computed again. A stage needs room
for its whole output and for what is alive of one patch; then the rest runs layer by layer. Of the image only the piece
that a patch reads is held. A halo outside of the image is padding: no memory, no multiply-accumulates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from nets.layer import Layer
from nets.peak_memory import Graph, Piece, Sram, joined_sram, sram_of

if TYPE_CHECKING:
    from nets.network import Network

_LOCAL: Final = ("conv", "pool", "eltwise")
"""Kinds of layers that compute a piece of a plane from a piece of another."""


class Span(NamedTuple):
    """Rows or columns of a plane, the last of them excluded."""

    first: int
    end: int

    @property
    def size(self) -> int:
        """How many."""
        return self.end - self.first


class Box(NamedTuple):
    """A rectangle of a plane."""

    rows: Span
    columns: Span

    def hull(self, *others: Box) -> Box:
        """The least box around all of them."""
        boxes = (self, *others)
        return Box(*(Span(min(s.first for s in spans), max(s.end for s in spans)) for spans in zip(*boxes)))


@dataclass(frozen=True)
class Patch:
    """What it takes to compute a box of a part's output.

    Attributes:
        sram: memory meanwhile, the boxes of the part's input and output with it.
        macs: multiply-accumulates.
        reads: box of the part's input.
    """

    sram: Sram
    macs: int
    reads: Box


class Part:
    """Layers that read one feature map and write one, beside which nothing else is alive.

    Args:
        graph: of the layers; the last one writes what the next part reads.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph, self.layers, self.sram = graph, graph.layers, sram_of(graph)
        self.macs = sum(layer.macs for layer in self.layers)
        self.is_local = all(layer.kind in _LOCAL and layer.times == 1 for layer in self.layers)
        self._planes = {layer.name: (layer.P, layer.Q) for layer in self.layers}
        self._patches: dict[Box, Patch] = {}

    @property
    def title(self) -> str:
        """The layer that it ends with."""
        return f"{self.layers[-1].name} ({self.layers[-1].P} x {self.layers[-1].Q})"

    def patch(self, box: Box) -> Patch:
        """What a box of the output takes."""
        if box not in self._patches:
            self._patches[box] = self._cut(box)
        return self._patches[box]

    def _cut(self, box: Box) -> Patch:
        needed, outside, cut = {self.layers[-1].name: [box]}, [], []
        for layer in reversed(self.layers):
            if layer.name not in needed:
                continue
            own = needed[layer.name][0].hull(*needed[layer.name][1:])
            reads, padding = _reads(layer, own)
            cut.append(replace(layer, P=own.rows.size, Q=own.columns.size, padding=padding))
            for source in self.graph.inputs(layer.name) or (None,):
                if source in self._planes:
                    needed.setdefault(source, []).append(_inside(reads, self._planes[source]))
                else:
                    outside.append(reads)
        piece = Piece(tuple(reversed(cut)), self.graph.inputs)
        return Patch(sram_of(piece), sum(layer.macs for layer in cut), outside[0].hull(*outside[1:]))


class Schedule(NamedTuple):
    """How a network runs.

    Attributes:
        parts: so many run patch by patch; 0 where nothing is gained by it.
        sram: memory that it takes.
        macs: multiply-accumulates, those of halos with them.
    """

    parts: int
    sram: Sram
    macs: int


def scheduled(parts: Sequence[Part], patches: int) -> Schedule:
    """The schedule of least memory, and among equals of the fewest multiply-accumulates, of ``patches x patches``.

    Args:
        parts: a chain.
        patches: along each side of the stage's output; fewer where that has fewer rows or columns.
    """
    rest = joined_sram(part.sram for part in parts)
    macs = sum(part.macs for part in parts)
    best = Schedule(0, rest, macs)
    for count, part in enumerate(parts, 1):
        if not part.is_local:
            break
        rest = joined_sram(later.sram for later in parts[count:])
        if rest.total > best.sram.total:
            continue
        sram, own = _stage(parts[:count], patches)
        found = Schedule(count, joined_sram((sram, rest)), own + sum(later.macs for later in parts[count:]))
        best = min(best, found, key=lambda one: (one.sram.total, one.macs))
    return best


def parts_of(network: Network) -> list[Part]:
    """A network cut wherever a single feature map leads on."""
    parts, begun, reach = [], 0, 0
    layers = network.layers
    last_read = {source: step for step, layer in enumerate(layers) for source in network.inputs(layer.name)}
    of_image = max((step for step, layer in enumerate(layers) if not network.inputs(layer.name)), default=0)
    for step, layer in enumerate(layers):
        following = step == len(layers) - 1
        if following or (reach <= step and of_image <= step and last_read.get(layer.name, 0) > step):
            parts.append(Part(Piece(layers[begun : step + 1], network.inputs)))
            begun = step + 1
        reach = max(reach, last_read.get(layer.name, 0))
    return parts


def _stage(parts: Sequence[Part], patches: int) -> tuple[Sram, int]:
    """Memory and multiply-accumulates of parts that run patch by patch."""
    output = parts[-1].layers[-1]
    found: list[Sram] = []
    macs = 0
    for box in map(Box._make, product(_spans(output.P, patches), _spans(output.Q, patches))):
        for part in reversed(parts):
            patch = part.patch(box)
            found.append(patch.sram)
            macs, box = macs + patch.macs, patch.reads
    most = joined_sram(found)
    return most._replace(activations=most.activations + output.output_words), macs


def _spans(size: int, patches: int) -> list[Span]:
    """A side cut as evenly as it goes."""
    edges = [index * size // patches for index in range(patches + 1)]
    return [Span(first, end) for first, end in zip(edges, edges[1:]) if end > first]


def _reads(layer: Layer, box: Box) -> tuple[Box, tuple[int, int, int, int]]:
    """The box of its input that a box of a layer's output depends on, and the padding that is left around it."""
    top, bottom, left, right = layer.padding
    heights = _window(box.rows, layer.stride[0], (layer.R - 1) * layer.dilation[0] + 1, top, layer.input_height)
    widths = _window(box.columns, layer.stride[1], (layer.S - 1) * layer.dilation[1] + 1, left, layer.input_width)
    return Box(heights[0], widths[0]), (*heights[1:], *widths[1:])


def _window(span: Span, stride: int, filter: int, padding: int, size: int) -> tuple[Span, int, int]:
    """What a filter sweeps, without the padding before and after it."""
    first, end = span.first * stride - padding, (span.end - 1) * stride - padding + filter
    return Span(max(0, first), min(size, end)), max(0, -first), max(0, end - size)


def _inside(box: Box, plane: tuple[int, int]) -> Box:
    """A box of a plane that may be a single pixel for all, as the factors of a squeeze-excite are."""
    return Box(*(span if span.end <= size else Span(0, size) for span, size in zip(box, plane)))
