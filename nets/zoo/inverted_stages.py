"""Stages of inverted bottlenecks as a table: the form in which searched mobile networks are published."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from nets.blocks import FeatureMap, inverted_bottleneck
from nets.layer import Activation

if TYPE_CHECKING:
    from nets.network import Network


class Stage(NamedTuple):
    """Equal blocks in a row; the first of them strides.

    Attributes:
        repeats: how many blocks.
        kernel: of the depthwise convolution.
        stride: of the first block.
        expansion: middle channels as a multiple of the block's input channels.
        channels: output channels.
        squeeze: has squeeze-excites, a quarter of the block's input channels wide.
        expand_always: keeps the first 1x1 even at an expansion of 1.
    """

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int
    squeeze: bool = False
    expand_always: bool = False


def inverted_stages(
    net: Network,
    x: FeatureMap,
    stages: Iterable[Stage],
    *,
    activation: Activation = "relu6",
    squeeze_activation: Activation = "relu",
    squeeze_gate: Activation = "sigmoid",
) -> FeatureMap:
    """Add every stage in turn; returns the last one's output."""
    for number, stage in enumerate(stages, start=1):
        for index in range(stage.repeats):
            x = inverted_bottleneck(
                net,
                f"stage{number}.block{index + 1}",
                x,
                stage.channels,
                mid_channels=stage.expansion * x.channels,
                kernel=stage.kernel,
                stride=stage.stride if index == 0 else 1,
                activation=activation,
                squeeze_channels=x.channels // 4 if stage.squeeze else None,
                squeeze_activation=squeeze_activation,
                squeeze_gate=squeeze_gate,
                expand=stage.expansion != 1 or stage.expand_always,
            )
    return x
