"""Blocks of one layer that move data and do not multiply: pooling, additions, softmax, norms, reshuffles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.primitives import Pair, pair, window
from nets.errors import InputError
from nets.layer import Activation, Layer, VectorKind

if TYPE_CHECKING:
    from nets.network import Network


def pool(
    net: Network,
    name: str,
    x: FeatureMap,
    *,
    kernel: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil: bool = False,
) -> FeatureMap:
    """Maximum or average over a window (they move the same data).

    Args:
        stride: the kernel when omitted.
        ceil: the last window may reach past the input.
    """
    rows, columns = pair(kernel)
    strides = (rows, columns) if stride is None else pair(stride)
    top, left = pair(padding)
    height, bottom = window(name, x.height, rows, strides[0], top, ceil=ceil)
    width, right = window(name, x.width, columns, strides[1], left, ceil=ceil)
    layer = Layer(
        name=name,
        kind="pool",
        N=x.batch,
        G=x.channels,
        P=height,
        Q=width,
        R=rows,
        S=columns,
        stride=strides,
        padding=(top, bottom, left, right),
    )
    return FeatureMap(net.add(layer, x.sources), x.channels, height, width, x.batch)


def global_pool(net: Network, name: str, x: FeatureMap) -> FeatureMap:
    """Average of the whole plane."""
    return pool(net, name, x, kernel=x.plane)


def adaptive_pool(net: Network, name: str, x: FeatureMap, size: int) -> FeatureMap:
    """Average down to a plane of ``size`` x ``size``; no layer at all where the plane has that size already.

    Where the sizes do not divide, libraries let neighbouring windows differ by one; here all are as large as it takes
    to read every word. A smaller plane is stretched by repeating pixels.
    """
    if x.plane == (size, size):
        return x
    if min(x.plane) < size:
        return vector(net, name, "movement", (x,), replace(x, height=size, width=size))
    strides = (x.height // size, x.width // size)
    kernel = (x.height - (size - 1) * strides[0], x.width - (size - 1) * strides[1])
    return pool(net, name, x, kernel=kernel, stride=strides)


def add(net: Network, name: str, *terms: FeatureMap, activation: Activation | None = None) -> FeatureMap:
    """Sum of feature maps of one shape: a residual connection.

    Raises:
        InputError: fewer than two terms, or their shapes differ.
    """
    if len(terms) < 2:
        raise InputError(f"layer {name!r}: terms", len(terms), "must be at least 2")
    for term in terms[1:]:
        if (term.channels, term.plane, term.batch) != (terms[0].channels, terms[0].plane, terms[0].batch):
            raise InputError(f"layer {name!r}: term", term, f"does not have the shape of {terms[0]}")
    return vector(net, name, "eltwise", terms, terms[0], operands=len(terms), activation=activation)


def scale(net: Network, name: str, x: FeatureMap, gate: FeatureMap) -> FeatureMap:
    """Product of ``x`` and one factor per channel (the few words of ``gate`` are not counted as traffic)."""
    if (gate.channels, gate.plane) != (x.channels, (1, 1)):
        raise InputError(f"layer {name!r}: gate", gate, f"must have {x.channels} channels and one pixel")
    return vector(net, name, "eltwise", (x, gate), x)


def concat(net: Network, name: str, *parts: FeatureMap) -> FeatureMap:
    """Join feature maps along their channels, copying each once. Larger planes are cropped to the smallest."""
    height, width = min(part.height for part in parts), min(part.width for part in parts)
    channels = sum(part.channels for part in parts)
    return vector(net, name, "movement", parts, FeatureMap(None, channels, height, width, parts[0].batch))


def take_channels(net: Network, name: str, channels: int, *sources: FeatureMap) -> FeatureMap:
    """Gather ``channels`` of the channels of ``sources``, whichever they are, copying each once."""
    available = sum(source.channels for source in sources)
    if not 1 <= channels <= available:
        raise InputError(f"layer {name!r}: channels", channels, f"must be 1 to {available}")
    return vector(net, name, "movement", sources, replace(sources[0], channels=channels))


def channel_shuffle(net: Network, name: str, x: FeatureMap, groups: int) -> FeatureMap:
    """Deal the channels of ``groups`` groups out in turn (ShuffleNet, Zhang et al. 2018): every word is copied."""
    if groups < 1 or x.channels % groups:
        raise InputError(f"layer {name!r}: groups", groups, f"must divide its {x.channels} channels")
    return vector(net, name, "movement", (x,), x)


def softmax(net: Network, name: str, x: FeatureMap) -> FeatureMap:
    """Softmax over rows of any layout."""
    return vector(net, name, "softmax", (x,), x)


def layer_norm(net: Network, name: str, x: FeatureMap) -> FeatureMap:
    """Layer norm: it needs statistics of its input at run time, so it cannot be folded."""
    return vector(net, name, "norm", (x,), x, extra_params=2 * x.channels)


def rms_norm(net: Network, name: str, x: FeatureMap) -> FeatureMap:
    """Root-mean-square norm (Zhang & Sennrich 2019): a layer norm without mean and shift."""
    return vector(net, name, "norm", (x,), x, extra_params=x.channels)


def batch_norm(net: Network, name: str, *parts: FeatureMap, activation: Activation | None = None) -> FeatureMap:
    """Batch norm that cannot be folded, for it follows no convolution (pre-activation networks).

    Several feature maps are joined along their channels in the same pass.
    """
    joined = replace(parts[0], channels=sum(part.channels for part in parts))
    return vector(net, name, "norm", parts, joined, extra_params=2 * joined.channels, activation=activation)


def vector(
    net: Network,
    name: str,
    kind: VectorKind,
    sources: Sequence[FeatureMap],
    out: FeatureMap,
    *,
    operands: int = 1,
    extra_params: int = 0,
    activation: Activation | None = None,
    times: float = 1,
) -> FeatureMap:
    """A vector layer of any kind that reads ``sources`` and writes a feature map like ``out``.

    It reads as many words per operand as it writes.
    """
    layer = Layer(
        name=name,
        kind=kind,
        N=out.batch,
        G=out.channels,
        P=out.height,
        Q=out.width,
        operands=operands,
        extra_params=extra_params,
        activation=activation,
        times=times,
    )
    inputs = tuple(layer for source in sources for layer in source.sources)
    return replace(out, layer=net.add(layer, inputs))
