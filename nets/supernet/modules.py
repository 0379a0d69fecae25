"""The blocks of the Once-for-All spaces as plain torch modules: :func:`module_of` builds what a block describes.

Subnets are chains of these, and so are supernets: a supernet holds the modules of the largest subnet, and every smaller
subnet computes with parts of their weights (:mod:`nets.supernet.supernet`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import ClassVar, Final

import torch
from torch import Tensor, nn

from nets.layer import Activation
from nets.spaces.block import Block
from nets.spaces.ends import Classifier, MobileHead
from nets.spaces.ofa_mobile import MobileBlock, MobileStem
from nets.spaces.ofa_resnet50 import ResNetBlock, ResNetHead, ResNetStem

_ACTIVATIONS: Final[dict[Activation | None, type[nn.Module]]] = {
    None: nn.Identity,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "h_swish": nn.Hardswish,
}


@dataclass(frozen=True, slots=True)
class Hidden:
    """Channels inside a block, which may change places without changing what the block computes.

    Attributes:
        reader: weight that reads them in its dim 1; the L1 norm of what it does with a channel is the importance.
        axes: (tensor, dim) of everything indexed by them, names inside the block; missing ones are passed over.
    """

    reader: str
    axes: tuple[tuple[str, int], ...]


def _norm(name: str) -> tuple[tuple[str, int], ...]:
    return tuple((f"{name}.norm.{tensor}", 0) for tensor in ("weight", "bias", "running_mean", "running_var"))


class ConvNorm(nn.Module):
    """Convolution with "same" padding, batch norm, activation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        groups: int = 1,
        activation: Activation | None = None,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        self.activation = _ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        """Shapes (images, channels, rows, columns) in and out, as everywhere here."""
        y: Tensor = self.activation(self.norm(self.conv(x)))
        return y


class SqueezeExcite(nn.Module):
    """Scale every channel by what two 1x1 convolutions make of all channels' means (Hu et al. 2018)."""

    def __init__(self, channels: int, squeeze_channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, squeeze_channels, 1)
        self.expand = nn.Conv2d(squeeze_channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """As :meth:`ConvNorm.forward`."""
        gate = self.expand(torch.relu(self.reduce(x.mean((2, 3), keepdim=True))))
        return x * nn.functional.hardsigmoid(gate)


class InvertedBottleneck(nn.Module):
    """1x1 up (optional), depthwise, squeeze-and-excite (optional), 1x1 down, identity shortcut (optional)."""

    HIDDEN: ClassVar = (
        Hidden(
            "project.conv.weight",
            (
                ("expand.conv.weight", 0),
                *_norm("expand"),
                ("depthwise.conv.weight", 0),
                *_norm("depthwise"),
                ("squeeze.reduce.weight", 1),
                ("squeeze.expand.weight", 0),
                ("squeeze.expand.bias", 0),
                ("project.conv.weight", 1),
            ),
        ),
        Hidden(
            "squeeze.expand.weight",
            (("squeeze.reduce.weight", 0), ("squeeze.reduce.bias", 0), ("squeeze.expand.weight", 1)),
        ),
    )

    def __init__(
        self,
        in_channels: int,
        mid_channels: int,
        out_channels: int,
        *,
        kernel: int,
        stride: int,
        activation: Activation,
        expand: bool,
        squeeze_channels: int | None,
        skip: bool,
    ) -> None:
        super().__init__()
        self.expand = ConvNorm(in_channels, mid_channels, activation=activation) if expand else nn.Identity()
        self.depthwise = ConvNorm(
            mid_channels, mid_channels, kernel, stride=stride, groups=mid_channels, activation=activation
        )
        squeeze = None if squeeze_channels is None else SqueezeExcite(mid_channels, squeeze_channels)
        self.squeeze = squeeze or nn.Identity()
        self.project = ConvNorm(mid_channels, out_channels)
        self.skip = skip

    def forward(self, x: Tensor) -> Tensor:
        """As :meth:`ConvNorm.forward`."""
        y: Tensor = self.project(self.squeeze(self.depthwise(self.expand(x))))
        return x + y if self.skip else y


class MobileStemModule(nn.Sequential):
    """The strided 3x3 convolution and the fixed first block."""

    def __init__(self, block: MobileStem) -> None:
        super().__init__()
        self.conv = ConvNorm(block.in_channels, block.channels, 3, stride=2, activation=block.conv_activation)
        self.block = InvertedBottleneck(
            block.channels,
            block.channels,
            block.out_channels,
            kernel=3,
            stride=1,
            activation=block.block_activation,
            expand=False,
            squeeze_channels=None,
            skip=block.skip,
        )


class MobileHeadModule(nn.Module):
    """1x1 convolution, global pool, optional hidden layer, dropout (none unless a training sets it), classifier."""

    def __init__(self, block: MobileHead) -> None:
        super().__init__()
        self.conv = ConvNorm(block.in_channels, block.channels, activation=block.activation)
        self.hidden: nn.Module = nn.Identity()
        features = block.channels
        if block.hidden is not None:
            self.hidden = nn.Sequential()
            self.hidden.linear = nn.Linear(features, block.hidden, bias=False)
            self.hidden.activation = _ACTIVATIONS[block.activation]()
            features = block.hidden
        self.dropout = nn.Dropout(0.0)
        self.classifier = nn.Linear(features, block.classes)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (images, channels, rows, columns) to (images, classes)."""
        y: Tensor = self.classifier(self.dropout(self.hidden(self.conv(x).mean((2, 3)))))
        return y


class ResNetStemModule(nn.Module):
    """Two or three 3x3 convolutions and a max pool; the middle one is residual."""

    def __init__(self, block: ResNetStem) -> None:
        super().__init__()
        mid = block.mid_channels
        self.conv1 = ConvNorm(block.in_channels, mid, 3, stride=2, activation="relu")
        self.conv2 = ConvNorm(mid, mid, 3, activation="relu") if block.residual else None
        self.conv3 = ConvNorm(mid, block.out_channels, 3, activation="relu")

    def forward(self, x: Tensor) -> Tensor:
        """As :meth:`ConvNorm.forward`."""
        x = self.conv1(x)
        if self.conv2 is not None:
            x = x + self.conv2(x)
        return nn.functional.max_pool2d(self.conv3(x), 3, stride=2, padding=1)


class Bottleneck(nn.Module):
    """1x1 down, 3x3 (which strides), 1x1 up; around it an average pool and a 1x1 where the shape changes."""

    HIDDEN: ClassVar = (
        Hidden("conv3.conv.weight", (("conv2.conv.weight", 0), *_norm("conv2"), ("conv3.conv.weight", 1))),
        Hidden("conv2.conv.weight", (("conv1.conv.weight", 0), *_norm("conv1"), ("conv2.conv.weight", 1))),
    )

    def __init__(self, block: ResNetBlock) -> None:
        super().__init__()
        mid, out = block.mid_channels, block.out_channels
        self.conv1 = ConvNorm(block.in_channels, mid, activation="relu")
        self.conv2 = ConvNorm(mid, mid, 3, stride=block.stride, activation="relu")
        self.conv3 = ConvNorm(mid, out)
        self.shortcut: nn.Module = nn.Identity()
        if block.stride > 1 or block.in_channels != out:
            self.shortcut = nn.Sequential()
            self.shortcut.pool = nn.AvgPool2d(block.stride, ceil_mode=True) if block.stride > 1 else nn.Identity()
            self.shortcut.conv = ConvNorm(block.in_channels, out)

    def forward(self, x: Tensor) -> Tensor:
        """As :meth:`ConvNorm.forward`."""
        return torch.relu(self.conv3(self.conv2(self.conv1(x))) + self.shortcut(x))


class PooledHeadModule(nn.Module):
    """Global pool, dropout (none unless a training sets it), classifier."""

    def __init__(self, block: ResNetHead | Classifier) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.0)
        self.classifier = nn.Linear(block.in_channels, block.classes)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (images, channels, rows, columns) to (images, classes)."""
        y: Tensor = self.classifier(self.dropout(x.mean((2, 3))))
        return y


@singledispatch
def module_of(block: Block) -> nn.Module:
    """The plain torch module that computes what ``block`` describes, at any resolution, with new weights.

    Raises:
        TypeError: a kind of block that has none.
    """
    raise TypeError(f"no torch module for {type(block).__name__}")


@module_of.register
def _(block: MobileStem) -> nn.Module:
    return MobileStemModule(block)


@module_of.register
def _(block: MobileBlock) -> nn.Module:
    return InvertedBottleneck(
        block.in_channels,
        block.mid_channels,
        block.out_channels,
        kernel=block.kernel,
        stride=block.stride,
        activation=block.activation,
        expand=True,
        squeeze_channels=block.squeeze_channels,
        skip=block.skip,
    )


@module_of.register
def _(block: MobileHead) -> nn.Module:
    return MobileHeadModule(block)


@module_of.register
def _(block: ResNetStem) -> nn.Module:
    return ResNetStemModule(block)


@module_of.register
def _(block: ResNetBlock) -> nn.Module:
    return Bottleneck(block)


@module_of.register(ResNetHead)
@module_of.register(Classifier)
def _(block: ResNetHead | Classifier) -> nn.Module:
    return PooledHeadModule(block)


def has_module(block: Block) -> bool:
    """Whether :func:`module_of` knows what kind of block this is."""
    return module_of.dispatch(type(block)) is not module_of.dispatch(object)
