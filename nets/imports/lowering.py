"""Layers as they are made of operations: which layer holds a tensor, how it lies there, who counts which parameter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args

from nets.errors import InputError
from nets.imports.graph import Op, Shape, SourceGraph
from nets.imports.layout import Layout
from nets.imports.passes import Passes
from nets.imports.uses import PARTS, RENAMING, Uses
from nets.layer import Activation, Kind, Layer

_Bounds = Mapping[str, Any]

_COMBINED: Final[dict[frozenset[str], Activation]] = {
    frozenset(("sigmoid", "mul")): "swish",
    frozenset(("h_sigmoid", "mul")): "h_swish",
}
"""Activations that a source may spell in two operations."""


@dataclass(frozen=True, slots=True)
class Value:
    """Where a tensor lies.

    Attributes:
        layout: its words among those of the layer that wrote them.
        layers: numbers of the layers to wait for; none for the input of the network and for constants.
        product: a product of activations wrote it, whose loops over heads and rows write in any order.
    """

    layout: Layout
    layers: tuple[int, ...] = ()
    product: bool = False


@dataclass(slots=True)
class Draft:
    """A layer that may still be told to do more as it writes.

    Attributes:
        layer: as it is so far.
        inputs: numbers of the layers that it reads.
        origin: the tensor that it writes first. done: what it does to that as it writes.
        read_bits: of a word that it reads, where the source says so.
    """

    layer: Layer
    inputs: tuple[int, ...]
    origin: str
    read_bits: int | None = None
    done: list[Op] = field(default_factory=list)

    @property
    def written(self) -> str:
        """The tensor that leaves the layer."""
        return self.done[-1].outputs[0] if self.done else self.origin

    @property
    def finished(self) -> Layer:
        """The layer, with the activation function that it does as it writes."""
        return replace(self.layer, activation=activation_of(self.done) or self.layer.activation)


class Lowering:
    """The state of lowering one graph.

    Attributes:
        graph, uses, passes: what is lowered, and what is known of it.
        drafts: the layers so far.
        values: where every tensor lies that is no constant.
        became: of every operation, by its number, what it became, and the layer that does it.
        overcounted: layers whose inputs are counted more than once.
        of_own_width: layers whose weights the source keeps as whole numbers.
        bits: of a word of every tensor of which the source says it.
    """

    def __init__(self, graph: SourceGraph, uses: Uses, passes: Passes, *, fold_3d: bool = False) -> None:
        self.graph, self.uses, self.passes, self.fold_3d = graph, uses, passes, fold_3d
        self.drafts: list[Draft] = []
        self.values = {name: Value(Layout.dense(graph.shapes[name])) for name in graph.inputs}
        self.became: dict[int, tuple[str, str]] = {}
        self.overcounted: list[str] = []
        self.number = 0
        self._names: dict[str, int] = {}
        self._counted = 0
        self._left = {each.stored: each.words for each in graph.parameters.values()}
        self.of_own_width: set[str] = set()
        self.bits = _bits_of(graph)
        self._learned = {name: {each.stored: each.words} for name, each in graph.parameters.items()}
        self._multiplied: dict[str, int] = {}  # by what is stored, the first layer that multiplies by it
        self._tied: dict[int, int] = {}  # layers that multiply by the weights of an earlier one

    def shape(self, tensor: str | None) -> Shape:
        """Shape of a tensor."""
        return self.graph.shapes[str(tensor)]

    def constant(self, tensor: str | None) -> bool:
        """Whether a tensor is known before an input is."""
        return tensor is None or tensor in self.uses.constant

    def rigid(self, tensor: str) -> int:
        """How fit a tensor is to be weights: an activation less than a constant, that less than what is learned."""
        return self.constant(tensor) + (tensor in self._learned)

    def value(self, tensor: str) -> Value:
        """Where a tensor lies; constants lie as they are read."""
        return self.values.get(tensor) or Value(Layout.dense(self.shape(tensor)))

    def gathered(self, tensor: str) -> Value:
        """Where a tensor lies when a layer is to walk it dim by dim: a copy is made where its dims are scattered."""
        value = self.value(tensor)
        if value.product or not value.layout.scattered or tensor in self.uses.constant:
            return value
        if not self._moved_anyway(tensor, value):
            place, bounds = self.graph.ops[self.number].place, plane(self.shape(tensor))
            value = Value(value.layout, (self._append(f"{place}.copy", value.layers, tensor, "movement", **bounds),))
        self.values[tensor] = replace(value, layout=Layout.dense(self.shape(tensor)))
        return self.values[tensor]

    def _moved_anyway(self, tensor: str, value: Value) -> bool:
        """Whether a layer that only moves data wrote the tensor, for this reader alone: it can write it so."""
        draft = self.drafts[value.layers[0]] if len(value.layers) == 1 else None
        return (
            draft is not None
            and draft.layer.kind == "movement"
            and draft.origin == self.uses.origin[tensor]
            and self.uses.sole_reader(tensor) is not None
        )

    def moved_for(self, op: Op) -> int | None:
        """The one layer that wrote everything that an operation reads, if all it does is to move that, for it alone."""
        layers = self.layers_of(op.reads)
        draft = self.drafts[layers[0]] if len(layers) == 1 else None
        words = math.prod(self.shape(op.outputs[0]))
        if draft is None or draft.layer.kind != "movement" or draft.layer.output_words != words or draft.done:
            return None
        readers = [self.graph.ops[number] for number in self.uses.readers.get(draft.origin, ())]
        parts = [out for reader in readers for out in reader.outputs]
        alone = draft.origin not in self.uses.leaving and all(reader.kind in PARTS for reader in readers)
        return layers[0] if alone and all(self.uses.sole_reader(out) == self.number for out in parts) else None

    def learned(self, tensors: Iterable[str | None]) -> int:
        """Words of the parameters that some constants are made of, but for those that an earlier layer counts."""
        found = 0
        for name in tensors:
            for stored, words in self._learned.get(str(name), {}).items():
                claimed = min(words, self._left[stored])
                self._left[stored] -= claimed
                found += claimed
        self._counted += found
        return found

    @property
    def unread(self) -> int:
        """Words of the parameters that no layer counts."""
        return self.graph.params - self._counted

    def fold(self, op: Op) -> None:
        """Note what the outputs of an operation on constants are made of: parts of a parameter of so many words."""
        made_of = {stored: words for name in op.reads for stored, words in self._learned.get(name, {}).items()}
        for out in op.outputs if made_of else ():
            words = math.prod(self.shape(out))
            part = op.kind in PARTS and [*made_of.values()] == [math.prod(self.shape(op.reads[0]))]
            self._learned[out] = dict.fromkeys(made_of, words) if part else made_of

    def mac(self, op: Op, kind: Kind, x: str, weight: str, bias: str | None, *parts: _Bounds) -> None:
        """Append a layer that multiplies by ``weight``, or several that share it out, and write the output.

        Weights that an activation plays, or a table that was looked up, are no parameters of this one. Those that an
        earlier product has multiplied are tied to it, which counts a bias of this one, too.

        Args:
            parts: bounds of each layer.
        """
        words, held = self.learned((weight,)), sum(Layer(name="-", kind=kind, **part).weight_words for part in parts)
        made_of = self._learned.get(weight, {})
        tied = bool(made_of) and not words and self._multiplied.keys() >= made_of.keys()
        dynamic = words < held and not tied
        own: dict[str, Any] = {} if dynamic or weight not in self.bits else {"weight_bits": self.bits[weight]}
        extra = words - (0 if dynamic or tied else held) + self.learned((x, bias))
        reads = [name for name in (x, weight) if not self.constant(name)]
        layers = []
        for part in parts:
            layers.append(self.write(op, kind, reads, dynamic_weights=dynamic, tied=tied, **own, **part))
            if tied:
                self._tied[layers[-1]] = self._multiplied[next(iter(made_of))]
            if own:
                self.of_own_width.add(self.drafts[layers[-1]].layer.name)
        self.count_with(layers[0], extra)
        if not dynamic:
            self._multiplied = dict.fromkeys(made_of, layers[0]) | self._multiplied
        value = self.values[op.outputs[0]]
        self.values[op.outputs[0]] = replace(value, layers=tuple(layers))

    def count_with(self, number: int, params: int) -> None:
        """Count parameters with a layer, or with that which counts all of its parameters."""
        draft = self.drafts[self._tied.get(number, number)]
        draft.layer = replace(draft.layer, extra_params=draft.layer.extra_params + params)

    def write(self, op: Op, kind: Kind, reads: Sequence[str], word: str = "", **fields: Any) -> int:
        """Append a layer and say that it wrote the first output of an operation; returns its number."""
        out = op.outputs[0]
        layers = self.layers_of(reads)
        number = self._append(f"{op.place}.{word}" if word else op.place, layers, out, kind, **fields)
        stated = [math.ceil(self.bits[name]) for name in reads if name in self.bits]
        self.drafts[number].read_bits = max(stated, default=None)
        product = kind == "matmul" and len([name for name in reads if not self.constant(name)]) > 1
        self.values[out] = Value(Layout.dense(self.shape(out)), (number,), product)
        return number

    def layers_of(self, tensors: Iterable[str]) -> tuple[int, ...]:
        """The layers that wrote some tensors, each once."""
        return tuple(dict.fromkeys(layer for name in tensors for layer in self.value(name).layers))

    def _append(self, name: str, inputs: tuple[int, ...], origin: str, kind: Kind, **fields: Any) -> int:
        layer = Layer(name=self._unique(name), kind=kind, **fields)
        self.drafts.append(Draft(layer, inputs, origin))
        self.became.setdefault(self.number, (kind, layer.name))
        return len(self.drafts) - 1

    def alias(self, op: Op, value: Value) -> None:
        """Say that the first output of an operation lies where something lies already."""
        self.values[op.outputs[0]] = value

    def do_as_written(self, op: Op) -> None:
        """Have the layer of an operation's input do a word-wise operation as it writes."""
        whole = next(iter(self.uses.varying(op)))
        value = self.value(whole)
        draft = self.drafts[value.layers[-1]]
        shape = self.shape(op.outputs[0])
        layout = value.layout if value.layout.shape == shape else value.layout.reshape(shape)
        self.values[op.outputs[0]] = replace(value, layout=layout or Layout.dense(shape))
        self.count_with(value.layers[-1], self.learned(name for name in op.reads if self.constant(name)))
        if op.kind == "batch_norm" and draft.layer.kind == "movement":
            draft.layer = replace(draft.layer, kind="norm")
        draft.done.append(op)
        self.became[self.number] = ("done as it is written", draft.layer.name)

    def _unique(self, name: str) -> str:
        count = self._names[name] = self._names.get(name, 0) + 1
        return name if count == 1 else self._unique(f"{name}_{count}")


def _bits_of(graph: SourceGraph) -> dict[str, int | float]:
    """Bits of a word of tensors, of those too that are other names or parts of them."""
    bits = dict(graph.bits)
    for op in graph.ops:
        if op.kind in (*RENAMING, *PARTS, "expand", "tile") and op.reads and op.reads[0] in bits:
            for out in op.outputs:
                bits.setdefault(out, bits[op.reads[0]])
    return bits


def activation_of(ops: Iterable[Op]) -> Activation | None:
    """What some word-wise operations are together, where it has a name."""
    functions = {str(op.attrs.get("function")) for op in ops if op.kind == "pointwise"}
    if "erf" in functions:
        return "gelu"
    if combined := _COMBINED.get(frozenset(functions)):
        return combined
    named = [function for function in functions if function in get_args(Activation)]
    return named[0] if len(named) == 1 else None  # type: ignore[return-value]


def plane(shape: Shape) -> dict[str, Any]:
    """Bounds of a vector layer that writes a tensor: images have channels before rows, sequences behind them."""
    match shape:
        case ():
            return {}
        case (channels,):
            return {"G": channels}
        case (batch, channels):
            return {"N": batch, "G": channels}
        case (batch, tokens, channels):
            return {"N": batch, "G": channels, "P": tokens}
        case (batch, channels, rows, *columns):
            return {"N": batch, "G": channels, "P": rows, "Q": math.prod(columns)}
    raise InputError("shape", shape, "is no shape")
