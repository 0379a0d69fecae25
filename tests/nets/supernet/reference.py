"""Once-for-All's forward passes, written down once more from its definitions and in its own names.

Nothing here is shared with :mod:`nets.supernet`: weights are taken from a state dict by their published names, sliced
by hand and applied by bare functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

State = Mapping[str, Tensor]

STAGES = {
    "ofa-mbv3-w1.0": [(2, "relu", 0), (2, "relu", 1), (2, "hswish", 0), (1, "hswish", 1), (2, "hswish", 1)],
    "ofa-proxyless-w1.3": [(stride, "relu6", 0) for stride in (2, 2, 2, 1, 2, 1)],
    "ofa-digits": [(1, "relu", 0), (2, "hswish", 1), (2, "hswish", 1)],
}
"""(stride of the first block, activation, squeeze-and-excite) of each stage."""


def by_eight(value: float) -> int:
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded


def act(x: Tensor, name: str) -> Tensor:
    if name == "hswish":
        return x * functional.relu6(x + 3) / 6
    return functional.relu6(x) if name == "relu6" else functional.relu(x)


def norm(state: State, name: str, x: Tensor, eps: float) -> Tensor:
    mean, var, gain, shift = (
        state[f"{name}.{part}"][: x.shape[1], None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(var + eps) * gain + shift


def filters(state: State, block: str, channels: int, kernel: int) -> Tensor:
    """The depthwise filters of a block: 5x5 from the 7x7, 3x3 from that 5x5."""
    weight = state[f"{block}.depth_conv.conv.conv.weight"][:channels, 0]
    for size, matrix in ((5, "7to5_matrix"), (3, "5to3_matrix")):
        if kernel <= size:
            flat = weight[:, 1:-1, 1:-1].reshape(channels, size * size)
            weight = torch.einsum("oi,ci->co", state[f"{block}.depth_conv.conv.{matrix}"], flat)
            weight = weight.reshape(channels, size, size)
    return weight[:, None]


def mobile(state: State, space_id: str, config: Mapping[str, Any], x: Tensor) -> Tensor:
    """OFA-MobileNetV3 and OFA-ProxylessNAS."""
    v3 = space_id != "ofa-proxyless-w1.3"
    eps = 1e-5 if v3 else 1e-3
    first, tail = ("relu", "hswish") if v3 else ("relu6", "relu6")
    x = functional.conv2d(x, state["first_conv.conv.weight"], stride=2, padding=1)
    x = act(norm(state, "first_conv.bn", x, eps), tail)
    weight = state["blocks.0.conv.depth_conv.conv.weight"]
    y = act(
        norm(state, "blocks.0.conv.depth_conv.bn", functional.conv2d(x, weight, padding=1, groups=len(weight)), eps),
        first,
    )
    y = functional.conv2d(y, state["blocks.0.conv.point_linear.conv.weight"])
    y = norm(state, "blocks.0.conv.point_linear.bn", y, eps)
    x = x + y if v3 else y
    slot = 0
    for (stride, name, squeeze), depth in zip(STAGES[space_id], config["d"]):
        for index in range(depth):
            block, kernel = f"blocks.{slot + index + 1}.conv", int(config["ks"][slot + index])
            mid = by_eight(round(x.shape[1] * config["e"][slot + index]))
            y = functional.conv2d(x, state[f"{block}.inverted_bottleneck.conv.conv.weight"][:mid])
            y = act(norm(state, f"{block}.inverted_bottleneck.bn.bn", y, eps), name)
            weight = filters(state, block, mid, kernel)
            y = functional.conv2d(y, weight, stride=1 if index else stride, padding=kernel // 2, groups=mid)
            y = act(norm(state, f"{block}.depth_conv.bn.bn", y, eps), name)
            if squeeze:
                few, gate = by_eight(mid // 4), y.mean((2, 3))
                se = f"{block}.depth_conv.se.fc"
                gate = gate @ state[f"{se}.reduce.weight"][:few, :mid, 0, 0].T + state[f"{se}.reduce.bias"][:few]
                gate = functional.relu(gate) @ state[f"{se}.expand.weight"][:mid, :few, 0, 0].T
                y = y * (functional.relu6(gate + state[f"{se}.expand.bias"][:mid] + 3) / 6)[:, :, None, None]
            y = functional.conv2d(y, state[f"{block}.point_linear.conv.conv.weight"][:, :mid])
            y = norm(state, f"{block}.point_linear.bn.bn", y, eps)
            x = x + y if index else y
        slot += 4
    last = "final_expand_layer" if v3 else "feature_mix_layer"
    x = act(norm(state, f"{last}.bn", functional.conv2d(x, state[f"{last}.conv.weight"]), eps), tail)
    x = x.mean((2, 3), keepdim=True)
    if v3:
        x = act(functional.conv2d(x, state["feature_mix_layer.conv.weight"]), tail)
    return x.flatten(1) @ state["classifier.linear.weight"].T + state["classifier.linear.bias"]


def resnet50(state: State, config: Mapping[str, Any], x: Tensor) -> Tensor:
    """OFA-ResNet50."""
    widths = (0.65, 0.8, 1.0)

    def layer(name: str, x: Tensor, out: int, stride: int = 1) -> Tensor:
        weight = state[f"{name}.conv.conv.weight"][:out, : x.shape[1]]
        x = functional.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)
        return norm(state, f"{name}.bn.bn", x, 1e-5)

    x = functional.relu(layer("input_stem.0", x, by_eight(32 * widths[config["w"][0]]), 2))
    if config["d"][0]:
        x = x + functional.relu(layer("input_stem.1.conv", x, x.shape[1]))
    x = functional.relu(layer("input_stem.2", x, by_eight(64 * widths[config["w"][1]])))
    x = functional.max_pool2d(x, 3, 2, 1)
    slot = 0
    for stage, (base, channels) in enumerate(zip((2, 2, 4, 2), (256, 512, 1024, 2048))):
        out = by_eight(channels * widths[config["w"][stage + 2]])
        for index in range(base + config["d"][stage + 1]):
            block, stride = f"blocks.{slot + index}", 2 if stage and not index else 1
            mid = by_eight(round(out * config["e"][slot + index]))
            y = functional.relu(layer(f"{block}.conv1", x, mid))
            y = functional.relu(layer(f"{block}.conv2", y, mid, stride))
            y = layer(f"{block}.conv3", y, out)
            if not index:
                x = functional.avg_pool2d(x, stride, ceil_mode=True) if stride > 1 else x
                x = layer(f"{block}.downsample", x, out)
            x = functional.relu(x + y)
        slot += base + 2
    x = x.mean((2, 3))
    return x @ state["classifier.linear.linear.weight"][:, : x.shape[1]].T + state["classifier.linear.linear.bias"]
