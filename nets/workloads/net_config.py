"""Networks of Once-for-All, ProxylessNAS and MCUNet as their authors publish them: ``net.config``, which is JSON.

It lists blocks of inverted bottlenecks with their channels; squeeze-excites are a quarter of the middle channels wide,
as Once-for-All has them. The resolution is the file's, that of ``run.config`` beside it (``image_size``), or the one
asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nets.blocks import FeatureMap, conv, global_pool, inverted_bottleneck, linear, make_divisible
from nets.documents import is_file, read_json
from nets.documents.typed import typed
from nets.errors import InputError
from nets.network import Network
from nets.workloads.net_config_model import BottleneckPart, ConvPart, IdentityPart, NetConfigEntry, RunConfigEntry

USUAL_RESOLUTION: Final = 224
RUN: Final = "run.config"


def read_net_config(path: str | Path, resolution: int | None = None, batch: int = 1) -> Network:
    """The network of a file.

    Args:
        resolution: rows and columns of the input image; as the files say, or 224, when omitted.
        batch: images per inference.

    Raises:
        InputError: the file cannot be read, is of another kind of network, or its channels do not go together.
    """
    document = read_json(path, "net.config")
    entry = typed(NetConfigEntry, document)
    resolution = resolution or entry.resolution or _of_run(Path(path).parent / RUN) or USUAL_RESOLUTION
    net = Network(Path(path).name.removesuffix(".json"), resolution=resolution)
    image = FeatureMap.image(resolution, channels=entry.first_conv.in_channels, batch=batch)
    x = _conv(net, "stem", image, entry.first_conv)
    for number, block in enumerate(entry.blocks, start=1):
        part = block.mobile_inverted_conv or block.conv
        shortcut = isinstance(block.shortcut, IdentityPart)
        if isinstance(part, BottleneckPart):
            x = _bottleneck(net, f"block{number}", x, part, skip=shortcut)
        elif not shortcut:
            with document.at(("blocks", number - 1)):
                raise InputError("name", block.name, "has neither layers nor a shortcut")
    if entry.final_expand_layer is not None:
        x = _conv(net, "expand", x, entry.final_expand_layer)
    mixes_pooled = entry.final_expand_layer is not None  # as in MobileNetV3
    if entry.feature_mix_layer is not None and not mixes_pooled:
        x = _conv(net, "head", x, entry.feature_mix_layer)
    x = global_pool(net, "pool", x)
    if entry.feature_mix_layer is not None and mixes_pooled:
        x = _conv(net, "head", x, entry.feature_mix_layer)
    _require(x, entry.classifier.in_features, "classifier: in_features")
    linear(net, "classifier", x.flat, entry.classifier.out_features, bias=entry.classifier.bias)
    return net


def _conv(net: Network, name: str, x: FeatureMap, part: ConvPart) -> FeatureMap:
    _require(x, part.in_channels, f"{name}: in_channels")
    return conv(
        net, name, x, part.out_channels, kernel=part.kernel_size, stride=part.stride, bias=part.bias,
        norm=part.use_bn, activation=part.act_func,
    )  # fmt: skip


def _bottleneck(net: Network, name: str, x: FeatureMap, part: BottleneckPart, *, skip: bool) -> FeatureMap:
    _require(x, part.in_channels, f"{name}: in_channels")
    mid = part.mid_channels or round(part.in_channels * part.expand_ratio)
    return inverted_bottleneck(
        net, name, x, part.out_channels, mid_channels=mid, kernel=part.kernel_size, stride=part.stride,
        activation=part.act_func, squeeze_channels=make_divisible(mid // 4) if part.use_se else None,
        expand=part.expand_ratio != 1, skip=skip,
    )  # fmt: skip


def _require(x: FeatureMap, channels: int, place: str) -> None:
    if x.channels != channels:
        raise InputError(f"net.config: {place}", channels, f"must be the {x.channels} channels that come before")


def _of_run(path: Path) -> int | None:
    """The resolution that a ``run.config`` says, if there is one."""
    if not is_file("run.config", path):
        return None
    return typed(RunConfigEntry, read_json(path, "run.config")).image_size
