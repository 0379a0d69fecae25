"""Net2Net (Chen et al., ICLR 2016): wider and deeper networks that compute what the smaller one computed.

A wider layer repeats some of its units, and what reads them shares the old weight among the copies (equation 3). A
deeper network has a further layer that is the identity (section 2.3), with a batch norm that undoes itself. So a larger
network inherits the weights of a trained one, and its training goes on where that of the smaller one stopped.
"""

from __future__ import annotations

import copy
from typing import Final

import torch
from torch import Tensor, nn

from nets.errors import InputError

_NORMS: Final = (nn.BatchNorm1d, nn.BatchNorm2d)
_IDEMPOTENT: Final = (nn.ReLU, nn.ReLU6)
"""Activations that change nothing when they are applied again."""


def net2wider(net: nn.Sequential, name: str, width: int, *, seed: int = 0, noise: float = 0.0) -> nn.Sequential:
    """A copy of a chain with more output channels in one of its layers.

    Args:
        net: convolutions and linear layers with norms, activations and pools between.
        name: of the convolution or linear layer in it.
        width: output channels that it shall have.
        seed: of which units are repeated, and of the noise.
        noise: added to the repeated units, in standard deviations of the layer's weights; 0 keeps the function, and
            leaves copies alike that training then moves alike.

    Raises:
        InputError: no such layer, fewer channels than it has, or nothing behind it whose inputs could grow.
    """
    wide = copy.deepcopy(net)
    layers = list(wide.named_children())
    place = _place(layers, name)
    layer = layers[place][1]
    if not isinstance(layer, nn.Conv2d | nn.Linear) or _depthwise(layer):
        raise InputError(
            f"net2wider: layer {name}", type(layer).__name__, "must be a dense convolution or linear layer"
        )
    generator = torch.Generator().manual_seed(seed)
    before = layer.weight.shape[0]
    mapping = growth_map(before, width, generator)
    widen_outputs(layer, mapping)
    if noise:
        with torch.no_grad():
            copies = layer.weight[before:]
            copies += noise * layer.weight.std() * torch.randn(copies.shape, generator=generator)
    for _, follower in layers[place + 1 :]:
        if isinstance(follower, _NORMS) or _depthwise(follower):
            widen_outputs(follower, mapping)
        elif isinstance(follower, nn.Conv2d | nn.Linear):
            widen_inputs(follower, mapping)
            return wide
    raise InputError(f"net2wider: layer {name}", width, "is the last one: nothing reads it that could grow")


def net2deeper(net: nn.Sequential, name: str, *, images: Tensor | None = None) -> nn.Sequential:
    """A copy of a chain with a layer more that changes nothing, behind a layer and its norm and activation.

    Args:
        net: as in :func:`net2wider`.
        name: of the layer.
        images: from which the new batch norm, where there is one, takes its statistics: it then undoes itself in
            training, too. Without, it does so in eval mode alone.

    Raises:
        InputError: no such layer, or an activation that is not idempotent.
    """
    deep = copy.deepcopy(net)
    layers = list(deep.named_children())
    place = _place(layers, name)
    layer = layers[place][1]
    if not isinstance(layer, nn.Conv2d | nn.Linear):
        raise InputError(f"net2deeper: layer {name}", type(layer).__name__, "must be a convolution or linear layer")
    end = place + 1
    while end < len(layers) and isinstance(layers[end][1], (*_NORMS, *_IDEMPOTENT)):
        end += 1
    if end < len(layers) and type(layers[end][1]).__module__ == "torch.nn.modules.activation":
        raise InputError(f"net2deeper: behind {name}", type(layers[end][1]).__name__, "must be ReLU, or nothing")
    followers = [module for _, module in layers[place + 1 : end]]
    if followers and isinstance(followers[-1], _NORMS):
        followers = []  # without an activation a second norm has no use
    added: list[nn.Module] = [_identity_like(layer), *(copy.deepcopy(module) for module in followers)]
    for module in added:
        if isinstance(module, _NORMS):
            with torch.no_grad():
                seen = None if images is None else nn.Sequential(*(part for _, part in layers[:end])).eval()(images)
            undo(module, seen)
    out = nn.Sequential()
    for position, (label, module) in enumerate(layers):
        out.add_module(label, module)
        if position == end - 1:
            for number, extra in enumerate(added):
                out.add_module(f"{name}_deeper{number}", extra)
    return out.train(net.training)


def growth_map(width: int, wider: int, generator: torch.Generator) -> Tensor:
    """Which old channel each new one repeats (equation 2): itself where there is one, else any.

    Raises:
        InputError: fewer channels than before.
    """
    if wider < width:
        raise InputError("net2wider: channels", wider, f"must be at least the {width} there are")
    return torch.cat([torch.arange(width), torch.randint(width, (wider - width,), generator=generator)])


def widen_outputs(layer: nn.Module, mapping: Tensor) -> None:
    """Give a layer, a depthwise convolution or a norm the channels of ``mapping``, in place."""
    with torch.no_grad():
        for store in (layer._parameters, layer._buffers):
            for key, tensor in list(store.items()):
                if tensor is not None and tensor.dim():
                    grown = tensor[mapping]
                    setattr(layer, key, nn.Parameter(grown) if isinstance(tensor, nn.Parameter) else grown)
    count = len(mapping)
    if isinstance(layer, nn.Conv2d):
        if _depthwise(layer):
            layer.in_channels = layer.groups = count
        layer.out_channels = count
    elif isinstance(layer, nn.Linear):
        layer.out_features = count
    elif isinstance(layer, _NORMS):
        layer.num_features = count


def widen_inputs(layer: nn.Conv2d | nn.Linear, mapping: Tensor) -> None:
    """Let a layer read the channels of ``mapping``, each copy with its share of the weight, in place.

    A linear layer may read planes that were flattened: so many inputs belong to each channel.

    Raises:
        InputError: a grouped convolution, whose groups would change.
    """
    if isinstance(layer, nn.Conv2d) and layer.groups > 1:
        raise InputError("net2wider: groups of what follows", layer.groups, "must be 1, or one for each channel")
    copies = torch.bincount(mapping)
    with torch.no_grad():
        by_channel = layer.weight.reshape(layer.weight.shape[0], len(copies), -1)
        grown = (by_channel / copies[None, :, None])[:, mapping]
        layer.weight = nn.Parameter(grown.reshape(layer.weight.shape[0], -1, *layer.weight.shape[2:]))
    if isinstance(layer, nn.Conv2d):
        layer.in_channels = layer.weight.shape[1]
    else:
        layer.in_features = layer.weight.shape[1]


def make_identity(layer: nn.Conv2d | nn.Linear) -> None:
    """Set a layer with as many outputs as inputs to the identity, in place."""
    with torch.no_grad():
        if isinstance(layer, nn.Conv2d):
            nn.init.dirac_(layer.weight, groups=layer.groups)
        else:
            nn.init.eye_(layer.weight)
        if layer.bias is not None:
            layer.bias.zero_()


def undo(norm: nn.Module, seen: Tensor | None = None) -> None:
    """Set a batch norm so that it changes nothing: gamma = sqrt(var + eps), beta = mean, in place.

    Args:
        seen: what it will be given, shape (images, channels, ...); its running statistics as they are when omitted.
    """
    assert isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    with torch.no_grad():
        if seen is not None:
            by_channel = seen.transpose(0, 1).flatten(1)
            norm.running_mean.copy_(by_channel.mean(1))
            norm.running_var.copy_(by_channel.var(1, correction=0))
        norm.weight.copy_((norm.running_var + norm.eps).sqrt())
        norm.bias.copy_(norm.running_mean)


def _identity_like(layer: nn.Conv2d | nn.Linear) -> nn.Module:
    """A layer of the same kind and width, without stride, that is the identity."""
    same: nn.Conv2d | nn.Linear
    if isinstance(layer, nn.Conv2d):
        width, (rows, columns) = layer.out_channels, layer.kernel_size
        if not rows % 2 == columns % 2 == 1:
            raise InputError("net2deeper: kernel", (rows, columns), "must be odd for an identity to exist")
        padding = (rows // 2, columns // 2)
        same = nn.Conv2d(width, width, (rows, columns), padding=padding, bias=layer.bias is not None)
    else:
        same = nn.Linear(layer.out_features, layer.out_features, bias=layer.bias is not None)
    make_identity(same)
    return same


def _depthwise(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv2d) and layer.groups == layer.in_channels == layer.out_channels > 1


def _place(layers: list[tuple[str, nn.Module]], name: str) -> int:
    names = [label for label, _ in layers]
    if name not in names:
        raise InputError("net2net: layer", name, "is not in the chain", "there are " + ", ".join(names))
    return names.index(name)
