"""Blocks of decoder-only language models: causal attention with a key-value cache, gated feed-forward, tied output.

Two phases share them. *Prefill* reads a whole prompt: as many rows as tokens. *Decoding* makes one token: one row,
whose attention reads the keys and values of all earlier tokens from the cache. The cache plays the weights of the two
products of attention (:attr:`nets.layer.Layer.dynamic_weights`): it is traffic and no parameter. Under a causal mask
half of the scores of a prompt go unused; arrays compute them all the same, so they are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nets.blocks.attention import batched_matmul
from nets.blocks.experts import Experts, expert_layers
from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import add, layer_norm, rms_norm, softmax, vector
from nets.blocks.primitives import linear
from nets.errors import InputError
from nets.layer import Activation, Layer

if TYPE_CHECKING:
    from nets.network import Network


@dataclass(frozen=True, slots=True)
class DecoderSizes:
    """Sizes of one decoder block.

    Attributes:
        heads: of the queries.
        kv_heads: of keys and values, each shared by ``heads / kv_heads`` query heads (grouped-query attention, Ainslie
            et al. 2023); as many as ``heads`` without sharing.
        head_dim: width of a head.
        hidden: width of the feed-forward's hidden layer.
        gated: the hidden layer is multiplied by a second one (SwiGLU, Shazeer 2020).
        bias: fully connected layers have biases.
        query_bias: queries, keys and values have them, whatever ``bias`` says of the others; as ``bias`` if omitted.
        output_bias: the same of the product behind attention.
        rms: norms have a scale alone (RMSNorm).
        rotary: rotations place queries and keys instead of learned positions; as ``rms`` if omitted.
        head_norm: every head of queries and keys has a norm of its own, whose scale they share.
        parallel: attention and feed-forward read the same norm, and are added together (Wang & Komatsuzaki 2021).
        experts: that stand for the feed-forward; none where it is one.

    Raises:
        InputError: a size below 1, or ``kv_heads`` that do not divide ``heads``.
    """

    heads: int
    kv_heads: int
    head_dim: int
    hidden: int
    gated: bool = False
    bias: bool = True
    rms: bool = False
    query_bias: bool | None = None
    output_bias: bool | None = None
    rotary: bool | None = None
    head_norm: bool = False
    parallel: bool = False
    experts: Experts | None = None

    def __post_init__(self) -> None:
        for field, usual in (("query_bias", self.bias), ("output_bias", self.bias), ("rotary", self.rms)):
            if getattr(self, field) is None:
                object.__setattr__(self, field, usual)
        for field in ("heads", "kv_heads", "head_dim", "hidden"):
            if getattr(self, field) < 1:
                raise InputError(f"decoder: {field}", getattr(self, field), "must be at least 1")
        if self.heads % self.kv_heads:
            raise InputError("decoder: kv_heads", self.kv_heads, f"must divide the {self.heads} heads")

    @property
    def cache_words_per_token(self) -> int:
        """Keys and values that one token leaves in the cache."""
        return 2 * self.kv_heads * self.head_dim

    @property
    def activation(self) -> Activation:
        """Of the feed-forward."""
        return "swish" if self.gated else "gelu"


def decoder_block(
    net: Network, name: str, x: FeatureMap, sizes: DecoderSizes, *, context: int, experts: int = 0
) -> FeatureMap:
    """Norm, causal attention, shortcut; norm, feed-forward, shortcut.

    Args:
        x: the tokens that are worked on.
        context: tokens attended to, these and earlier ones; the earlier ones' keys and values are in the cache.
        experts: that the tokens use; as many as are expected when omitted.

    Raises:
        InputError: less context than tokens, or experts that so many tokens cannot use.
    """
    first = norm(net, f"{name}.norm1", x, rms=sizes.rms)
    y = causal_attention(net, f"{name}.attention", first, sizes, context=context)
    if sizes.parallel:
        return add(net, f"{name}.add", y, feed_forward(net, f"{name}.mlp", first, sizes, experts=experts), x)
    x = add(net, f"{name}.add1", y, x)
    y = feed_forward(net, f"{name}.mlp", norm(net, f"{name}.norm2", x, rms=sizes.rms), sizes, experts=experts)
    return add(net, f"{name}.add2", y, x)


def feed_forward(net: Network, name: str, x: FeatureMap, sizes: DecoderSizes, *, experts: int = 0) -> FeatureMap:
    """The feed-forward of a block: one, or experts, and one more beside them that every token takes."""
    of = sizes.experts
    if of is None:
        return _dense(net, name, x, sizes, sizes.hidden)
    y = expert_layers(net, name, x, of, gated=sizes.gated, activation=sizes.activation, used=experts)
    if not of.shared:
        return y
    everybody = _dense(net, f"{name}.shared", x, sizes, of.shared)
    share = linear(net, f"{name}.shared.share", x, 1, bias=False)
    return vector(net, f"{name}.both", "eltwise", (y, everybody, share), x, operands=3)


def _dense(net: Network, name: str, x: FeatureMap, sizes: DecoderSizes, hidden: int) -> FeatureMap:
    """Two fully connected layers, or three with a gate."""
    y = linear(net, f"{name}.up", x, hidden, bias=sizes.bias, activation=sizes.activation)
    if sizes.gated:
        gate = linear(net, f"{name}.gate", x, hidden, bias=sizes.bias)
        y = vector(net, f"{name}.product", "eltwise", (y, gate), y, operands=2)
    return linear(net, f"{name}.down", y, x.channels, bias=sizes.bias)


def causal_attention(net: Network, name: str, x: FeatureMap, sizes: DecoderSizes, *, context: int) -> FeatureMap:
    """Attention of every token of ``x`` to all ``context``; query heads that share keys are rows of one product."""
    if context < x.height:
        raise InputError(f"block {name!r}: context", context, f"must hold at least its {x.height} tokens")
    head_dim, share = sizes.head_dim, sizes.heads // sizes.kv_heads
    query, key, value = (
        linear(net, f"{name}.{part}", x, heads * head_dim, bias=bool(sizes.query_bias))
        for part, heads in (("query", sizes.heads), ("key", sizes.kv_heads), ("value", sizes.kv_heads))
    )
    if sizes.head_norm:
        query, key = (
            vector(net, f"{name}.{part}_norm", "norm", (y,), y, extra_params=head_dim)
            for part, y in (("query", query), ("key", key))
        )
    if sizes.rotary:
        query, key = (
            vector(net, f"{name}.{part}_rotation", "eltwise", (y,), y) for part, y in (("query", query), ("key", key))
        )
    qk, av = f"{name}.qk", f"{name}.av"
    for written in key.sources + value.sources:
        net.label(written, cached="O")
    if context > x.height:
        key = value = FeatureMap(None, sizes.kv_heads * head_dim, context, 1, x.batch)
    rows = x.height * share
    scores = batched_matmul(net, qk, query, key, heads=sizes.kv_heads, rows=rows, inner=head_dim, columns=context)
    weights = softmax(net, f"{name}.softmax", scores)
    mixed = batched_matmul(net, av, weights, value, heads=sizes.kv_heads, rows=rows, inner=context, columns=head_dim)
    for read in (qk, av):
        net.label(read, cached="W")
    tokens = FeatureMap(mixed.layer, sizes.heads * head_dim, x.height, 1, x.batch)
    return linear(net, f"{name}.output", tokens, x.channels, bias=bool(sizes.output_bias))


def norm(net: Network, name: str, x: FeatureMap, *, rms: bool) -> FeatureMap:
    """RMSNorm or layer norm."""
    return rms_norm(net, name, x) if rms else layer_norm(net, name, x)


def tied_output(net: Network, name: str, x: FeatureMap, vocabulary: int) -> FeatureMap:
    """Scores of every word by the table that the embedding has looked up: its words are read again, not stored
    again."""
    layer = Layer(name=name, kind="matmul", N=x.batch, K=vocabulary, C=x.channels, P=x.height, dynamic_weights=True)
    return FeatureMap(net.add(layer, x.sources), vocabulary, x.height, 1, x.batch)
