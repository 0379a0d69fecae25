"""Transformer blocks: multi-head self-attention (Vaswani et al. 2017) and the encoder block around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import add, layer_norm, softmax
from nets.blocks.primitives import linear
from nets.errors import InputError
from nets.layer import Layer

if TYPE_CHECKING:
    from nets.network import Network


def batched_matmul(
    net: Network, name: str, left: FeatureMap, right: FeatureMap, *, heads: int, rows: int, inner: int, columns: int
) -> FeatureMap:
    """``heads`` products per sequence of ``rows`` x ``inner`` by ``inner`` x ``columns``, both operands activations.

    The batch stands in ``G`` beside the heads, for each sequence brings its own right operand, which plays the weights.
    """
    layer = Layer(name=name, kind="matmul", G=left.batch * heads, K=columns, C=inner, P=rows, dynamic_weights=True)
    return FeatureMap(net.add(layer, left.sources + right.sources), heads * columns, rows, 1, left.batch)


def self_attention(net: Network, name: str, x: FeatureMap, *, heads: int) -> FeatureMap:
    """Multi-head self-attention: query, key and value projections, QK^T, softmax, AV, output projection.

    Raises:
        InputError: the channels do not divide into ``heads``.
    """
    if heads < 1 or x.channels % heads:
        raise InputError(f"block {name!r}: heads", heads, f"must divide its {x.channels} channels")
    tokens, head_dim = x.height, x.channels // heads
    query = linear(net, f"{name}.query", x, x.channels)
    key = linear(net, f"{name}.key", x, x.channels)
    value = linear(net, f"{name}.value", x, x.channels)
    scores = batched_matmul(net, f"{name}.qk", query, key, heads=heads, rows=tokens, inner=head_dim, columns=tokens)
    weights = softmax(net, f"{name}.softmax", scores)
    mixed = batched_matmul(net, f"{name}.av", weights, value, heads=heads, rows=tokens, inner=tokens, columns=head_dim)
    return linear(net, f"{name}.output", mixed, x.channels)


def feed_forward(net: Network, name: str, x: FeatureMap, *, hidden: int) -> FeatureMap:
    """Two fully connected layers on every token."""
    y = linear(net, f"{name}.expand", x, hidden, activation="gelu")
    return linear(net, f"{name}.project", y, x.channels)


def transformer_block(
    net: Network, name: str, x: FeatureMap, *, heads: int, hidden: int, norm_first: bool = True
) -> FeatureMap:
    """Encoder block: self-attention and feed-forward, each with a shortcut and a layer norm.

    Args:
        norm_first: norms stand before each part (ViT) rather than after its addition (BERT).
    """
    if norm_first:
        y = self_attention(net, f"{name}.attention", layer_norm(net, f"{name}.norm1", x), heads=heads)
        x = add(net, f"{name}.add1", y, x)
        y = feed_forward(net, f"{name}.mlp", layer_norm(net, f"{name}.norm2", x), hidden=hidden)
        return add(net, f"{name}.add2", y, x)
    y = self_attention(net, f"{name}.attention", x, heads=heads)
    x = layer_norm(net, f"{name}.norm1", add(net, f"{name}.add1", y, x))
    y = feed_forward(net, f"{name}.mlp", x, hidden=hidden)
    return layer_norm(net, f"{name}.norm2", add(net, f"{name}.add2", y, x))
