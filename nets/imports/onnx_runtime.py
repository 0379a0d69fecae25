"""ONNX Runtime's own operators (domain ``com.microsoft``): products whose weights are packed in blocks of few bits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import onnx
from onnx import helper

from nets.imports.graph import Shape

DOMAIN: Final = "com.microsoft"
BLOCK_PRODUCT: Final = "MatMulNBits"
_WEIGHT, _BESIDE, _BIAS = 1, slice(2, 5), 5
"""Inputs: packed weights; scales, zero points and the order of blocks; bias."""
_WIDTHS: Final = range(2, 9)

Typed = Mapping[str, tuple[Shape, int]]


@dataclass(frozen=True, slots=True)
class BlockProduct:
    """A product with a packed matrix.

    Attributes:
        x, weight, bias: tensors.
        outputs, inputs: rows and columns of the matrix.
        bits: that the file keeps of each of its elements, scales, zero points and what fills the last block included.
    """

    x: str
    weight: str
    bias: str | None
    outputs: int
    inputs: int
    bits: float


def block_product(node: onnx.NodeProto, types: Typed) -> BlockProduct | None:
    """What a node multiplies; ``None`` for another operator.

    Raises:
        ValueError: its tensors are not those that its attributes say.
    """
    if node.domain != DOMAIN or node.op_type != BLOCK_PRODUCT:
        return None
    said = {each.name: each.i for each in node.attribute}
    inputs, outputs, bits, block = said.get("K", 0), said.get("N", 0), said.get("bits", 4), said.get("block_size", 0)
    if bits not in _WIDTHS or min(inputs, outputs, block) < 1:
        raise ValueError(f"needs K, N, block_size and 2 to 8 bits, and has {said}")
    names = [*node.input, *[""] * (_BIAS + 1 - len(node.input))]
    x, weight, bias = names[0], names[_WEIGHT], names[_BIAS]
    packed = outputs * -(-inputs // block) * -(-block * bits // 8)
    if not x or not weight or types[x][0][-1:] != (inputs,) or math.prod(types[weight][0]) != packed:
        raise ValueError(f"needs inputs of {inputs} words and {packed:,} packed bytes")
    beside = sum(_stored_bits(types[each]) for each in names[_BESIDE] if each)
    return BlockProduct(x, weight, bias or None, outputs, inputs, (8 * packed + beside) / (outputs * inputs))


def _stored_bits(typed: tuple[Shape, int]) -> int:
    shape, kind = typed
    return 8 * math.prod(shape) * helper.tensor_dtype_to_np_dtype(kind).itemsize
