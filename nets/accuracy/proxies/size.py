"""The baselines: how large a network is, and how much it computes."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from nets.accuracy.proxies.proxy import Proxy, Shape, check_shape


class Parameters(Proxy):
    """Number of learned parameters, those of batch norms among them."""

    name: ClassVar = "params"
    title: ClassVar = "parameters (baseline)"

    def score(self, net: nn.Module, shape: Shape, *, seed: int = 0, data: tuple[Tensor, Tensor] | None = None) -> float:
        """See :meth:`Proxy.score`; only ``net`` matters."""
        check_shape(shape)
        return float(sum(parameter.numel() for parameter in net.parameters()))


class Macs(Proxy):
    """Multiply-accumulates of convolutions and linear layers for one image, counted as it flows through."""

    name: ClassVar = "macs"
    title: ClassVar = "multiply-accumulates (baseline)"

    def score(self, net: nn.Module, shape: Shape, *, seed: int = 0, data: tuple[Tensor, Tensor] | None = None) -> float:
        """See :meth:`Proxy.score`; the number of images, seed and data change nothing."""
        check_shape(shape)
        counted = 0

        def count(module: nn.Module, _: Any, out: Tensor) -> None:
            nonlocal counted
            weight = module.weight
            assert isinstance(weight, Tensor)
            counted += out[0].numel() * weight[0].numel()

        bare = copy.deepcopy(net).eval()
        for module in bare.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.register_forward_hook(count)
        with torch.no_grad():
            bare(torch.zeros(1, *shape[1:]))
        return float(counted)
