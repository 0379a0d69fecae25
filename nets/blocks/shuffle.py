"""ShuffleNet units: grouped 1x1 with channel shuffle (Zhang et al. 2018) and channel split (Ma et al. 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import add, channel_shuffle, concat, pool, take_channels
from nets.blocks.primitives import depthwise_conv, pointwise_conv
from nets.errors import InputError

if TYPE_CHECKING:
    from nets.network import Network


def shuffle_unit(
    net: Network,
    name: str,
    x: FeatureMap,
    out_channels: int,
    *,
    groups: int,
    stride: int = 1,
    mid_channels: int | None = None,
    first_groups: int | None = None,
) -> FeatureMap:
    """ShuffleNetV1 unit: grouped 1x1, channel shuffle, depthwise 3x3, grouped 1x1, shortcut.

    At stride 2 the shortcut is a 3x3 average pool joined along the channels, so the branch makes only the
    ``out_channels - x.channels`` that are missing.

    Args:
        mid_channels: a quarter of ``out_channels`` when omitted.
        first_groups: groups of the first 1x1 where they differ (1 in the network's first unit).

    Raises:
        InputError: stride 1 with a change of channels, or stride 2 without more channels.
    """
    if (stride == 1) != (x.channels == out_channels) or out_channels < x.channels:
        raise InputError(
            f"block {name!r}: out_channels", out_channels, f"must be {x.channels} at stride 1 and more at 2"
        )
    mid = out_channels // 4 if mid_channels is None else mid_channels
    y = pointwise_conv(net, f"{name}.reduce", x, mid, groups=first_groups or groups, activation="relu")
    y = channel_shuffle(net, f"{name}.shuffle", y, groups)
    y = depthwise_conv(net, f"{name}.depthwise", y, stride=stride)
    if stride == 1:
        y = pointwise_conv(net, f"{name}.expand", y, out_channels, groups=groups)
        return add(net, f"{name}.add", y, x, activation="relu")
    y = pointwise_conv(net, f"{name}.expand", y, out_channels - x.channels, groups=groups)
    around = pool(net, f"{name}.pool", x, kernel=3, stride=stride, padding=1)
    return concat(net, f"{name}.concat", around, y)


def shuffle_split_unit(
    net: Network,
    name: str,
    parts: tuple[FeatureMap, ...],
    out_channels: int,
    *,
    stride: int = 1,
    split: bool = True,
) -> tuple[FeatureMap, ...]:
    """ShuffleNetV2 unit: of two halves of the channels one passes by, the other goes through 1x1, depthwise, 1x1.

    At stride 2 both branches read the whole input, and the one that passed by gets a depthwise and a 1x1 of its own.
    Joining, shuffling and splitting for the next unit are one pass over the data: each half of the result gathers every
    second channel of both branches.

    Args:
        parts: the two halves of the input at stride 1, the whole input at stride 2.
        split: return two halves for a unit that follows; one whole feature map otherwise.

    Raises:
        InputError: ``out_channels`` is odd, or ``parts`` does not fit ``stride``.
    """
    if out_channels % 2:
        raise InputError(f"block {name!r}: out_channels", out_channels, "must be even")
    if len(parts) != (2 if stride == 1 else 1):
        raise InputError(f"block {name!r}: parts", len(parts), "must be 2 halves at stride 1, the whole input at 2")
    kept, worked = parts[0], parts[-1]
    half = out_channels // 2
    y = pointwise_conv(net, f"{name}.conv1", worked, half, activation="relu")
    y = depthwise_conv(net, f"{name}.conv2", y, stride=stride)
    y = pointwise_conv(net, f"{name}.conv3", y, half, activation="relu")
    if stride > 1:
        kept = depthwise_conv(net, f"{name}.side1", kept, stride=stride)
        kept = pointwise_conv(net, f"{name}.side2", kept, half, activation="relu")
    if not split:
        return (take_channels(net, f"{name}.shuffle", out_channels, kept, y),)
    return tuple(take_channels(net, f"{name}.shuffle{number}", half, kept, y) for number in (1, 2))
