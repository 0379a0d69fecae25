"""What a ``net.config`` may say; keys that change no layer's shape are passed over."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from nets.documents.model import Count, Model, Positive, whole

Act = Literal["relu6", "relu", "h_swish"]
Kernel = Annotated[int, *whole(1, 31)]


class _Part(Model):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class ConvPart(_Part):
    """A convolution with batch norm, or without."""

    name: Literal["ConvLayer"]
    in_channels: Count
    out_channels: Count
    kernel_size: Kernel = 3
    stride: Count = 1
    dilation: Literal[1] = 1
    groups: Literal[1] = 1
    bias: bool = False
    use_bn: bool = True
    act_func: Act | None = None


class BottleneckPart(_Part):
    """An inverted bottleneck.

    Attributes:
        mid_channels: of the depthwise convolution; the input's times ``expand_ratio``, rounded, where there are none.
    """

    name: Literal["MBInvertedConvLayer", "MBConvLayer"]
    in_channels: Count
    out_channels: Count
    kernel_size: Kernel
    stride: Count
    expand_ratio: Positive
    mid_channels: Count | None = None
    act_func: Act = "relu6"
    use_se: bool = False


class NothingPart(_Part):
    """A block that was searched away."""

    name: Literal["ZeroLayer"]


class IdentityPart(_Part):
    """A shortcut."""

    name: Literal["IdentityLayer"]


class BlockPart(_Part):
    """An inverted bottleneck and the shortcut around it; either may be missing."""

    name: Literal["MobileInvertedResidualBlock", "ResidualBlock"]
    mobile_inverted_conv: BottleneckPart | NothingPart | None = None
    conv: BottleneckPart | NothingPart | None = None
    shortcut: IdentityPart | NothingPart | None = None


class LinearPart(_Part):
    """The classifier."""

    name: Literal["LinearLayer"]
    in_features: Count
    out_features: Count
    bias: bool = True


class NetConfigEntry(_Part):
    """A network of inverted bottlenecks.

    Attributes:
        resolution: that it was made for, where it says so.
    """

    name: Literal["ProxylessNASNets", "MobileNetV3", "MobileNetV3Large", "MobileNetV2"]
    first_conv: ConvPart
    blocks: Annotated[tuple[BlockPart, ...], Field(min_length=1, max_length=1000)]
    final_expand_layer: ConvPart | None = None
    feature_mix_layer: ConvPart | None = None
    classifier: LinearPart
    resolution: Count | None = None


class RunConfigEntry(_Part):
    """What a ``run.config`` says of the network: rows and columns of its images."""

    image_size: Count | None = None
