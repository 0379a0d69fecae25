"""Inference patch by patch: the first part of a network runs on one piece of the image at a time (MCUNetV2, Lin et al.
2021, section 3.1).

The output of that *stage* is cut into patches. For each of them only what it depends on is computed: going back
through the layers a patch grows by the halo of every filter, and what halos share is computed again. A stage needs room
for its whole output and for what is alive of one patch; then the rest runs layer by layer. Of the image only the piece
that a patch reads is held. A halo outside of the image is padding: no memory, no multiply-accumulates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise, product
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


class Swept(NamedTuple):
    """What a layer computes of a patch along one side of its plane.

    Attributes:
        writes, reads: rows or columns, without padding.
        before, after: padding.
    """

    writes: int
    reads: int
    before: int
    after: int


class Reach(NamedTuple):
    """What a span of a part's output depends on.

    Attributes:
        layers: one for each layer of the part, ``None`` where nothing depends on it.
        reads: of the part's input.
    """

    layers: tuple[Swept | None, ...]
    reads: Span

    def covers(self, other: Reach) -> bool:
        """Whether no layer computes or reads less."""
        pairs = zip(self.layers, other.layers)
        return all(
            own is not None and own.writes >= theirs.writes and own.reads >= theirs.reads
            for own, theirs in pairs
            if theirs
        )


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
        self.reach = cache(self._reach)
        self.patch = cache(self._patch)

    @property
    def title(self) -> str:
        """The layer that it ends with."""
        return f"{self.layers[-1].name} ({self.layers[-1].P} x {self.layers[-1].Q})"

    def _reach(self, side: int, span: Span) -> Reach:
        """What a span of its output's rows (``side`` 0) or columns (1) depends on."""
        needed: dict[str | None, Span] = {self.layers[-1].name: span}
        swept: list[Swept | None] = []
        for layer in reversed(self.layers):
            if (own := needed.get(layer.name)) is None:
                swept.append(None)
                continue
            reads, before, after = _window(layer, side, own)
            swept.append(Swept(own.size, reads.size, before, after))
            for source in self.graph.inputs(layer.name) or ("",):
                inside = source in self._planes
                spans = [_inside(reads, self._planes[source][side]) if inside else reads]
                known = source if inside else None
                spans += [needed[known]] if known in needed else []
                needed[known] = _hull(spans)
        return Reach(tuple(reversed(swept)), needed[None])

    def _patch(self, rows: tuple[Swept | None, ...], columns: tuple[Swept | None, ...]) -> Sram:
        """Memory while one patch is computed, its input and output with it."""
        cut = [
            replace(layer, P=down.writes, Q=across.writes, padding=(*down[2:], *across[2:]))
            for layer, down, across in zip(self.layers, rows, columns)
            if down and across
        ]
        return sram_of(Piece(tuple(cut), self.graph.inputs))


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
        if rest.total >= best.sram.total:  # a longer stage never saves multiply-accumulates
            continue
        sram, own = _stage(parts[:count], patches)
        found = Schedule(count, joined_sram((sram, rest)), own + sum(later.macs for later in parts[count:]))
        best = min(best, found, key=lambda one: (one.sram.total, one.macs))
    return best


def parts_of(network: Network) -> list[Part]:
    """A network cut wherever a single feature map leads on, and not into a gathering of several."""
    layers, parts, begun, reach = network.layers, [], 0, 0
    last_read: dict[str | None, int] = {}
    gathered: set[str] = set()
    for step, layer in enumerate(layers):
        sources = network.inputs(layer.name)
        last_read |= dict.fromkeys(sources or (None,), step)
        gathered.update(sources if layer.kind == "movement" or len(sources) > layer.operands else ())
    for step, layer in enumerate(layers):
        single = max(reach, last_read.get(None, 0)) <= step < last_read.get(layer.name, 0)
        if step == len(layers) - 1 or (single and layer.name not in gathered):
            parts.append(Part(Piece(layers[begun : step + 1], network.inputs)))
            begun = step + 1
        reach = max(reach, last_read.get(layer.name, 0))
    return parts


def _stage(parts: Sequence[Part], patches: int) -> tuple[Sram, int]:
    """Memory and multiply-accumulates of parts that run patch by patch.

    Sides of a patch depend on each other nowhere: sums over patches are products of sums over rows and over columns,
    and most memory is taken by patches whose sides no other's exceed.
    """
    output = parts[-1].layers[-1]
    sides = [
        [_reaches(parts, side, span) for span in _spans(size, patches)]
        for side, size in enumerate((output.P, output.Q))
    ]
    macs = 0
    for index, part in enumerate(parts):
        for number, layer in enumerate(part.layers):
            rows, columns = (
                sum(swept.writes for reaches in side if (swept := reaches[index].layers[number])) for side in sides
            )
            macs += layer.macs // (layer.P * layer.Q) * rows * columns
    found = [
        part.patch(rows[index].layers, columns[index].layers)
        for rows, columns in product(*map(_largest, sides))
        for index, part in enumerate(parts)
    ]
    most = joined_sram(found)
    return most._replace(activations=most.activations + output.output_words), macs


def _reaches(parts: Sequence[Part], side: int, span: Span) -> tuple[Reach, ...]:
    """What a span of the last part's output depends on, in every part."""
    found: list[Reach] = []
    for part in reversed(parts):
        found.append(part.reach(side, span))
        span = found[-1].reads
    return tuple(reversed(found))


def _largest(patches: Sequence[tuple[Reach, ...]]) -> list[tuple[Reach, ...]]:
    """Those that no other covers in all parts; of equal ones the first."""
    kept: list[tuple[Reach, ...]] = []
    for patch in patches:
        if not any(all(map(Reach.covers, other, patch)) for other in kept):
            kept = [other for other in kept if not all(map(Reach.covers, patch, other))]
            kept.append(patch)
    return kept


def _spans(size: int, patches: int) -> list[Span]:
    """A side cut as evenly as it goes."""
    edges = [index * size // patches for index in range(patches + 1)]
    return [Span(first, end) for first, end in pairwise(edges) if end > first]


def _window(layer: Layer, side: int, span: Span) -> tuple[Span, int, int]:
    """What a layer's filter sweeps of its input along a side, without the padding before and after it."""
    stride, padding = layer.stride[side], layer.padding[2 * side]
    filter, size = ((layer.R, layer.input_height), (layer.S, layer.input_width))[side]
    first = span.first * stride - padding
    end = (span.end - 1) * stride - padding + (filter - 1) * layer.dilation[side] + 1
    return Span(max(0, first), min(size, end)), max(0, -first), max(0, end - size)


def _hull(spans: Sequence[Span]) -> Span:
    return Span(min(span.first for span in spans), max(span.end for span in spans))


def _inside(span: Span, size: int) -> Span:
    """A span of a plane that may be a single pixel for all, as the factors of a squeeze-excite are."""
    return span if span.end <= size else Span(0, size)
