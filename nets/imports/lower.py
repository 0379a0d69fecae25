"""From operations to layers: the one table that every importer shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from nets.errors import InputError
from nets.imports.convolutions import conv
from nets.imports.graph import Kind, Op, SourceGraph
from nets.imports.lowering import Lowering
from nets.imports.passes import passes_of
from nets.imports.products import einsum, linear, matmul
from nets.imports.report import Became, ImportedNetwork, ImportReport
from nets.imports.spelling import spelled_out
from nets.imports.unknown import costed_as_copies, require_known
from nets.imports.uses import uses_of, without_unread
from nets.imports.vectors import (
    adaptive_pool,
    concat,
    expand,
    move,
    norm,
    part,
    permute,
    pool,
    softmax,
    tile,
    view,
    wordwise,
)
from nets.layer import Layer
from nets.layer_formats import agreed
from nets.number_formats import sums_of

_LAYERS: Final[dict[Kind, Callable[[Lowering, Op], None]]] = {
    "conv": conv,
    "linear": linear,
    "matmul": matmul,
    "einsum": einsum,
    "pointwise": wordwise,
    "reduce": wordwise,
    "batch_norm": wordwise,
    "norm": norm,
    "softmax": softmax,
    "pool": pool,
    "adaptive_pool": adaptive_pool,
    "view": view,
    "permute": permute,
    "expand": expand,
    "tile": tile,
    "slice": part,
    "split": part,
    "concat": concat,
    "move": move,
    "gather": move,
}
_MISFITS: Final = (ValueError, IndexError, KeyError, TypeError, ZeroDivisionError, StopIteration)


def lower(graph: SourceGraph, *, movement: Sequence[str] = (), fold_3d: bool = False) -> ImportedNetwork:
    """Layers for the operations of a graph.

    Raises:
        InputError: an operation that its shapes do not fit, a network without layers, or one that has not as many
            parameters as its source.
    """
    graph = without_unread(spelled_out(costed_as_copies(graph, movement)))
    uses = uses_of(graph)
    require_known(graph, uses)
    low = Lowering(graph, uses, passes_of(graph, uses), fold_3d=fold_3d)
    for low.number, op in enumerate(graph.ops):
        if uses.constant.issuperset(op.outputs):
            low.fold(op)
            low.became[low.number] = ("constant", "")
        else:
            _lower(low, op)
    return _network(low)


def _lower(low: Lowering, op: Op) -> None:
    try:
        _LAYERS[op.kind](low, op)
    except InputError:
        raise
    except _MISFITS as error:
        shapes = " and ".join("x".join(map(str, low.shape(name))) for name in op.reads)
        raise InputError(f"{op.name} {op.place}", shapes, f"is not what such an operation reads ({error})") from error
    low.became.setdefault(low.number, ("view", ""))


def _network(low: Lowering) -> ImportedNetwork:
    graph = low.graph
    if not low.drafts:
        raise InputError(f"network {graph.name!r}", [*graph.outputs], "follow from no operation on its inputs")
    unread = low.unread
    network = ImportedNetwork(graph.name, resolution=_resolution(graph))
    low.count_with(len(low.drafts) - 1, unread)
    asked = _at_widths(low)
    for name, layer in agreed(asked).items():
        network.add(layer, asked[name][1])
    if network.params != graph.params:
        raise InputError(f"network {graph.name!r}: parameters", network.params, f"are not the {graph.params:,} it has")
    network.report = ImportReport(
        source=graph.name,
        macs=network.macs,
        params=network.params,
        unread_params=unread,
        operations=tuple(Became(op.name, op.place, *low.became[n]) for n, op in enumerate(graph.ops)),
        overcounted=tuple(low.overcounted),
        notes=(*graph.notes, *_widths(network, low)),
    )
    return network


def _at_widths(low: Lowering) -> dict[str, tuple[Layer, Sequence[str]]]:
    """By name every layer, with activations as wide as the source says, where it does, and those that it reads."""
    asked: dict[str, tuple[Layer, Sequence[str]]] = {}
    for draft in low.drafts:
        layer, inputs = draft.finished, [low.drafts[number].layer.name for number in draft.inputs]
        if (bits := draft.read_bits) is not None:
            layer = replace(layer, input_bits=bits, psum_bits=sums_of(bits))
        layer = replace(layer, output_bits=low.bits.get(draft.written, layer.output_bits))
        asked[layer.name] = (layer, inputs)
    return asked


def _widths(network: ImportedNetwork, low: Lowering) -> list[str]:
    """What the source keeps narrower, or wider, than usual."""
    products = [layer for layer in network.mac_layers if layer.name in low.of_own_width]
    weights = Counter(layer.weight_bits for layer in products)
    stated = {draft.layer.name for draft in low.drafts if draft.read_bits is not None}
    inputs = Counter(layer.input_bits for layer in network.mac_layers if layer.name in stated)
    return [
        f"{what} of {count} of {len(network.mac_layers)} products are kept at {bits:g} bits; --precision counts others"
        for what, counts in (("weights", weights), ("inputs", inputs))
        for bits, count in sorted(counts.items())
    ]


def _resolution(graph: SourceGraph) -> int:
    """Rows of the first input that is an image; tokens of the first that is a sequence."""
    shapes = [graph.shapes[name] for name in graph.inputs]
    images = [shape[2] for shape in shapes if len(shape) > 3]
    sequences = [shape[1] for shape in shapes if len(shape) > 1]
    return next(iter([*images, *sequences]), 0)
