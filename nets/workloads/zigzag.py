"""ZigZag 3's workloads: a list of layers, each an equation over loop dims with their sizes.

The equation of a product, such as ``O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]``, says which dims index which
operand; ``dimension_relations`` say what an index that is no loop dim slides over (``ix=2*ox+1*fx``). Which part a dim
plays follows (:mod:`nets.einsum`). Of pooling and sums the letters say it. Padded inputs are as large as the windows
reach; ``padding`` says how much of them is padding.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nets.documents import Document, read_yaml
from nets.documents.typed import raise_mistyped, typed
from nets.einsum import Axes, roles
from nets.errors import InputError, unknown
from nets.layer import Layer
from nets.network import Network
from nets.workloads.accelforge import SECTION

if TYPE_CHECKING:
    from nets.workloads.zigzag_model import LayerEntry

DIMS: Final = {"B": "N", "G": "G", "K": "K", "C": "C", "OY": "P", "OX": "Q", "FY": "R", "FX": "S"}
"""Our dim for each of ZigZag's usual letters."""
_EQUATION: Final = re.compile(r"O((?:\[\w+\])+)\+?=([WIAB])((?:\[\w*\])+)[*+]([WIAB])((?:\[\w*\])+)")
_RELATION: Final = re.compile(r"(\w+)=(?:(\d{1,15})\*)?([A-Za-z]\w*)\+(?:(\d{1,15})\*)?([A-Za-z]\w*)")
_SIDES: Final = {"IY": 0, "IX": 2}
"""Where the padding of an input index begins in that of a layer."""


def read_workload(path: str | Path) -> Network:
    """The network of a workload file.

    Raises:
        InputError: no list of layers, an unknown key or operator, an equation that is no layer of the model, or an id
            that stands twice.
    """
    return workload(read_yaml(path, "ZigZag workload"), Path(path).stem)


def workload(document: Document, name: str) -> Network:
    """The network of a document; errors as :func:`read_workload`."""
    from nets.workloads.zigzag_model import Workload

    if not isinstance(document.data, list):
        if isinstance(document.data, Mapping):
            raise_mistyped(document, (), SECTION)
        hint = f"or, as AccelForge's, a mapping with {SECTION}"
        raise InputError(document.place, document.data, "must be a list of layers", hint)
    network = Network(name)
    called: dict[int, str] = {}
    for number, entry in enumerate(typed(Workload, document)):
        with document.at((number,)):
            if entry.id in called:
                raise InputError("id", entry.id, "stands twice")
            layer, _ = read_layer(entry, computed_weights=entry.operand_source.W in called)
            if layer.name in network.graph:  # ZigZag tells layers by their ids alone
                layer = dataclasses.replace(layer, name=f"{layer.name}_{entry.id}")
            sources = (entry.operand_source.I, entry.operand_source.W)
            called[entry.id] = network.add(layer, [called[source] for source in sources if source in called])
    return network


def read_layer(entry: LayerEntry, *, computed_weights: bool = False) -> tuple[Layer, Mapping[str, str]]:
    """A layer, and our dim for each of the file's.

    Args:
        computed_weights: whether W is what another layer makes.

    Raises:
        InputError: an equation that is no layer of the model.
    """
    from nets.workloads.zigzag_model import MAC_OPERATORS, POOLS

    bits = entry.operand_precision
    fields: dict[str, Any] = {
        "name": entry.name or f"{entry.operator_type.lower()}_{entry.id}",
        "input_bits": max(bits.I, 1),
        "output_bits": bits.O_final,
        "psum_bits": bits.O,
    }
    if entry.operator_type in MAC_OPERATORS:
        dims, steps = _product(entry)
        fields |= {
            "kind": "conv" if entry.operator_type.startswith("Conv") else "matmul",
            "weight_bits": max(bits.W, 1),
            "dynamic_weights": computed_weights,
        }
    else:
        dims = {name: DIMS[name] for name in entry.loop_dims if name in DIMS}
        for name in entry.loop_dims:
            if name not in DIMS or DIMS[name] in "KC":
                raise unknown("loop_dims", name, [theirs for theirs, ours in DIMS.items() if ours not in "KC"])
        steps = {dims[dim]: step for _, terms in _relations(entry).items() for dim, step in terms if dim in dims}
        pools = entry.operator_type in POOLS
        fields |= {"kind": "pool" if pools else "eltwise", "operands": 1 if pools else 2}
    fields |= {dims[name]: size for name, size in zip(entry.loop_dims, entry.loop_sizes)}
    fields["stride"] = steps.get("P", 1), steps.get("Q", 1)
    fields["dilation"] = steps.get("R", 1), steps.get("S", 1)
    return Layer(**fields, padding=_padding(entry)), dims


def _product(entry: LayerEntry) -> tuple[Mapping[str, str], dict[str, int]]:
    """Our dim for each loop dim of a product, and the steps of those of a window."""
    match = _EQUATION.fullmatch(entry.equation.replace(" ", ""))
    if match is None:
        hint = "write O[b][k]+=W[k][c]*I[b][c]"
        raise InputError("equation", entry.equation, "is no product of two operands", hint)
    relations = _relations(entry)
    axes: dict[str, Axes] = {}
    for operand, indexes in (("O", match[1]), (match[2], match[3]), (match[4], match[5])):
        axes[operand] = [_axis(index, relations, entry) for index in re.findall(r"\[(\w+)\]", indexes.upper())]
    if sorted(axes) != ["I", "O", "W"]:
        raise InputError("equation", entry.equation, "must be of the operands O, W and I")
    found = roles(entry.loop_dims, axes, {"W": "W", "I": "I", "O": "O"}, "equation")
    return found.dims, {ours: int(step or 1) for ours, step in found.steps.items()}


def _axis(index: str, relations: Mapping[str, list[tuple[str, int]]], entry: LayerEntry) -> list[tuple[str, str]]:
    """The loop dims that an index of an operand adds up, with the coefficients of a window."""
    if index in entry.loop_dims:
        return [(index, "")]
    if index not in relations:
        raise unknown("equation: index", index, [*entry.loop_dims, *relations])
    return [(dim, str(step)) for dim, step in relations[index]]


def _relations(entry: LayerEntry) -> dict[str, list[tuple[str, int]]]:
    """(dim, step) of the two terms of every index that is no loop dim; a dim that has no loop has one trip."""
    found = {}
    for relation in entry.dimension_relations:
        match = _RELATION.fullmatch(relation.replace(" ", "").upper())
        if match is None:
            raise InputError("dimension_relations", relation, "is not a window", "write ix=1*ox+1*fx")
        terms = ((match[3], match[2]), (match[5], match[4]))
        found[match[1]] = [(dim, int(step or 1)) for dim, step in terms if dim in entry.loop_dims]
    return found


def _padding(entry: LayerEntry) -> tuple[int, int, int, int]:
    """Rows above and below, columns left and right."""
    padding = [0, 0, 0, 0]
    for index, pair in zip(entry.pr_loop_dims or (), entry.padding or ()):
        if index.upper() not in _SIDES:
            raise unknown("pr_loop_dims", index, _SIDES)
        padding[_SIDES[index.upper()] : _SIDES[index.upper()] + 2] = pair
    above, below, left, right = padding
    return above, below, left, right
