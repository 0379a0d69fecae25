"""SynFlow (Tanaka et al., NeurIPS 2020; as a proxy Abdelfattah et al., ICLR 2021): how much flows through all paths.

Equation 3 of Tanaka et al., on absolute weights, without batch norms, for one input of ones:

    SynFlow = log sum over the weights w of convolutions and linear layers of w * dR/dw,  R = sum of the outputs.

Of a chain of L linear layers without biases each layer adds R itself, so the sum is L * 1' |W_L| ... |W_1| 1. The
values reach 1e60 on deep networks: the logarithm is given, which ranks alike.
"""

from __future__ import annotations

import math
from typing import ClassVar, Final

import torch
from torch import Tensor, nn

from nets.accuracy.proxies.proxy import Proxy, Shape, check_shape, working_copy
from nets.errors import InputError

_OTHER_NORMS: Final = (nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d, nn.LocalResponseNorm)


class SynFlow(Proxy):
    """Weights are taken by their size; neither noise nor images enter, so that seed and data change nothing.

    ReLU6 becomes ReLU: what it clips would let no gradient through.
    """

    name: ClassVar = "synflow"
    title: ClassVar = "SynFlow (log)"

    def score(self, net: nn.Module, shape: Shape, *, seed: int = 0, data: tuple[Tensor, Tensor] | None = None) -> float:
        """See :meth:`Proxy.score`; the number of images changes nothing.

        Raises:
            InputError: nothing in the network has weights, or it has norms other than batch norms, which cannot be left
                out of a path.
        """
        check_shape(shape)
        working = linearised(working_copy(net)).double()
        if norms := [module for module in working.modules() if isinstance(module, _OTHER_NORMS)]:
            raise InputError(
                "synflow: network",
                type(net).__name__,
                f"has {type(norms[0]).__name__}, whose flow is no sum over paths",
            )
        with torch.no_grad():
            for parameter in working.parameters():
                parameter.abs_()
        weights = [module.weight for module in working.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
        if not weights:
            raise InputError("synflow: network", type(net).__name__, "has neither convolutions nor linear layers")
        flow = working(torch.ones((1, *shape[1:]), dtype=torch.float64)).sum()
        slopes = torch.autograd.grad(flow, weights, allow_unused=True)
        total = sum(
            float((weight.detach() * slope).sum()) for weight, slope in zip(weights, slopes) if slope is not None
        )
        return math.log(total) if total > 0 else -math.inf


def linearised(net: nn.Module) -> nn.Module:
    """The network with nothing for its batch norms and ReLU for its ReLU6, in place."""
    for name, child in list(net.named_children()):
        if isinstance(child, nn.BatchNorm2d | nn.BatchNorm1d):
            setattr(net, name, nn.Identity())
        elif isinstance(child, nn.ReLU6):
            setattr(net, name, nn.ReLU())
        else:
            linearised(child)
    return net
