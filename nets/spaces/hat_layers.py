"""The layers of an encoder-decoder transformer (Vaswani et al. 2017) whose every layer has sizes of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nets.blocks import FeatureMap, add, embedding, layer_norm, linear, softmax
from nets.blocks.attention import batched_matmul
from nets.blocks.language import tied_output
from nets.layer import Layer

if TYPE_CHECKING:
    from nets.network import Network


@dataclass(frozen=True, slots=True)
class HatShape:
    """Sizes of one network; tuples have an entry per layer.

    Attributes:
        encoder_width, decoder_width: of the embeddings.
        encoder_ffn, decoder_ffn: of the hidden layer of the feed-forward parts.
        encoder_heads, decoder_heads: of the self-attentions.
        cross_heads: of the decoder's attentions to the encoder.
        reach: encoder layers that each of those reads, the last ones.
        qkv: width of queries, keys and values.
        vocabulary, target_vocabulary: tokens of source and target.
        shared: one table for the embeddings of both and for the scores of words; else each has its own.
    """

    encoder_width: int
    encoder_ffn: tuple[int, ...]
    encoder_heads: tuple[int, ...]
    decoder_width: int
    decoder_ffn: tuple[int, ...]
    decoder_heads: tuple[int, ...]
    cross_heads: tuple[int, ...]
    reach: tuple[int, ...]
    qkv: int
    vocabulary: int
    target_vocabulary: int
    shared: bool


def build(net: Network, shape: HatShape, *, source: int, target: int, step: bool) -> None:
    """Append all layers; see :meth:`nets.spaces.hat.HatSpace.network`."""
    read = FeatureMap.sequence(source, channels=shape.encoder_width)
    outputs = [read] * len(shape.encoder_ffn)
    if not step:
        x = embedding(net, "source.embed", FeatureMap.sequence(source), shape.encoder_width, tables=(shape.vocabulary,))
        outputs = []
        for index, (hidden, heads) in enumerate(zip(shape.encoder_ffn, shape.encoder_heads)):
            name = f"encoder.layer{index + 1}"
            x = attend(net, f"{name}.attention", x, [x], heads, shape.qkv)
            x = feed_forward(net, name, x, hidden)
            outputs.append(x)
    rows = 1 if step else target
    y = embedding(
        net, "target.embed", FeatureMap.sequence(rows), shape.decoder_width, tables=(shape.target_vocabulary,)
    )
    layers = zip(shape.decoder_ffn, shape.decoder_heads, shape.cross_heads, shape.reach)
    for index, (hidden, heads, cross_heads, reach) in enumerate(layers):
        name = f"decoder.layer{index + 1}"
        y = attend(net, f"{name}.attention", y, [y], heads, shape.qkv, tokens=target)
        y = attend(net, f"{name}.cross", y, outputs[: -reach - 1 : -1], cross_heads, shape.qkv, remembered=step)
        y = feed_forward(net, name, y, hidden)
    scores(net, "output", y, shape.target_vocabulary, tied=shape.shared)


def scores(net: Network, name: str, x: FeatureMap, vocabulary: int, *, tied: bool) -> FeatureMap:
    """Scores of every word, by the table of the embeddings or by weights of their own."""
    return tied_output(net, name, x, vocabulary) if tied else linear(net, name, x, vocabulary, bias=False)


def attend(
    net: Network,
    name: str,
    x: FeatureMap,
    read: list[FeatureMap],
    heads: int,
    qkv: int,
    *,
    tokens: int | None = None,
    remembered: bool = False,
) -> FeatureMap:
    """Attention of every token of ``x`` to all of ``read``, shortcut and norm.

    Args:
        tokens: attended to, where more were made before than ``read`` holds.
        remembered: keys and values of ``read`` were made before.
    """
    rows, head_dim = x.height, qkv // heads
    joined = replace(read[0], height=sum(part.height for part in read))
    columns = joined.height if tokens is None else tokens
    query = linear(net, f"{name}.query", x, qkv)
    key = value = FeatureMap(None, qkv, columns, 1, x.batch)
    if not remembered:
        key, value = (_project(net, f"{name}.{part}", read, joined, qkv) for part in ("key", "value"))
    scores = batched_matmul(net, f"{name}.qk", query, key, heads=heads, rows=rows, inner=head_dim, columns=columns)
    weights = softmax(net, f"{name}.softmax", scores)
    mixed = batched_matmul(net, f"{name}.av", weights, value, heads=heads, rows=rows, inner=columns, columns=head_dim)
    out = linear(net, f"{name}.output", mixed, x.channels)
    return layer_norm(net, f"{name}.norm", add(net, f"{name}.add", out, x))


def _project(net: Network, name: str, read: list[FeatureMap], joined: FeatureMap, qkv: int) -> FeatureMap:
    """A fully connected layer on the tokens of several feature maps, one after another."""
    layer = Layer(name=name, kind="matmul", N=joined.batch, K=qkv, C=joined.channels, P=joined.height, extra_params=qkv)
    sources = tuple(source for part in read for source in part.sources)
    return replace(joined, layer=net.add(layer, sources), channels=qkv)


def feed_forward(net: Network, name: str, x: FeatureMap, hidden: int) -> FeatureMap:
    """Two fully connected layers on every token, shortcut and norm."""
    y = linear(net, f"{name}.expand", x, hidden, activation="relu")
    y = linear(net, f"{name}.project", y, x.channels)
    return layer_norm(net, f"{name}.norm", add(net, f"{name}.add", y, x))
